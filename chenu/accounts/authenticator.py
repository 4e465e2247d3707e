"""Codes of an authenticator app (RFC 6238) and recovery codes, as text and time alone."""

import hmac
import re
import secrets
from datetime import datetime

import pyotp

from chenu.core.site import product_name

STEP_SECONDS = 30
_DRIFT = 1
"""Steps before and after now: a phone's clock may be half a minute off."""
RECOVERY_CODES = 10
_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""Without what is read for something else: I, L, O, U, 0 and 1."""
_TOTP = re.compile(r"[0-9]{6}")
_BETWEEN = re.compile(r"[\s-]+")


def new_authenticator_secret() -> str:
    return pyotp.random_base32()


def key_uri(secret: str, email: str) -> str:
    """The otpauth address that a QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=product_name())


def normalise_code(code: str) -> str:
    """As typed with or without spaces and dashes, in either case."""
    return _BETWEEN.sub("", code[:100]).upper()


def is_of_app(code: str) -> bool:
    """Whether a normalised code looks like one of an app; else it may be a recovery code."""
    return bool(_TOTP.fullmatch(code))


def find_step(secret: str, code: str, now: datetime) -> int | None:
    """The half minute that this code belongs to; None for a code of no time near now."""
    current = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(current - _DRIFT, current + _DRIFT + 1):
        if hmac.compare_digest(totp.at(step * STEP_SECONDS), code):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Sixteen characters each: 78 bits, so that a fast hash of them is enough."""
    return [_new_code() for _ in range(RECOVERY_CODES)]


def _new_code() -> str:
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(drawn[at : at + 4] for at in range(0, 16, 4))
