"""Restores a backup into an empty server; anything else is refused before a byte is written."""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import msgspec

from chenu.accounts.sessions import end_all_sessions
from chenu.backup.archive import unpack
from chenu.backup.errors import BackupError
from chenu.backup.manifest import DUMP, MEDIA, Manifest
from chenu.backup.postgres_programs import find_program, run_offline, run_program
from chenu.core import db
from chenu.core.business_clock import follow_clock
from chenu.core.db_errors import no_answer_is_unavailable
from chenu.core.migrations import apply_migrations, list_known
from chenu.flows.invariants import check_books
from chenu.ledger.invariants import Finding
from chenu.ledger.restores import record_restore
from chenu.media.pictures import PictureHash, PictureSize, Renditions
from chenu.media.store import MediaStore
from chenu.settings import Settings

_OURS = """
    SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
        AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
"""
_ROLE = """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'chenu_app') THEN
            CREATE ROLE chenu_app NOLOGIN;
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$;
    DO $$ BEGIN
        EXECUTE format('GRANT chenu_app TO %I', current_user);
    EXCEPTION WHEN OTHERS THEN NULL;
    END $$;
"""
"""As in the migration `rights`: roles belong to the server and are in no dump."""
_FUTURE_RIGHTS = """
    ALTER DEFAULT PRIVILEGES IN SCHEMA public
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO chenu_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO chenu_app;
"""
"""Of whoever owns the tables here, who may have another name than where the backup was made."""


class Restored(msgspec.Struct, frozen=True):
    """`differing`: tables whose rows are not as many as in the backup."""

    manifest: Manifest
    differing: Sequence[str]
    migrated: Sequence[str]
    pictures: int
    ended_sessions: int
    findings: Sequence[Finding]

    @property
    def ok(self) -> bool:
        return not self.differing and all(finding.ok for finding in self.findings)


async def restore_backup(settings: Settings, path: Path) -> Restored:
    """Raises BackupError and Unavailable."""
    work = Path(tempfile.mkdtemp(prefix="chenu-restore-"))
    try:
        manifest = unpack(path, work, settings.backup_key)
        _require_known(manifest)
        server = await _require_empty(settings.session_url)
        await _load(settings.session_url, work, max(server, manifest.postgres))
        differing = await _compare_counts(settings.session_url, manifest)
        migrated = await apply_migrations(settings.session_url)
        pictures = await _put_pictures(MediaStore(settings.media), work, manifest)
        ended, findings = await _take_over(settings, manifest)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Restored(manifest, differing, migrated, pictures, ended, findings)


def _require_known(manifest: Manifest) -> None:
    unknown = sorted(set(manifest.migrations) - list_known())
    if unknown:
        raise BackupError(
            "the backup was made by a newer CHE·NU ({version}): this one does not know the"
            " migration {name}. Install the version that made it",
            version=manifest.version,
            name=unknown[0],
        )


async def _require_empty(url: str) -> int:
    """The server's major version. Makes the role that the dump gives rights to."""
    with no_answer_is_unavailable():
        connection = await asyncpg.connect(url)
    try:
        count = int(await connection.fetchval(_OURS))
        if count:
            where = urlsplit(url)
            raise BackupError(
                "the database {name} at {host} is not empty ({count} tables, views and"
                " sequences): a backup is restored into a new one",
                name=where.path.lstrip("/"),
                host=where.hostname or "?",
                count=count,
            )
        await connection.execute(_ROLE)
        return int(connection.get_server_version().major)
    except asyncpg.InsufficientPrivilegeError as error:
        words = "the user of DATABASE_URL may not do this: {reason}"
        raise BackupError(words, reason=str(error)) from error
    finally:
        await connection.close()


async def _load(url: str, work: Path, postgres: int) -> None:
    """All or nothing. What the owner's future tables allow is set here anew."""
    program = await find_program("pg_restore", postgres)
    listed = (await run_offline(program, "--list", str(work / DUMP))).decode()
    wanted = work / "wanted.list"
    lines = (line for line in listed.splitlines() if " DEFAULT ACL " not in line)
    wanted.write_text("\n".join(lines) + "\n")
    await run_program(
        program,
        url,
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        f"--use-list={wanted}",
        str(work / DUMP),
    )
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_FUTURE_RIGHTS)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _compare_counts(url: str, manifest: Manifest) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [
            name
            for name, count in manifest.tables.items()
            if await connection.fetchval(f'SELECT count(*) FROM "{name}"') != count  # noqa: S608 - checked against its hash
        ]
    finally:
        await connection.close()


async def _put_pictures(store: MediaStore, work: Path, manifest: Manifest) -> int:
    sizes: dict[str, dict[PictureSize, bytes]] = defaultdict(dict)
    for file in manifest.files:
        if file.startswith(MEDIA):
            name, _, size = file.removeprefix(MEDIA).removesuffix(".webp").rpartition("-")
            sizes[name][PictureSize(size)] = b""
    for name in sizes:
        files = {size: (work / f"{MEDIA}{name}-{size}.webp").read_bytes() for size in sizes[name]}
        await store.put(PictureHash(name), Renditions(0, 0, files))
    return len(sizes)


async def _take_over(settings: Settings, manifest: Manifest) -> tuple[int, list[Finding]]:
    """What a restored database must know, and whether all is true in it.

    Everybody signs in anew: a session that was ended after the backup would live again.
    """
    db.configure(settings.session_url, application="chenu-restore")
    await db.start(pool_size=2)
    try:
        await follow_clock(settings)
        await record_restore(manifest.business_time)
        ended = await end_all_sessions()
        return ended, await check_books()
    finally:
        await db.stop()
