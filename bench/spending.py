"""What a spend of tokens costs, beside pgbench doing the same work as one SQL function, and beside
a transaction with a row lock through the ORM.
"""

import asyncio
import random
import re
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.orm_spending import spend_through_orm
from bench.rounds import Ratio
from chenu.accounts.actor import AccountId
from chenu.accounts.idempotency import ClientKey
from chenu.core import db
from chenu.demo.engines import postgres_program
from chenu.ledger.amounts import Tokens
from chenu.tiers.entitlements import Entitlements
from chenu.tokens.spending import Spend, spend_tokens

CALLERS, MANY_CALLERS, ACCOUNTS, HOT = 16, 256, 10_000, 1
LEAST, LEAST_MANY, LEAST_HOT, LEAST_P99, LEAST_ORM = 1.0, 2.0, 5.0, 0.25, 7.0
_SECONDS = 2
_HASH = bytes(32)
_RATE = re.compile(r"tps = ([\d.]+)")
_FUNCTION = Path(__file__).with_name("spending.sql")
_SCRIPT = Path(__file__).with_name("spending_pgbench.sql")


Call = Callable[[AccountId, str], Awaitable[object]]
"""Spends one token of the account, under this key."""


@dataclass(frozen=True)
class Pace:
    """Spends a second, and the time within which 99 of 100 were answered."""

    rate: float
    p99_ms: float


@dataclass(frozen=True)
class SpendingRatios:
    """Over pgbench's rates, `many` with 256 callers on both sides; `p99` is pgbench's over ours,
    spread and hot; `orm` is our rate over the ORM's.
    """

    spread: Ratio
    many: Ratio
    hot: Ratio
    p99: Ratio
    hot_p99: Ratio
    orm: Ratio


@dataclass(frozen=True)
class _Round:
    pgbench: Pace
    ours: Pace
    many_pgbench: Pace
    many_ours: Pace
    orm: Pace
    hot_pgbench: Pace
    hot_ours: Pace


async def compare_spending(url: str, rounds: int) -> SpendingRatios:
    """Interleaved, with all ratios taken within a round."""
    await fill_wallets(url)
    db.configure(url, application="bench")
    await db.start(pool_size=CALLERS)
    try:
        await _call(_spend, ACCOUNTS, 0.5)
        each = [await _measure(url) for _ in range(rounds)]
    finally:
        await db.stop()
    return SpendingRatios(
        spread=_ratio([one.ours.rate / one.pgbench.rate for one in each]),
        many=_ratio([one.many_ours.rate / one.many_pgbench.rate for one in each]),
        hot=_ratio([one.hot_ours.rate / one.hot_pgbench.rate for one in each]),
        p99=_ratio([one.pgbench.p99_ms / one.ours.p99_ms for one in each]),
        hot_p99=_ratio([one.hot_pgbench.p99_ms / one.hot_ours.p99_ms for one in each]),
        orm=_ratio([one.ours.rate / one.orm.rate for one in each]),
    )


async def _measure(url: str) -> _Round:
    return _Round(
        pgbench=await _run_pgbench(url, ACCOUNTS),
        ours=await _run(url, _spend, ACCOUNTS),
        many_pgbench=await _run_pgbench(url, ACCOUNTS, MANY_CALLERS),
        many_ours=await _run(url, _spend, ACCOUNTS, MANY_CALLERS),
        orm=await _run(url, spend_through_orm, ACCOUNTS),
        hot_pgbench=await _run_pgbench(url, HOT),
        hot_ours=await _run(url, _spend, HOT),
    )


def _ratio(each: list[float]) -> Ratio:
    return Ratio(min(each), statistics.median(each), max(each))


async def fill_wallets(url: str) -> None:
    """Empty books, and 10,000 accounts of which each has a budget and a pack."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("""
            TRUNCATE ledger_entry, ledger_transaction, ledger_key, ledger_seal, ledger_account,
                idempotency_record, token_entry, token_grant CASCADE
        """)
        await connection.execute(
            """
            INSERT INTO account (id, name, kind, owner, seats, created_at)
            SELECT lpad(to_hex(n), 32, '0')::uuid, 'Spender', 'TEAM',
                (SELECT id FROM app_user ORDER BY id LIMIT 1), 1, now()
            FROM generate_series(1, $1::int) n ON CONFLICT (id) DO NOTHING
            """,
            ACCOUNTS,
        )
        for kind, is_paid, days in (("MONTHLY", False, 30), ("PACK", True, None)):
            await connection.execute(_GRANT, ACCOUNTS, kind, is_paid, days)
        await connection.execute(_FUNCTION.read_text())
        await connection.execute("VACUUM ANALYZE account, ledger_account, token_grant")
    finally:
        await connection.close()


_GRANT = """
    SELECT grant_tokens(gen_random_uuid(), lpad(to_hex(n), 32, '0')::uuid, $2, NULL, $3,
        1000000000, now() + make_interval(days => $4), NULL, 'bench:' || $2 || ':' || n, 'Bench',
        now(), now())
    FROM generate_series(1, $1::int) n
"""


async def _run_pgbench(url: str, accounts: int, callers: int = CALLERS) -> Pace:
    await _checkpoint(url)
    with tempfile.TemporaryDirectory() as folder:
        options = ["-n", "-M", "prepared", "-c", str(callers), "-T", str(_SECONDS)]
        options += ["-D", f"accounts={accounts}", "-l", f"--log-prefix={folder}/log"]
        command = [str(postgres_program("pgbench")), *options, "-f", str(_SCRIPT), url]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
        found = _RATE.search(out.decode())
        if process.returncode or found is None:
            raise RuntimeError(f"pgbench: {out.decode()}")
        return Pace(float(found.group(1)), _p99(_read_latencies(Path(folder))))


def _read_latencies(folder: Path) -> list[float]:
    """Of all transactions, from pgbench's logs."""
    lines = (line for log in folder.iterdir() for line in log.read_text().splitlines())
    return [int(line.split()[2]) / 1e3 for line in lines]


async def _checkpoint(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("CHECKPOINT")
    await connection.close()


def _p99(milliseconds: list[float]) -> float:
    return sorted(milliseconds)[len(milliseconds) * 99 // 100]


async def _spend(account_id: AccountId, key: str) -> None:
    client = ClientKey(account_id, key, "tokenSpend", _HASH)
    await spend_tokens(Spend(account_id, Tokens(1), "A use", client, Entitlements()))


async def _run(url: str, call: Call, accounts: int, callers: int = CALLERS) -> Pace:
    await _checkpoint(url)
    return await _call(call, accounts, _SECONDS, callers)


async def _call(call: Call, accounts: int, seconds: float, callers: int = CALLERS) -> Pace:
    """Each of the callers asks again when answered."""
    taken: list[float] = []
    started = time.perf_counter()

    async def ask_until_the_end() -> None:
        while (begun := time.perf_counter()) < started + seconds:
            account_id = AccountId(uuid.UUID(int=random.randint(1, accounts)))
            await call(account_id, uuid.uuid4().hex)
            taken.append((time.perf_counter() - begun) * 1e3)

    await asyncio.gather(*(ask_until_the_end() for _ in range(callers)))
    return Pace(len(taken) / (time.perf_counter() - started), _p99(taken))
