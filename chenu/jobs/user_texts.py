"""Makes texts of users harmless in our mails: nothing in them becomes a link.

Mail programs turn whatever looks like a link into one, in plain text as well. So names and texts of
users are changed: a space after the dot or the colon, as in "http: //evil. example". Only the URLs
that our own templates insert are links.
"""

import re
from collections.abc import Mapping
from typing import Any

_UNSEEN = "\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff"
_DOT = re.compile(rf"[.\u2024\u3002\ufe52\uff0e\uff61](?=[{_UNSEEN}]*[^\W\d_])")
"""A dot before a letter: the last label of a host name begins with one."""
_QUAD = re.compile(r"\d+(?:[.\u2024\u3002\ufe52\uff0e\uff61]\d+){3}")
"""A host given as an IPv4 address."""
_COLON = re.compile(r"(?<=[^\W\d])[:\ufe55\uff1a](?=\S)|(?<=[\w+.-])[:\ufe55\uff1a](?=[^\s\d])")
"""The colon after a scheme, as in http: or mailto: or tel:, but not within a time of day."""

_EMAIL = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*@[a-z0-9.-]+")
"""An email address without signs that could make another text of it."""

_OURS = frozenset(
    {
        "token",
        "cancel",
        "slug",
        "purchase",
        "sale",
        "due_at",
        "decision",
        "endpoint",
        "declared_at",
        "paid_at",
        "invoice_url",
        "receipt",
        "receipt_url",
        "consent",
        "consent_at",
        "consent_version",
        "ends_at",
        "renews_at",
        "resets_at",
        "next_attempt_at",
        "starts_at",
    }
)
"""Parameters of mails that no user wrote: our links and Stripe's, times, legal texts."""


_CONTROLS = {code: None for code in (*range(32), 127) if chr(code) not in "\t\n\r"}
"""mail_html.py divides texts by some of them."""


def unlink_user_texts(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a mail; every text that is not known to be ours is changed."""
    return {name: _unlink_value(name, value) for name, value in params.items()}


def _unlink_value(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    value = value.translate(_CONTROLS)
    if name in _OURS:
        return value
    if name == "email" and _EMAIL.fullmatch(value):
        return value
    return unlink(value)


def unlink(text: str) -> str:
    """The same words, changed so that no mail program makes a link of them."""
    text = _QUAD.sub(lambda quad: re.sub(r"(?<=\D)(?=\d)", " ", quad[0]), text)
    text = _DOT.sub(lambda dot: f"{dot[0]} ", text)
    return _COLON.sub(lambda colon: f"{colon[0]} ", text)
