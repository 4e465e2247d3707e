"""A stream of bytes, encrypted: read only whole, in order and unchanged, or not at all.

AES-256-GCM in chunks, each bound to its number and to whether it is the last, as in the STREAM
construction; the key is made of CHENU_BACKUP_KEY and a salt of the file. docs/decisions/0077.
"""

import hashlib
import hmac
import secrets
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chenu.backup.errors import BackupError

MAGIC = b"CHENU-BACKUP-1\n"
_SALT, _CHECK, _TAG = 16, 16, 16
_SCRYPT_COST = 1 << 15
"""32 MB of memory for each key that somebody guesses; not in the file, so that no file sets it."""
_CHUNK = 1 << 20
_DAMAGED = "the backup is damaged: it was cut off or changed"


class Encrypting:
    """Has the `write` of a file; `close` writes the last chunk."""

    def __init__(self, target: BinaryIO, key: bytes) -> None:
        salt = secrets.token_bytes(_SALT)
        self._target = target
        self._cipher = _Cipher(key, salt)
        self._waiting = bytearray()
        target.write(MAGIC + salt + self._cipher.check)

    def write(self, content: bytes) -> int:
        self._waiting += content
        while len(self._waiting) > _CHUNK:
            self._put(bytes(self._waiting[:_CHUNK]), is_last=False)
            del self._waiting[:_CHUNK]
        return len(content)

    def close(self) -> None:
        self._put(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _put(self, chunk: bytes, *, is_last: bool) -> None:
        self._target.write(self._cipher.encrypt(chunk, is_last=is_last))


def decrypt_file(source: BinaryIO, target: BinaryIO, key: bytes) -> None:
    """`source` stands behind MAGIC. Raises BackupError, after parts were written to `target`."""
    salt, check = source.read(_SALT), source.read(_CHECK)
    if len(check) < _CHECK:
        raise BackupError(_DAMAGED)
    cipher = _Cipher(key, salt)
    if not hmac.compare_digest(check, cipher.check):
        raise BackupError("CHENU_BACKUP_KEY is not the key with which this backup was made")
    chunk = source.read(_CHUNK + _TAG)
    while True:
        following = source.read(_CHUNK + _TAG)
        target.write(cipher.decrypt(chunk, is_last=not following))
        if not following:
            return
        chunk = following


class _Cipher:
    """`check` tells a wrong key from a damaged file."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        cost = {"n": _SCRYPT_COST, "r": 8, "p": 1, "maxmem": 1 << 26}
        made = hashlib.scrypt(key, salt=salt, dklen=64, **cost)
        self._aead = AESGCM(made[:32])
        self.check = hashlib.sha256(made[32:]).digest()[:_CHECK]
        self._number = 0

    def encrypt(self, chunk: bytes, *, is_last: bool) -> bytes:
        return self._aead.encrypt(self._nonce(is_last=is_last), chunk, MAGIC)

    def decrypt(self, chunk: bytes, *, is_last: bool) -> bytes:
        try:
            return self._aead.decrypt(self._nonce(is_last=is_last), chunk, MAGIC)
        except InvalidTag:
            raise BackupError(_DAMAGED) from None

    def _nonce(self, *, is_last: bool) -> bytes:
        nonce = self._number.to_bytes(11) + bytes([is_last])
        self._number += 1
        return nonce
