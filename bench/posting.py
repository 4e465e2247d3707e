"""What posting a sale costs, beside pgbench writing the same rows into the same database."""

import asyncio
import re
import statistics
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.rounds import Ratio
from chenu.core import db
from chenu.core.money import Cents
from chenu.demo.engines import postgres_program
from chenu.ledger.accounts import BUYER_PAYMENTS, PLATFORM_REVENUE, creator_payable
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post
from chenu.ledger.seals import seal_entries

LEAST = 0.25
CLIENTS, CREATORS = 16, 10_000
_SECONDS = 2
_RATE = re.compile(r"tps = ([\d.]+)")
_SCRIPT = Path(__file__).with_name("posting.sql")


def creator_of(number: int) -> uuid.UUID:
    """As `lpad(to_hex(number), 32, '0')::uuid` in the script."""
    return uuid.UUID(int=number)


@dataclass(frozen=True)
class PostingRates:
    """`ratio`: our postings a second over pgbench's. Medians of both; entries sealed a second."""

    ratio: Ratio
    ours: float
    theirs: float
    sealed: float


async def compare_posting(url: str, rounds: int) -> PostingRates:
    """Interleaved, with a ratio per round; then all posted entries are sealed."""
    await _open_accounts(url)
    db.configure(url, application="bench")
    await db.start(pool_size=CLIENTS)
    pairs = []
    try:
        await _post_for(0.2)
        for _ in range(rounds):
            await _checkpoint(url)
            theirs = await _run_pgbench(url)
            await _checkpoint(url)
            pairs.append((await _post_for(_SECONDS), theirs))
        sealed = await _seal_all()
    finally:
        await db.stop()
    each = [ours / theirs for ours, theirs in pairs]
    ours, theirs = (statistics.median(rates) for rates in zip(*pairs, strict=True))
    ratio = Ratio(min(each), statistics.median(each), max(each))
    return PostingRates(ratio, ours, theirs, sealed)


async def _seal_all() -> float:
    started = time.perf_counter()
    return await seal_entries() / (time.perf_counter() - started)


async def _open_accounts(url: str) -> None:
    """Empty books in which every creator has been paid before."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "TRUNCATE ledger_entry, ledger_transaction, ledger_key, ledger_seal, ledger_account"
    )
    sql = """
        INSERT INTO ledger_account (id, kind, owner_id, asset, balance)
        SELECT owner, 'CREATOR_PAYABLE', owner, 'EUR', 0
        FROM (SELECT lpad(to_hex(n), 32, '0')::uuid AS owner FROM generate_series(1, $1::int) n) n
        UNION ALL VALUES
            ('00000000-0000-0000-0001-000000000001'::uuid, 'BUYER_PAYMENTS', NULL::uuid, 'EUR',
                NULL::bigint),
            ('00000000-0000-0000-0001-000000000002', 'PLATFORM_REVENUE', NULL, 'EUR', NULL)
    """
    await connection.execute(sql, CREATORS)
    await connection.execute("VACUUM ANALYZE ledger_account")
    await connection.close()


async def _checkpoint(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("CHECKPOINT")
    await connection.close()


async def _run_pgbench(url: str) -> float:
    options = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-T", str(_SECONDS)]
    command = [str(postgres_program("pgbench")), *options, "-f", str(_SCRIPT), url]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    found = _RATE.search(out.decode())
    if process.returncode or found is None:
        raise RuntimeError(f"pgbench: {out.decode()}")
    return float(found.group(1))


async def _post_for(seconds: float) -> float:
    """Postings a second, each in a transaction of its own, 16 concurrently."""
    started = time.perf_counter()
    done = await asyncio.gather(*(_client(n, started + seconds) for n in range(CLIENTS)))
    return sum(done) / (time.perf_counter() - started)


async def _client(client: int, until: float) -> int:
    number = 0
    while time.perf_counter() < until:
        number += 1
        async with db.transaction():
            await post(_sale(client * 7919 + number * 104_729))
    return number


def _sale(number: int) -> LedgerTransaction:
    creator = creator_of(number % CREATORS + 1)
    entries = (
        debit(BUYER_PAYMENTS, euros(Cents(1000))),
        credit(creator_payable(creator), euros(Cents(700))),
        credit(PLATFORM_REVENUE, euros(Cents(300))),
    )
    return LedgerTransaction(f"bench:{uuid.uuid4()}", "PAYMENT", creator, entries)
