"""The generated migrations say the same as tables.py, and apply one at a time."""

import ast
import asyncio
import sys
from pathlib import Path

import asyncpg
import pytest
from piccolo.apps.migrations.commands.new import AutoMigrationManager
from piccolo.apps.migrations.tables import Migration

from chenu.core import db, migrations
from chenu.core.errors import Unavailable
from chenu.flows.services import Services
from chenu.piccolo_app import APP_CONFIG
from tests.conftest import Engines

pytestmark = pytest.mark.long

FILES = sorted((Path(__file__).parents[2] / "migrations").glob("chenu_*.py"))


async def test_the_migrations_are_up_to_date_with_the_tables() -> None:
    missing = await AutoMigrationManager(auto_input="y").get_alter_statements(APP_CONFIG)

    assert [statement for part in missing for statement in part.statements] == []


def test_migrations_import_nothing_that_may_change() -> None:
    imported = {
        name.partition(".")[0]
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imported(node)
    }

    assert imported - {"piccolo"} <= sys.stdlib_module_names


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


async def test_two_processes_migrate_the_same_database_one_after_the_other(
    engines: Engines,
) -> None:
    url = await make_database(engines, "twice")

    racing = [await start_migrating(engines, url) for _ in range(2)]
    answers = [await process.communicate() for process in racing]

    assert [process.returncode for process in racing] == [0, 0]
    said = sorted(stdout.decode().strip() for stdout, _ in answers)
    assert said == [f"{len(FILES)} migrations applied", "nothing to migrate"]


async def test_a_database_behind_the_code_is_not_served(engines: Engines) -> None:
    url = await make_database(engines, "behind")

    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "chenu",
        "worker",
        env={**engines.env, "DATABASE_URL": url},
        stderr=asyncio.subprocess.PIPE,
    )
    _, stderr = await process.communicate()

    assert process.returncode == 1
    assert "chenu migrate" in stderr.decode()
    assert len(stderr.decode().strip().splitlines()) == 1


@pytest.mark.parametrize("command", ["migrate", "worker"])
async def test_a_database_of_another_version_is_met_with_one_line(
    engines: Engines, command: str
) -> None:
    url = await make_database(engines, f"another_{command}")
    await (await start_migrating(engines, url)).communicate()
    connection = await asyncpg.connect(url)
    await connection.execute(
        "UPDATE migration SET name = '2026-11-22T18:00:00:000000' WHERE id = 1"
    )
    await connection.close()

    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "chenu",
        command,
        env={**engines.env, "DATABASE_URL": url},
        stderr=asyncio.subprocess.PIPE,
    )
    _, stderr = await process.communicate()

    [line] = stderr.decode().strip().splitlines()
    assert process.returncode == 1
    assert "chenu demo --fresh" in line


@pytest.mark.parametrize(
    ("oldest_code", "words"),
    [
        (None, None),
        ("2026-11-29T07:60:00:000000", None),
        ("2098-01-01T00:00:00:000000", "must know the migration 2098-01-01T00:00:00:000000"),
    ],
    ids=["nothing asked for", "something known", "something unknown"],
)
async def test_older_code_goes_on_unless_the_schema_asks_for_newer(
    services: Services, oldest_code: str | None, words: str | None
) -> None:
    newer = Migration(name="2099-01-01T00:00:00:000000", app_name="chenu")
    await Migration.insert().add(newer)
    try:
        if oldest_code is not None:
            await db.execute("INSERT INTO schema_floor VALUES (1, $1)", oldest_code)
        refusal = await find_refusal()
    finally:
        await Migration.delete().where(Migration.name == newer.name)

    assert (refusal is None) == (words is None)
    assert (words or "") in (refusal or "")


async def find_refusal() -> str | None:
    try:
        await migrations.require_migrated()
    except Unavailable as error:
        return str(error)
    return None


def test_an_id_is_read_from_a_file_name() -> None:
    assert migrations.id_of("chenu_2026_11_22t18_00_00_000000") == "2026-11-22T18:00:00:000000"


async def make_database(engines: Engines, name: str) -> str:
    server = engines.postgres_url.rpartition("/")[0]
    connection = await asyncpg.connect(f"{server}/postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return f"{server}/{name}"


async def start_migrating(engines: Engines, url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "chenu",
        "migrate",
        env={**engines.env, "DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
    )
