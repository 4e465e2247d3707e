"""Where a buyer's browser may be sent back to: ourselves, or an origin that we were told of."""

import unicodedata
from urllib.parse import urlsplit

from chenu.core.errors import ChenuError, Invalid
from chenu.core.i18n import mark
from chenu.core.site import site_origin
from chenu.settings import Settings

_LONGEST = 2000


def check_return_url(settings: Settings, url: str, field: str) -> list[ChenuError]:
    """No redirect to strangers: origin by origin, nothing that browsers read differently."""
    if is_return_url(settings, url):
        return []
    message = mark("The address must be ours or one of the allowed return origins")
    return [Invalid(message, path=(field,))]


def is_return_url(settings: Settings, url: str) -> bool:
    if len(url) > _LONGEST or "\\" in url or _has_odd(url):
        return False
    try:
        parts = urlsplit(url)
        has_login = parts.username is not None or parts.password is not None
    except ValueError:
        return False
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    own = _origin(site_origin(settings.public_url))
    return not has_login and origin in {own, *settings.return_origins}


def is_local_path(path: str) -> bool:
    """A path of ours for `next=`: one leading slash, nothing that could name another host."""
    is_plain = not _has_odd(path) and "\\" not in path
    return is_plain and len(path) <= _LONGEST and path.startswith("/") and path[1:2] != "/"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _has_odd(text: str) -> bool:
    """White space, control or format characters."""
    if text.isascii():
        return not text.isprintable() or " " in text
    return any(_is_odd(char) for char in text)


def _is_odd(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Cs")
