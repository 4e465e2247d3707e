"""Email addresses in one canonical spelling, in ASCII, as every mail server accepts it."""

import re
import unicodedata

MAX_EMAIL = 254
_DOTS_MEAN_NOTHING = ("gmail.com", "googlemail.com")
_AT = re.compile("[@\N{FULLWIDTH COMMERCIAL AT}\N{SMALL COMMERCIAL AT}]")


def find_ascii_address(email: str) -> str | None:
    """In lower case, with the host in IDNA 2008 form; None for what is no email address.

    Characters beyond ASCII before the @ are refused too: few servers accept such mail (SMTPUTF8).
    """
    from chenu.core.email_syntax import find_valid

    typed = email.strip()
    if len(typed) > MAX_EMAIL:
        return None
    local, host = _split(typed)
    found = find_valid(f"{local}@{host}")
    return found.lower() if found and len(found) <= MAX_EMAIL else None


def mailbox_of(email: str) -> str:
    """One person's address, however it is spelt: without a tag, at Google without dots."""
    local, _, host = email.lower().rpartition("@")
    local = local.partition("+")[0] or local
    if host in _DOTS_MEAN_NOTHING:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{host}"


def has_international_local_part(email: str) -> bool:
    return not _split(email.strip())[0].isascii()


def _split(email: str) -> tuple[str, str]:
    """Local part and host.

    The host stays as typed, because IDNA decides what its characters mean.
    """
    *before, host = _AT.split(email)
    return unicodedata.normalize("NFKC", "@".join(before)).lower(), host
