"""Makes a backup: one state of the database while everybody goes on writing, and the pictures."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from chenu.agents.pictures import list_stored
from chenu.backup.archive import ArchiveWriter, write_archive
from chenu.backup.manifest import DUMP, FORMAT, MEDIA, Manifest
from chenu.backup.postgres_programs import find_program, run_program
from chenu.branding.pictures import list_stored as list_brand_pictures
from chenu.core import db
from chenu.core.business_clock import follow_clock
from chenu.core.clock import business_now, system_now
from chenu.core.migrations import list_applied, require_migrated
from chenu.media.pictures import PictureHash, PictureSize
from chenu.media.store import MediaStore
from chenu.settings import Settings

_NAME = "chenu-{:%Y%m%dT%H%M%SZ}.backup"
_PATTERN = "chenu-*T*Z.backup"
_TABLES = """
    SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename
"""
_AT_ONCE = 8


class _Named(msgspec.Struct, frozen=True):
    name: str


class _Snapshot(msgspec.Struct, frozen=True):
    """What the database said of itself in the state that is dumped."""

    id: str
    made_at: datetime
    business_time: datetime
    postgres: int
    migrations: list[str]
    tables: dict[str, int]
    pictures: Sequence[PictureHash]


class MadeBackup(msgspec.Struct, frozen=True):
    path: Path
    manifest: Manifest
    is_encrypted: bool


async def make_backup(settings: Settings, target: Path, *, pictures: bool = True) -> MadeBackup:
    """Into a new file, or a file of its own name in a folder. Raises BackupError, Unavailable."""
    db.configure(settings.session_url, application="chenu-backup", role=None, is_patient=True)
    await db.start(pool_size=2)
    try:
        await require_migrated()
        await follow_clock(settings)
        path = _name_file(target)
        with write_archive(path, settings.backup_key) as archive:
            manifest = await _fill(archive, settings, path.parent, pictures=pictures)
            archive.end(manifest)
        return MadeBackup(path, manifest, settings.backup_key is not None)
    finally:
        await db.stop()


def _name_file(target: Path) -> Path:
    return target / _NAME.format(system_now()) if target.is_dir() else target


def remove_older(folder: Path, keep: int) -> list[Path]:
    """Removes all but the newest backups in the folder; the files that are gone."""
    older = sorted(folder.glob(_PATTERN), reverse=True)[keep:]
    for path in older:
        path.unlink()
    return older


async def _fill(
    archive: ArchiveWriter, settings: Settings, folder: Path, *, pictures: bool
) -> Manifest:
    """Temporary files lie where the backup comes to lie: there must be room for it anyway."""
    work = Path(tempfile.mkdtemp(prefix=".chenu-backup-", dir=folder))
    try:
        async with _snapshot() as state:
            dump = await find_program("pg_dump", state.postgres)
            await run_program(
                dump,
                settings.session_url,
                "--format=custom",
                "--compress=1",
                "--no-owner",
                "--no-comments",
                f"--snapshot={state.id}",
                f"--file={work / DUMP}",
            )
        archive.add_path(DUMP, work / DUMP)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    missing = await _add_pictures(archive, settings, state.pictures if pictures else ())
    return Manifest(
        format=FORMAT,
        made_at=state.made_at,
        business_time=state.business_time,
        version=version("chenu"),
        postgres=state.postgres,
        migrations=state.migrations,
        tables=state.tables,
        pictures=len(state.pictures) if pictures else None,
        missing_pictures=missing,
        files=dict(archive.files),
    )


@asynccontextmanager
async def _snapshot() -> AsyncIterator[_Snapshot]:
    """Counted in the same state that pg_dump reads, however much is written meanwhile."""
    async with db.transaction():
        await db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        names = [row.name for row in await db.fetch_all(_Named, _TABLES)]
        counted = {name: await db.fetch_value(f'SELECT count(*) FROM "{name}"') for name in names}  # noqa: S608 - names of ours
        number = await db.fetch_value("SELECT current_setting('server_version_num')::int")
        yield _Snapshot(
            id=await db.fetch_value("SELECT pg_export_snapshot()"),
            made_at=system_now(),
            business_time=business_now(),
            postgres=number // 10_000,
            migrations=sorted(await list_applied()),
            tables=counted,
            pictures=[*await list_stored(), *await list_brand_pictures()],
        )


async def _add_pictures(
    archive: ArchiveWriter, settings: Settings, names: Sequence[PictureHash]
) -> list[str]:
    """After the database: a row may lead to a file, never a file to a row. Those without one."""
    store, missing = MediaStore(settings.media), list[str]()
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        read = await asyncio.gather(*(_read_sizes(store, name) for name in some))
        for name, files in zip(some, read, strict=True):
            if files is None:
                missing.append(name)
                continue
            for size, content in files.items():
                archive.add(f"{MEDIA}{name}-{size}.webp", content)
    return missing


async def _read_sizes(store: MediaStore, name: PictureHash) -> dict[PictureSize, bytes] | None:
    """None unless all are there: a picture may be removed since the snapshot."""
    files = {}
    for size in PictureSize:
        content = await store.find(name, size)
        if content is None:
            return None
        files[size] = content
    return files
