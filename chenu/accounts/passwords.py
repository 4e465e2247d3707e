"""argon2id hashes, computed off the event loop, and the requirements on passwords.

A password is normalised to NFKC before hashing (NIST SP 800-63B), because keyboards send the same
text as different characters. Older hashes are of the text as typed, which is tried too.
docs/decisions/0015.
"""

import asyncio
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chenu.accounts.validation import normalise_email
from chenu.core.errors import ChenuError, Invalid

MIN_LENGTH = 8
MAX_LENGTH = 200
_MOST_READ = 4 * MAX_LENGTH
"""One accented letter may be typed as several characters."""

_HASHER = PasswordHasher()  # RFC 9106, low-memory profile: about 50 ms
_BUSY = asyncio.Semaphore(4)


@cache
def _common_passwords() -> frozenset[str]:
    """The passwords that attackers try first, one per line."""
    return frozenset((Path(__file__).parent / "common_passwords.txt").read_text().split())


@cache
def _dummy_hash() -> str:
    return _HASHER.hash("nobody has this password")


def normalise_password(password: str) -> str:
    """NFKC: full-width letters, ligatures and accents have one form each."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, email: str, *, path: tuple[str, ...]) -> list[ChenuError]:
    """The errors of a new password; empty if it is acceptable."""
    read = normalise_password(password[:_MOST_READ])
    if min(len(password), len(read)) < MIN_LENGTH:
        return [Invalid("A password has at least {count} characters", path=path, count=MIN_LENGTH)]
    if len(read) > MAX_LENGTH or len(password) > _MOST_READ:
        return [Invalid("A password has at most {count} characters", path=path, count=MAX_LENGTH)]
    lowered = read.lower()
    is_address = email in (lowered, normalise_email(read))
    if lowered in _common_passwords() or is_address or len(set(lowered)) < 4:
        return [Invalid("This password is too easy to guess, please choose another", path=path)]
    return []


async def hash_password(password: str) -> str:
    async with _BUSY:
        return await asyncio.to_thread(_HASHER.hash, _to_bytes(normalise_password(password)))


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Takes as long for an unknown person (None) as for a wrong password."""
    return await find_matching_form(password, password_hash) is not None


async def find_matching_form(password: str, password_hash: str | None) -> str | None:
    """The form of the password that matches the hash; None if none does.

    Every form is tried for an unknown person (None), as for a wrong password.
    """
    async with _BUSY:
        return await asyncio.to_thread(_find_form, password[:_MOST_READ], password_hash)


def needs_rehash(password_hash: str) -> bool:
    return _HASHER.check_needs_rehash(password_hash)


def _to_bytes(password: str) -> bytes:
    """Encodes any text that a client can send, lone surrogates included."""
    return password.encode(errors="surrogatepass")


def _find_form(password: str, password_hash: str | None) -> str | None:
    tried = (form for form in _forms_of(password) if _verify(form, password_hash))
    return next(tried, None)


def _forms_of(password: str) -> list[str]:
    """The NFKC form, the text as typed, and the forms of other keyboards, without repetitions."""
    others = (unicodedata.normalize(form, password) for form in ("NFC", "NFD", "NFKD"))
    return list(dict.fromkeys([normalise_password(password), password, *others]))


def _verify(password: str, password_hash: str | None) -> bool:
    try:
        _HASHER.verify(password_hash or _dummy_hash(), _to_bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None
