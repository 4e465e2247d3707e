"""An encrypted stream is read whole and unchanged, or not at all."""

import hashlib
import io

import pytest

from chenu.backup import encryption
from chenu.backup.encryption import MAGIC, Encrypting, decrypt_file
from chenu.backup.errors import BackupError

pytestmark = pytest.mark.long

KEY = b"nobody guesses 7391 that walruses ski"
CHUNK = 1 << 20
HEAD = len(MAGIC) + 16 + 16
PART = CHUNK + 16


def encrypt(content: bytes) -> bytes:
    target = io.BytesIO()
    encrypting = Encrypting(target, KEY)
    for start in range(0, len(content), 300_000):
        encrypting.write(content[start : start + 300_000])
    encrypting.close()
    return target.getvalue()


def decrypt(sealed: bytes) -> bytes:
    source, target = io.BytesIO(sealed), io.BytesIO()
    assert source.read(len(MAGIC)) == MAGIC
    decrypt_file(source, target, KEY)
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_every_length_comes_back(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)

    assert decrypt(encrypt(content[:size])) == content[:size]


def test_chunks_cannot_be_left_out_exchanged_or_added() -> None:
    sealed = encrypt(bytes(2 * CHUNK + 5))
    head, first = sealed[:HEAD], sealed[HEAD : HEAD + PART]
    second, last = sealed[HEAD + PART : HEAD + 2 * PART], sealed[HEAD + 2 * PART :]
    assert decrypt(head + first + second + last) == bytes(2 * CHUNK + 5)

    for parts in (
        (first, second),
        (first, last),
        (second, first, last),
        (first, second, last, last),
        (first, second, last + b"\0"),
        (),
    ):
        with pytest.raises(BackupError, match="damaged"):
            decrypt(head + b"".join(parts))


def test_two_backups_of_the_same_content_have_nothing_in_common() -> None:
    assert encrypt(b"the same" * 100)[len(MAGIC) :] != encrypt(b"the same" * 100)[len(MAGIC) :]


def test_a_file_of_the_product_is_made_of_32_megabytes(
    product_scrypt_cost: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another cost no backup of an earlier version could be read."""
    monkeypatch.setattr(encryption, "_SCRYPT_COST", product_scrypt_cost)
    sealed = encrypt(b"")
    salt, check = sealed[len(MAGIC) : HEAD - 16], sealed[HEAD - 16 : HEAD]

    made = hashlib.scrypt(KEY, salt=salt, n=2**15, r=8, p=1, maxmem=2**26, dklen=64)

    assert check == hashlib.sha256(made[32:]).digest()[:16]
