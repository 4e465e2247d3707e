"""Addresses of mail: one spelling of each, in ASCII, as every mail server takes it."""

import re
import unicodedata

import email_validator
from email_validator import EmailNotValidError, validate_email

MAX_EMAIL = 254
_AT = re.compile("[@\N{FULLWIDTH COMMERCIAL AT}\N{SMALL COMMERCIAL AT}]")

for _private in ("local", "test"):  # networks without a name in the DNS have mail as well
    if _private in email_validator.SPECIAL_USE_DOMAIN_NAMES:
        email_validator.SPECIAL_USE_DOMAIN_NAMES.remove(_private)


def find_ascii_address(email: str) -> str | None:
    """In lower case, the host as IDNA 2008 writes it; None for what is no address.

    Letters beyond ASCII before the @ are none either: few servers take such mail (SMTPUTF8).
    """
    typed = email.strip()
    if len(typed) > MAX_EMAIL:
        return None
    local, host = _split(typed)
    try:
        found = validate_email(
            f"{local}@{host}", allow_smtputf8=False, check_deliverability=False, strict=True
        ).ascii_email
    except EmailNotValidError:
        return None
    return found.lower() if found and len(found) <= MAX_EMAIL else None


def has_international_local_part(email: str) -> bool:
    return not _split(email.strip())[0].isascii()


def _split(email: str) -> tuple[str, str]:
    """The host stays as typed: what its letters mean is for IDNA to say."""
    *before, host = _AT.split(email)
    return unicodedata.normalize("NFKC", "@".join(before)).lower(), host
