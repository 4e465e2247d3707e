"""Random tokens and keys, their hashes, and the checksum that detects a mistyped key."""

import binascii
import hashlib
import hmac
import secrets
import string

import msgspec

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH = 37
_CHECKSUM_LENGTH = 6
_SHOWN_LENGTH = 6

API_KEY_HEAD = "chenu_live_"
SERVICE_KEY_HEAD = "chenu_service_"


class NewKey(msgspec.Struct, frozen=True):
    """`secret` is shown once; `prefix` is not secret and identifies the key in lists."""

    secret: str
    prefix: str


def new_token() -> str:
    """256 random bits, for a cookie or a mailed link."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """A fast hash is enough for random tokens, which cannot be guessed."""
    # Clients may send a lone surrogate: it matches no token and must not raise an error.
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def new_key(head: str) -> NewKey:
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    secret = head + body + _checksum(head + body)
    return NewKey(secret, secret[: len(head) + _SHOWN_LENGTH])


def hash_key(secret: str, pepper: bytes) -> bytes:
    return hmac.digest(pepper, b"key:" + secret.encode(), "sha256")


def has_valid_checksum(secret: str) -> bool:
    """Detects a mistyped or invented key without a query."""
    body, checksum = secret[:-_CHECKSUM_LENGTH], secret[-_CHECKSUM_LENGTH:]
    return secret.isascii() and hmac.compare_digest(_checksum(body), checksum)


def csrf_token(session_id: str, pepper: bytes) -> str:
    """Bound to the session: a token of another session is not accepted."""
    return hmac.new(pepper, b"csrf:" + session_id.encode(), "sha256").hexdigest()


def _checksum(text: str) -> str:
    rest, digits = binascii.crc32(text.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
