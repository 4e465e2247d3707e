"""Backups of the tests' own database into databases made for it, and what is refused."""

import tarfile
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from msgspec.structs import replace

from chenu.backup.archive import is_encrypted, unpack
from chenu.backup.errors import BackupError
from chenu.backup.make import MadeBackup, make_backup, remove_older
from chenu.backup.restore import restore_backup
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.migrations import apply_migrations, list_known
from chenu.flows.services import Services
from chenu.media.pictures import PictureHash, PictureSize, Renditions
from chenu.media.places import Place
from chenu.media.store import MediaStore
from chenu.settings import Settings
from tests.conftest import Engines
from tests.faults.own_engines import own_pool
from tests.flows.sales import open_quiet_market

KEY, OTHER_KEY = b"nobody guesses 7391 that walruses ski", b"another one that 8264 owls cannot say"
SHOWN, LOST = PictureHash("ab" * 32), PictureHash("cd" * 32)
FILES = {size: size.encode() * 1000 for size in PictureSize}


@pytest.fixture
def settings(services: Services, tmp_path: Path) -> Settings:
    """With a key, and pictures in a folder of the test's own."""
    media = Place(str(tmp_path / "media"))
    return replace(services.settings, media=media, backup_key=KEY)


async def backup(settings: Settings, target: Path) -> MadeBackup:
    async with own_pool():
        return await make_backup(settings, target)


