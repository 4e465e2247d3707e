"""What is an email address, by email-validator, whose regular expressions take long to import."""

import email_validator
from email_validator import EmailNotValidError, validate_email

for _private in ("local", "test"):  # hosts without a DNS name receive mail as well
    if _private in email_validator.SPECIAL_USE_DOMAIN_NAMES:
        email_validator.SPECIAL_USE_DOMAIN_NAMES.remove(_private)


def find_valid(email: str) -> str | None:
    """With the host in IDNA 2008 form; None for what is no email address in ASCII."""
    try:
        return validate_email(
            email, allow_smtputf8=False, check_deliverability=False, strict=True
        ).ascii_email
    except EmailNotValidError:
        return None
