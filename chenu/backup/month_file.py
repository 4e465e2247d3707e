"""The file of an archived month: its rows as COPY writes them, and what they must add up to."""

import gzip
import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import msgspec

from chenu.backup.archive import decrypt, write_archive
from chenu.backup.errors import BackupError
from chenu.core.clock import system_now
from chenu.core.months import Month

FORMAT = 1
_MANIFEST, _ROWS = "month.json", "rows.gz"
_BLOCK = 1 << 20
_DAMAGED = "the archived month is damaged: {what}"


class MonthManifest(msgspec.Struct, frozen=True):
    """`month` is like 2026-11; `sha256` is of the rows before compression, in the order of ids."""

    format: int
    table: str
    month: str
    columns: list[str]
    rows: int
    sums: dict[str, int]
    sha256: str
    made_at: datetime
    version: str


def describe(
    table: str, month: Month, columns: Sequence[str], rows: int, sums: dict[str, int], digest: str
) -> MonthManifest:
    """Of a file that is written now; `digest` is the hash of its rows."""
    return MonthManifest(
        format=FORMAT,
        table=table,
        month=str(month),
        columns=list(columns),
        rows=rows,
        sums=sums,
        sha256=digest,
        made_at=system_now(),
        version=version("chenu"),
    )


class RowsWriter:
    """Takes what COPY says, compresses it and adds up its hash."""

    def __init__(self, target: BinaryIO) -> None:
        self._digest = hashlib.sha256()
        self._target = gzip.GzipFile(fileobj=target, mode="wb", compresslevel=6)

    async def write(self, block: bytes) -> None:
        self._digest.update(block)
        self._target.write(block)

    def end(self) -> str:
        self._target.close()
        return self._digest.hexdigest()


@contextmanager
def work_folder(near: Path) -> Iterator[Path]:
    """Where the file comes to lie: there must be room for it anyway."""
    work = Path(tempfile.mkdtemp(prefix=".chenu-month-", dir=near))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write_month(path: Path, rows: Path, manifest: MonthManifest, key: bytes | None) -> None:
    """Raises BackupError, also if there is a file of that name."""
    with write_archive(path, key) as archive:
        archive.add_path(_ROWS, rows)
        archive.add(_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))


def write_and_read(
    path: Path, rows: Path, manifest: MonthManifest, key: bytes | None, work: Path
) -> None:
    """What was written is read again, before anything goes. Raises BackupError."""
    write_month(path, rows, manifest, key)
    if read_month(path, work, key).manifest != manifest:
        raise BackupError("{file} is not what was written", file=str(path))


class MonthFile(msgspec.Struct, frozen=True):
    """What was read: `rows` is the compressed file, whose hash is the manifest's."""

    manifest: MonthManifest
    rows: Path


def read_month(path: Path, work: Path, key: bytes | None) -> MonthFile:
    """Unpacked into `work`. Raises BackupError unless its rows are those of its manifest."""
    rows = work / _ROWS
    try:
        with tarfile.open(decrypt(path, work, key), mode="r:") as tar:
            manifest = msgspec.json.decode(_read(tar, _MANIFEST), type=MonthManifest)
            rows.write_bytes(_read(tar, _ROWS))
        digest = hashlib.sha256()
        for block in read_rows(rows):
            digest.update(block)
    except (tarfile.TarError, msgspec.MsgspecError, OSError, EOFError) as error:
        raise BackupError(_DAMAGED, what=str(error)) from error
    if manifest.format != FORMAT or digest.hexdigest() != manifest.sha256:
        raise BackupError(_DAMAGED, what="its rows are not as they were")
    return MonthFile(manifest, rows)


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    try:
        found = tar.extractfile(name)
    except KeyError:
        found = None
    if found is None:
        raise BackupError("this file is no archived month")
    return found.read()


def read_rows(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as source:
        while block := source.read(_BLOCK):
            yield block


async def stream_rows(path: Path) -> AsyncIterator[bytes]:
    """As COPY takes them."""
    for block in read_rows(path):
        yield block