async def make_target(engines: Engines, settings: Settings, folder: Path) -> Settings:
    """Settings of an empty database and another place for pictures."""
    server, name = engines.postgres_url.rpartition("/")[0], f"restored_{new_id().hex}"
    connection = await asyncpg.connect(f"{server}/postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    media = Place(str(folder / "restored"))
    return replace(settings, database_url=f"{server}/{name}", media=media)


async def test_all_comes_back_with_its_pictures(
    services: Services, engines: Engines, settings: Settings, tmp_path: Path
) -> None:
    market = await open_quiet_market(services)
    store = MediaStore(settings.media)
    await store.put(SHOWN, Renditions(1, 1, FILES))
    sql = """
        INSERT INTO agent_picture (id, agent, name, use, width, height, created_at)
        VALUES ($1, $2, $3, 'icon', 1, 1, $4)
    """
    for name in (SHOWN, LOST):
        await db.execute(sql, new_id(), market.agent.id, name, business_now())
    made = await backup(settings, tmp_path)
    target = await make_target(engines, settings, tmp_path)
    async with own_pool():
        restored = await restore_backup(target, made.path)

    assert restored.ok
    assert (restored.manifest.pictures, restored.manifest.missing_pictures) == (2, [LOST])
    assert restored.pictures == 1
    stored = MediaStore(target.media)
    assert [await stored.find(SHOWN, size) for size in PictureSize] == list(FILES.values())
    connection = await asyncpg.connect(target.database_url)
    assert await connection.fetchval("SELECT name FROM agent") == market.agent.name
    assert await connection.fetchval("SELECT count(*) FROM restored_backup") == 1
    assert not await connection.fetchval(
        "SELECT count(*) FROM user_session WHERE revoked_at IS NULL"
    )
    assert not await connection.fetchval(
        "SELECT has_table_privilege('chenu_app', 'ledger_entry', 'UPDATE')"
    )
    await connection.execute("CREATE TABLE later (id int)")
    assert await connection.fetchval("SELECT has_table_privilege('chenu_app', 'later', 'INSERT')")
    await connection.close()


async def test_a_backup_is_for_its_owner_alone_and_says_what_it_is(
    settings: Settings, tmp_path: Path
) -> None:
    made = await backup(settings, tmp_path)
    open_one = await backup(replace(settings, backup_key=None), tmp_path / "open")

    assert made.path.name.startswith("chenu-20")
    assert [path.stat().st_mode & 0o777 for path in (made.path, open_one.path)] == [0o600] * 2
    assert (is_encrypted(made.path), is_encrypted(open_one.path)) == (True, False)
    assert b"CREATE TABLE" not in made.path.read_bytes()
    assert names_in(tmp_path) == sorted(["open", made.path.name])
    with pytest.raises(BackupError, match="replaces no file"):
        await backup(settings, made.path)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_keeps_its_newest_backups(tmp_path: Path) -> None:
    names = [f"chenu-2027010{day}T000000Z.backup" for day in range(1, 6)]
    for name in [*names, "notes.txt"]:
        (tmp_path / name).write_text("")

    gone = remove_older(tmp_path, 2)

    assert sorted(path.name for path in gone) == names[:3]
    assert names_in(tmp_path) == [*names[3:], "notes.txt"]


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def cut(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


@pytest.mark.parametrize("is_encrypted", [True, False], ids=["encrypted", "open"])
@pytest.mark.parametrize("damage", [flipped, cut], ids=["flipped", "cut"])
async def test_a_damaged_backup_is_refused_before_anything_is_written(
    settings: Settings,
    engines: Engines,
    tmp_path: Path,
    damage: Callable[[bytes], bytes],
    is_encrypted: bool,
) -> None:
    settings = replace(settings, backup_key=KEY if is_encrypted else None)
    made = await backup(settings, tmp_path)
    made.path.write_bytes(damage(made.path.read_bytes()))
    target = await make_target(engines, settings, tmp_path)

    with pytest.raises(BackupError, match="damaged"):
        await restore_backup(target, made.path)

    connection = await asyncpg.connect(target.database_url)
    assert not await connection.fetchval("SELECT count(*) FROM pg_tables WHERE tablename = 'agent'")
    await connection.close()


async def test_another_key_none_and_another_file_are_distinguished(
    settings: Settings, tmp_path: Path
) -> None:
    made = await backup(settings, tmp_path)
    other = tmp_path / "letter.txt"
    other.write_text("Dear all, " * 100)
    folder = tmp_path / "unpacked"
    folder.mkdir()

    for path, key, words in (
        (made.path, OTHER_KEY, "is not the key"),
        (made.path, None, "set CHENU_BACKUP_KEY"),
        (other, KEY, "no backup of CHE·NU"),
        (tmp_path / "nowhere", KEY, "No such file"),
    ):
        with pytest.raises(BackupError, match=words):
            unpack(path, folder, key)


async def test_a_server_with_anything_in_it_is_refused(
    settings: Settings, engines: Engines, tmp_path: Path
) -> None:
    made = await backup(settings, tmp_path)
    target = await make_target(engines, settings, tmp_path)
    connection = await asyncpg.connect(target.database_url)
    await connection.execute("CREATE TABLE of_somebody_else (id int)")
    await connection.close()

    with pytest.raises(BackupError, match=r"is not empty \(1 tables"):
        await restore_backup(target, made.path)


async def test_a_backup_of_a_newer_version_is_refused(
    settings: Settings, engines: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await backup(settings, tmp_path)
    target = await make_target(engines, settings, tmp_path)
    newest = max(made.manifest.migrations)
    older = frozenset(made.manifest.migrations) - {newest}
    monkeypatch.setattr("chenu.backup.restore.list_known", lambda: older)

    with pytest.raises(BackupError, match=f"newer CHE·NU .* the migration {newest}"):
        await restore_backup(target, made.path)


async def test_a_backup_of_an_older_version_is_brought_up_to_date(
    settings: Settings, engines: Engines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def allow() -> None:
        """As the older version that makes it."""

    source = await make_target(engines, settings, tmp_path)
    newest = max(list_known())
    monkeypatch.setattr("chenu.backup.make.require_migrated", allow)
    async with own_pool():
        await apply_migrations(source.database_url, list_known() - {newest})
        made = await make_backup(source, tmp_path / "older")
    target = await make_target(engines, settings, tmp_path)
    async with own_pool():
        restored = await restore_backup(target, made.path)

    assert (restored.ok, restored.migrated) == (True, [newest])


async def test_an_owner_who_is_no_superuser_migrates_backs_up_and_restores(
    settings: Settings, engines: Engines, tmp_path: Path
) -> None:
    source = await make_owned(engines, settings, tmp_path, "anna")
    target = await make_owned(engines, settings, tmp_path, "bob")
    async with own_pool():
        await apply_migrations(source.database_url)
        made = await make_backup(source, tmp_path / "owned")
    async with own_pool():
        restored = await restore_backup(target, made.path)

    assert restored.ok


async def make_owned(engines: Engines, settings: Settings, folder: Path, owner: str) -> Settings:
    """An empty database of an owner with a password who has no other rights."""
    made = await make_target(engines, settings, folder)
    server, _, name = made.database_url.rpartition("/")
    connection = await asyncpg.connect(f"{server}/postgres")
    await connection.execute(f"CREATE ROLE {owner} LOGIN PASSWORD 'p@ss {owner}'")
    await connection.execute(f"GRANT chenu_app TO {owner}")
    await connection.execute(f"ALTER DATABASE {name} OWNER TO {owner}")
    await connection.close()
    host = server.rpartition("@")[2]
    return replace(made, database_url=f"postgresql://{owner}:p%40ss%20{owner}@{host}/{name}")


async def test_a_backup_without_its_pictures_says_so(settings: Settings, tmp_path: Path) -> None:
    async with own_pool():
        made = await make_backup(
            replace(settings, backup_key=None), tmp_path / "small", pictures=False
        )

    assert made.manifest.pictures is None
    with tarfile.open(made.path) as tar:
        assert tar.getnames() == ["database.dump", "manifest.json", "manifest.sha256"]
