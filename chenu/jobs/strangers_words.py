"""What people wrote, as our mails may repeat it: words, never something to click.

Mail programs make links of whatever looks like one, in plain text as well. Names and texts of
people are therefore written so that none does: a space after the dot or the colon, as in
"http: //evil. example". Only the addresses that our own templates put in are links.
"""

import re
from collections.abc import Mapping
from typing import Any

_UNSEEN = "\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff"
_DOT = re.compile(rf"[.\u2024\u3002\ufe52\uff0e\uff61](?=[{_UNSEEN}]*[^\W\d_])")
"""Before a letter: every name of a host ends in a part that begins with one."""
_QUAD = re.compile(r"\d+(?:[.\u2024\u3002\ufe52\uff0e\uff61]\d+){3}")
"""A host by its number."""
_COLON = re.compile(r"(?<=[^\W\d])[:\ufe55\uff1a](?=\S)|(?<=[\w+.-])[:\ufe55\uff1a](?=[^\s\d])")
"""After a scheme, http: or mailto: or tel:, but not within a time of the day."""

_EMAIL = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*@[a-z0-9.-]+")
"""An address of mail without signs that could make another text of it."""

_OURS = frozenset(
    {
        "token",
        "cancel",
        "slug",
        "purchase",
        "due_at",
        "paid_at",
        "invoice_url",
        "receipt_url",
        "consent",
        "consent_at",
        "consent_version",
    }
)
"""Parameters of mails that no person wrote: links of ours and Stripe's, times, legal texts."""


def harmless(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a mail; every text that is not known to be ours is made harmless."""
    return {name: _harmless(name, value) for name, value in params.items()}


def _harmless(name: str, value: Any) -> Any:
    if name in _OURS or not isinstance(value, str):
        return value
    if name == "email" and _EMAIL.fullmatch(value):
        return value
    return unlink(value)


def unlink(text: str) -> str:
    """The same words, of which no mail program makes a link."""
    text = _QUAD.sub(lambda quad: re.sub(r"(?<=\D)(?=\d)", " ", quad[0]), text)
    text = _DOT.sub(lambda dot: f"{dot[0]} ", text)
    return _COLON.sub(lambda colon: f"{colon[0]} ", text)
