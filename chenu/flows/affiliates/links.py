"""An affiliate's links: any page of ours, with the code in its address."""

from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from chenu.affiliates.codes import PARAMETER, with_code
from chenu.core.errors import Invalid
from chenu.core.i18n import mark
from chenu.flows.return_urls import is_local_path

LONGEST = 500
"""Of what is typed: a QR code of more is too fine for a camera."""
_FIELD = "address"
_IN_PATHS = "/%:@!$&'()*+,;=~"
"""Characters that stay as they were typed; what is encoded already is not encoded again."""


def link_of(public_url: str, code: str) -> str:
    """To the home page."""
    return with_code(f"{public_url}/", code)


def build_link(public_url: str, typed: str, code: str) -> str:
    """`typed` is a path, or an address of ours with or without its scheme; empty: the home page.

    A code that it has already is replaced. Raises Invalid, which names the field.
    """
    path = _read_path(public_url, typed.strip())
    parts = urlsplit(path)
    others = [pair for pair in parse_qsl(parts.query, True) if pair[0] != PARAMETER]
    query = urlencode([*others, (PARAMETER, code)])
    shown = quote(parts.path, safe=_IN_PATHS), query, quote(parts.fragment, safe=_IN_PATHS)
    return public_url + urlunsplit(("", "", *shown))


def _read_path(public_url: str, typed: str) -> str:
    """What follows our origin; raises Invalid."""
    if not typed:
        return "/"
    if len(typed) > LONGEST:
        message = mark("The address has at most {longest} characters")
        raise Invalid(message, path=(_FIELD,), longest=LONGEST)
    path = typed if typed.startswith("/") else _read_ours(public_url, typed)
    if path is None or not is_local_path(path):
        message = mark("The address must be one of ours, such as {example}")
        raise Invalid(message, path=(_FIELD,), example=f"{public_url}/agents")
    return path


def _read_ours(public_url: str, typed: str) -> str | None:
    """Path, query and fragment of an address of ours; None for any other."""
    ours = urlsplit(public_url)
    whole = typed if "://" in typed else f"{ours.scheme}://{typed}"
    try:
        parts = urlsplit(whole)
    except ValueError:
        return None
    if not _is_ours(parts, ours):
        return None
    return urlunsplit(("", "", parts.path or "/", parts.query, parts.fragment))


def _is_ours(parts: SplitResult, ours: SplitResult) -> bool:
    """Host and port as they are written, so that no name or password fits in front of them."""
    return parts.scheme in ("http", "https") and parts.netloc.lower() == ours.netloc.lower()
