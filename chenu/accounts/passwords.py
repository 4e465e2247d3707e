"""argon2id hashes, made off the event loop, and what a password must be."""

import asyncio
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chenu.core.errors import ChenuError, Invalid

MIN_LENGTH = 8
MAX_LENGTH = 200

_HASHER = PasswordHasher()  # RFC 9106, low-memory profile: about 50 ms
_BUSY = asyncio.Semaphore(4)


@cache
def _common_passwords() -> frozenset[str]:
    """The passwords that attackers try first, one a line."""
    return frozenset((Path(__file__).parent / "common_passwords.txt").read_text().split())


@cache
def _dummy_hash() -> str:
    return _HASHER.hash("nobody has this password")


def check_password(password: str, email: str, *, path: tuple[str, ...]) -> list[ChenuError]:
    """What is wrong with a new password; empty when nothing is."""
    if len(password) < MIN_LENGTH:
        return [Invalid("A password has at least {count} characters", path=path, count=MIN_LENGTH)]
    if len(password) > MAX_LENGTH:
        return [Invalid("A password has at most {count} characters", path=path, count=MAX_LENGTH)]
    lowered = password.lower()
    if lowered in _common_passwords() or lowered == email or len(set(lowered)) < 4:
        return [Invalid("This password is too easy to guess, please choose another", path=path)]
    return []


async def hash_password(password: str) -> str:
    async with _BUSY:
        return await asyncio.to_thread(_HASHER.hash, _to_bytes(password))


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Takes as long for an unknown person (None) as for a wrong password."""
    async with _BUSY:
        return await asyncio.to_thread(_verify, password[:MAX_LENGTH], password_hash)


def needs_rehash(password_hash: str) -> bool:
    return _HASHER.check_needs_rehash(password_hash)


def _to_bytes(password: str) -> bytes:
    """Any text that a client can send, half a surrogate pair included."""
    return password.encode(errors="surrogatepass")


def _verify(password: str, password_hash: str | None) -> bool:
    try:
        _HASHER.verify(password_hash or _dummy_hash(), _to_bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None
