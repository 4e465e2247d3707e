"""The file of a backup: an archive of its parts and their hashes, encrypted where a key is given.

It is written beside its name and renamed at the end, so that there is never half of one.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from chenu.backup.encryption import MAGIC, Encrypting, decrypt_file
from chenu.backup.errors import BackupError
from chenu.backup.manifest import DIGEST, DUMP, FORMAT, MANIFEST, Manifest, StoredFile

_DAMAGED = "the backup is damaged: {what}"
_NO_BACKUP = "this file is no backup of CHE·NU"
_BLOCK = 1 << 20


class ArchiveWriter:
    """`files` is what was added so far."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.files: dict[str, StoredFile] = {}

    def add(self, name: str, content: bytes) -> None:
        self._put(name, len(content), io.BytesIO(content))
        self.files[name] = StoredFile(len(content), hashlib.sha256(content).hexdigest())

    def add_path(self, name: str, path: Path) -> None:
        with path.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
            size = source.tell()
            source.seek(0)
            self._put(name, size, source)
        self.files[name] = StoredFile(size, digest)

    def end(self, manifest: msgspec.Struct) -> None:
        text = msgspec.json.format(msgspec.json.encode(manifest))
        self._put(MANIFEST, len(text), io.BytesIO(text))
        digest = hashlib.sha256(text).hexdigest().encode()
        self._put(DIGEST, len(digest), io.BytesIO(digest))

    def _put(self, name: str, size: int, content: Any) -> None:
        entry = tarfile.TarInfo(name)
        entry.size = size
        self._tar.addfile(entry, content)


@contextmanager
def write_archive(path: Path, key: bytes | None) -> Iterator[ArchiveWriter]:
    """As new_file."""
    with new_file(path) as target:
        encrypting = Encrypting(target, key) if key is not None else None
        with tarfile.open(fileobj=encrypting or target, mode="w|") as tar:  # type: ignore[call-overload]
            yield ArchiveWriter(tar)
        if encrypting is not None:
            encrypting.close()


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Readable for its owner alone, and there once it is whole.

    Raises BackupError, also if there is a file of that name.
    """
    if path.exists():
        raise BackupError("{file} is there already: a backup replaces no file", file=str(path))
    unfinished = path.with_name(path.name + ".part")
    try:
        with _create(unfinished) as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        unfinished.rename(path)
    except OSError as error:
        raise BackupError("{file}: {reason}", file=str(path), reason=error.strerror) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _create(path: Path) -> BinaryIO:
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def is_encrypted(path: Path) -> bool:
    """Raises BackupError."""
    try:
        with path.open("rb") as source:
            return source.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise BackupError("{file}: {reason}", file=str(path), reason=error.strerror) from error


def unpack(path: Path, folder: Path, key: bytes | None) -> Manifest:
    """All files into `folder`, once every hash was compared. Raises BackupError."""
    return _unpack_plain(decrypt(path, folder, key), folder)


def decrypt(path: Path, folder: Path, key: bytes | None) -> Path:
    """The file itself, or what it says in `folder`. Raises BackupError."""
    if not is_encrypted(path):
        return path
    if key is None:
        raise BackupError("the backup is encrypted: set CHENU_BACKUP_KEY")
    plain = folder / "decrypted"
    with path.open("rb") as source, plain.open("wb") as target:
        source.read(len(MAGIC))
        decrypt_file(source, target, key)
    return plain


def _unpack_plain(path: Path, folder: Path) -> Manifest:
    found: dict[str, StoredFile] = {}
    small: dict[str, bytes] = {}
    is_ours = False
    try:
        with tarfile.open(path, mode="r:") as tar:
            for entry in tar:
                is_ours = is_ours or entry.name == DUMP
                source = tar.extractfile(entry)
                if source is None or not _is_plain(entry.name):
                    raise BackupError(_DAMAGED, what=f"{entry.name} is no file of a backup")
                if entry.name in (MANIFEST, DIGEST):
                    small[entry.name] = source.read()
                else:
                    found[entry.name] = _copy(source, folder / entry.name)
    except tarfile.TarError as error:
        raise BackupError(_DAMAGED if is_ours else _NO_BACKUP, what=str(error)) from error
    manifest = _read_manifest(small)
    wrong = {name for name, _ in set(found.items()) ^ set(manifest.files.items())}
    if wrong:
        raise BackupError(_DAMAGED, what=f"{min(wrong)} is not as it was")
    return manifest


def _is_plain(name: str) -> bool:
    return not name.startswith("/") and ".." not in name.split("/")


def _copy(source: Any, target: Path) -> StoredFile:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as out:
        while block := source.read(_BLOCK):
            digest.update(block)
            size += len(block)
            out.write(block)
    return StoredFile(size, digest.hexdigest())


def _read_manifest(small: dict[str, bytes]) -> Manifest:
    text, digest = small.get(MANIFEST), small.get(DIGEST)
    if text is None or digest is None:
        raise BackupError(_DAMAGED, what="it has no end")
    if hashlib.sha256(text).hexdigest().encode() != digest:
        raise BackupError(_DAMAGED, what=f"{MANIFEST} is not as it was")
    try:
        if msgspec.json.decode(text)["format"] != FORMAT:
            raise BackupError("the backup was written by another version of CHE·NU")
        return msgspec.json.decode(text, type=Manifest)
    except (msgspec.MsgspecError, KeyError, TypeError) as error:
        raise BackupError(_DAMAGED, what=f"{MANIFEST}: {error}") from error
