"""A server is lost: a backup made under load comes back whole in an empty one, and what was paid
since is found at Stripe, once.

reliability: F18.
"""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from chenu.demo.engines import start_postgres
from tests.faults.counts import runs
from tests.faults.own_engines import Alone
from tests.faults.stand import EVER, Buyer, Stand
from tests.faults.writers import Writer, all_go_on, writing
from tests.product_process import start_chenu
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

_MOST_SECONDS = 300
_KEY = "nobody guesses 7391 that walruses ski"
_COUNTS = """
    SELECT p.status, count(DISTINCT y.id) AS payments, count(DISTINCT g.id) AS grants,
        count(DISTINCT y.stripe_transfer_id) AS transfers
    FROM purchase p LEFT JOIN purchase_payment y ON y.purchase = p.id
        LEFT JOIN access_grant g ON g.purchase = p.id
    WHERE p.account = $1 GROUP BY p.id, p.status
"""


@pytest.fixture
def empty_server() -> Iterator[str]:
    """The URL of a new database in a new server."""
    folder = Path(tempfile.mkdtemp(prefix="chenu-empty-"))
    child, url = start_postgres(folder, durable=False)
    asyncio.run(_create_database(url))
    yield f"{url}/chenu"
    child.ask_to_stop()
    child.wait_stopped(10)
    shutil.rmtree(folder, ignore_errors=True)


async def _create_database(url: str) -> None:
    connection = await asyncpg.connect(f"{url}/postgres")
    await connection.execute("CREATE DATABASE chenu")
    await connection.close()


@dataclass(frozen=True)
class Ran:
    code: int | None
    said: str
    seconds: float


async def run(stand: Stand, folder: Path, *arguments: str) -> Ran:
    """`chenu ...` with the settings of the stand's processes."""
    log = folder / f"{arguments[0]}-{time.monotonic_ns()}.log"
    began = time.monotonic()
    process = start_chenu(arguments, {**os.environ, **stand.web.env}, log)

    async def has_ended() -> bool:
        return not process.is_alive()

    await until(has_ended, f"the end of chenu {arguments[0]}")
    text = await asyncio.to_thread(log.read_text)
    return Ran(process.exitcode, text, time.monotonic() - began)


@pytest.mark.parametrize("number", range(runs(1)))
async def test_a_lost_server_comes_back_from_a_backup_made_under_load(
    alone: Alone, empty_server: str, tmp_path: Path, number: int
) -> None:
    await alone.begin()
    stand = alone.stand
    stand.web.env["CHENU_BACKUP_KEY"] = _KEY
    early, late = [await stand.make_buyer(f"{name}{number}") for name in ("early", "late")]
    await stand.buy(early)
    await stand.settle(1)
    page = await stand.buy_until_open(late, "one")
    made = await _back_up_under_load(stand, tmp_path)
    await stand.pay(page)
    await until(lambda: _is_transferred(stand.engines.postgres_url, late))
    _lose(stand, empty_server)

    restored = await run(stand, tmp_path, "restore", str(tmp_path / "backup"))
    again = await run(stand, tmp_path, "restore", str(tmp_path / "backup"))
    reconciled = await run(stand, tmp_path, "reconcile")
    stand.worker.start()
    await until(lambda: _is_transferred(empty_server, late), "the transfer of what was paid since")
    checked = await run(stand, tmp_path, "ledger", "check")

    assert (restored.code, "VIOLATED" in restored.said) == (0, False), restored.said
    assert "as many rows as in the backup" in restored.said
    assert made.seconds + restored.seconds < _MOST_SECONDS
    assert (again.code, "is not empty" in again.said) == (1, True), again.said
    assert reconciled.code == 0, reconciled.said
    assert checked.code == 0, checked.said
    assert [await _counts(empty_server, buyer) for buyer in (early, late)] == [
        [("PAID", 1, 1, 1)]
    ] * 2
    lines = [line async for line in stand.services.reports.list_balance_movements(EVER)]
    assert sorted(line.type for line in lines) == ["charge", "charge", "transfer", "transfer"]


async def _back_up_under_load(stand: Stand, folder: Path) -> Ran:
    writers = [Writer(stand, await stand.make_buyer(f"writer{n}")) for n in range(3)]
    async with writing(writers):
        await all_go_on(writers)
        made = await run(stand, folder, "backup", str(folder / "backup"))
        await all_go_on(writers)
    assert made.code == 0, made.said
    return made


def _lose(stand: Stand, url: str) -> None:
    """From here on the product's processes are given the empty server."""
    stand.web.kill()
    stand.worker.kill()
    for server in (stand.web, stand.worker):
        server.env = {**stand.web.env, "DATABASE_URL": url}


async def _is_transferred(url: str, buyer: Buyer) -> bool:
    return await _counts(url, buyer) == [("PAID", 1, 1, 1)]


async def _counts(url: str, buyer: Buyer) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(r) for r in await connection.fetch(_COUNTS, buyer.person.actor.account_id)]
    finally:
        await connection.close()
