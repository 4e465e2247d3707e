"""Secrets that we must read again: encrypted with a key made of CHENU_SECRET, bound to their owner.

Hashes do where we only compare (credentials.py). docs/decisions/0046.
"""

import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class UnreadableSecret(Exception):
    """It was encrypted with another CHENU_SECRET, or belongs to somebody else."""


def encrypt(plain: bytes, secret: bytes, owner: UUID) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(_key(secret)).encrypt(nonce, plain, owner.bytes)


def decrypt(sealed: bytes, secret: bytes, owner: UUID) -> bytes:
    """Raises UnreadableSecret."""
    try:
        return AESGCM(_key(secret)).decrypt(sealed[:_NONCE], sealed[_NONCE:], owner.bytes)
    except InvalidTag:
        raise UnreadableSecret(
            "a stored secret cannot be read: was CHENU_SECRET changed?"
        ) from None


def _key(secret: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"chenu: secrets of accounts").derive(secret)
