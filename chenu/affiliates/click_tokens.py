"""A click as a signed text, for the consent form and the cookie: nobody makes one up."""

import hmac
import re
from uuid import UUID

import msgspec

from chenu.affiliates.model import ClickId

_TOKEN = re.compile(r"([0-9a-f]{32})\.(CHENU[0-9A-F]{8})\.([0-9a-f]{64})", re.ASCII)


class FollowedLink(msgspec.Struct, frozen=True):
    """Whose link was followed, and the click that the server recorded of it."""

    click: ClickId
    code: str


def sign_click(link: FollowedLink, secret: bytes) -> str:
    said = f"{link.click.hex}.{link.code}"
    return f"{said}.{_signature(said, secret)}"


def read_click(token: str, secret: bytes) -> FollowedLink | None:
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    signature = _signature(f"{found[1]}.{found[2]}", secret)
    if not hmac.compare_digest(signature, found[3]):
        return None
    return FollowedLink(ClickId(UUID(hex=found[1])), found[2])


def _signature(said: str, secret: bytes) -> str:
    return hmac.new(secret, f"click:{said}".encode(), "sha256").hexdigest()
