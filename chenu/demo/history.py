"""The file with which a demo begins: two years of both databases. docs/operations.md.

A compressed archive of text: a manifest, each table as PostgreSQL's COPY writes it, and the
sandbox's archive. The addresses of web process and sandbox are left open.
"""

import io
import lzma
import tarfile
from datetime import datetime
from pathlib import Path

import msgspec

FILE = Path(__file__).parent / "history.tar.xz"
FORMAT = 1
_WEB = "http://web.invalid"
"""Stands for the public URL of the web process; the sandbox's archive has a name for its own."""
_SANDBOX = "http://sandbox.invalid"
_MANIFEST, _ARCHIVE = "manifest.json", "sandbox.ndjson"


class BadHistory(Exception):
    """One line: why a demo cannot begin with this file."""


class StoredTable(msgspec.Struct, frozen=True):
    name: str
    columns: list[str]


class Manifest(msgspec.Struct, frozen=True):
    """`ends_at`: where the time of a demo begins. `migrations`: the schema of the tables."""

    format: int
    ends_at: datetime
    migrations: list[str]
    tables: list[StoredTable]
    sequences: dict[str, int]


class Origins(msgspec.Struct, frozen=True):
    """Where the web process and the sandbox of a demo are reached."""

    web: str
    sandbox: str


class History(msgspec.Struct, frozen=True):
    """`rows` by table, as COPY writes them; `archive` is the sandbox's."""

    manifest: Manifest
    rows: dict[str, bytes]
    archive: bytes

    def at(self, origins: Origins) -> "History":
        """The same with the addresses of a demo."""
        return self._renamed((_WEB, origins.web), (_SANDBOX, origins.sandbox))

    def without(self, origins: Origins) -> "History":
        """The same without them, as it is stored."""
        return self._renamed((origins.web, _WEB), (origins.sandbox, _SANDBOX))

    def _renamed(self, *names: tuple[str, str]) -> "History":
        def rename(text: bytes) -> bytes:
            for old, new in names:
                text = text.replace(old.encode(), new.encode())
            return text

        rows = {table: rename(text) for table, text in self.rows.items()}
        return History(self.manifest, rows, rename(self.archive))


def write_history(history: History, path: Path) -> None:
    path.write_bytes(lzma.compress(pack_history(history), preset=9))


def pack_history(history: History) -> bytes:
    """What the file compresses: the same history gives the same bytes."""
    files = {
        _MANIFEST: msgspec.json.format(msgspec.json.encode(history.manifest)),
        **{f"database/{table}": text for table, text in history.rows.items()},
        _ARCHIVE: history.archive,
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def read_history(path: Path) -> History:
    """Raises BadHistory."""
    try:
        unpacked = io.BytesIO(lzma.decompress(path.read_bytes()))
        with tarfile.open(fileobj=unpacked) as tar:
            files = {entry.name: _content(tar, entry) for entry in tar}
        manifest = msgspec.json.decode(files[_MANIFEST], type=Manifest)
        rows = {table.name: files[f"database/{table.name}"] for table in manifest.tables}
        history = History(manifest, rows, files[_ARCHIVE])
    except (OSError, lzma.LZMAError, tarfile.TarError, msgspec.MsgspecError, KeyError) as error:
        raise BadHistory(f"{path} is no history of a demo: {error}") from None
    if manifest.format != FORMAT:
        raise BadHistory(f"{path} was written by another version: `chenu demo-history` makes it")
    return history


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    found = tar.extractfile(entry)
    return b"" if found is None else found.read()
