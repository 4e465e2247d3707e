"""Which names an account may prove: public ones in ASCII that are nobody's mail service."""

import re

from disposable_email_domains import blocklist

from chenu.core.email_address import find_ascii_address
from chenu.core.errors import Invalid
from chenu.core.i18n import mark
from chenu.domains.public_mail import PUBLIC_MAIL

_LONGEST = 253
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NEVER = frozenset(
    {"localhost", "local", "internal", "invalid", "example", "test", "onion", "arpa", "alt"}
)
"""Last labels that nobody owns (RFC 6761, 6762, 7686, 9476)."""


def read_name(text: str) -> str:
    """In lower case and ASCII, without a dot at the end. Raises Invalid, with the field `name`."""
    name = _to_ascii(text.strip().rstrip(".").lower())
    labels = name.split(".")
    is_name = len(name) <= _LONGEST and len(labels) > 1 and all(map(_LABEL.fullmatch, labels))
    if not is_name or labels[-1].isdigit() or labels[-1] in _NEVER:
        message = mark("Please enter a public domain such as acme.fr, without @ and without path")
        raise Invalid(message, path=("name",))
    if is_public_mail(name):
        message = mark(
            "{name} gives mailboxes to everybody: please enter a domain of your organisation's own"
        )
        raise Invalid(message, path=("name",), name=name)
    return name


def is_public_mail(name: str) -> bool:
    """Whether anybody can have a mailbox at this domain, or at one that it stands below."""
    labels = name.split(".")
    above = {".".join(labels[at:]) for at in range(len(labels) - 1)}
    return not above.isdisjoint(PUBLIC_MAIL) or not above.isdisjoint(blocklist)


def domain_of(email: str) -> str:
    """Of an address in its canonical spelling: core/email_address.py."""
    return email.rpartition("@")[2].lower()


def _to_ascii(name: str) -> str:
    """As mail servers write it; what is no name stays as it is, and is refused."""
    mailbox = None if "@" in name else find_ascii_address(f"somebody@{name}")
    return name if mailbox is None else domain_of(mailbox)
