"""Functions of tokens find their rows by an index: none reads a growing table whole.

tests/house/test_indexes.py sees the statements that call them; here PostgreSQL counts what the
statements inside of them read.
"""

import re
from collections.abc import Sequence
from typing import Any

import asyncpg

from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.core.months import Month
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from chenu.tokens.statement import get_statement, list_statement
from tests.api.calls import counted_statements
from tests.conftest import Engines
from tests.rows import unguarded
from tests.tokens.granting import make_account

_SCANNED = """
    SELECT relname FROM pg_stat_xact_user_tables WHERE seq_scan > 0 AND relname = ANY($1)
    ORDER BY relname
"""
_SCAN = re.compile(r"Scan .*on token_entry_before.*\n *Index Cond: .*")
"""Of the first month, whose entries are of many months: the others are empty."""
_GROWING = ["token_grant", "token_entry", "token_hold", "ledger_account", "ledger_transaction"]
_GROWING += ["ledger_entry", "ledger_key", "idempotency_record"]
_GROWING += ["token_entry_before", "ledger_transaction_before", "ledger_entry_before"]


async def _live(connection: Any, account_id: object) -> None:
    """Every function once, with a debt and an expiry."""
    now = (business_now(), system_now())
    pack, monthly = new_id(), new_id()
    grant = "SELECT grant_tokens($1, $2, $3, NULL, $4, 100, $5, NULL, $6, 'r', $7, $8)"
    await connection.execute(grant, pack, account_id, "PACK", True, None, "pack", *now)
    await connection.execute(grant, monthly, account_id, "MONTHLY", False, now[0], "month", *now)
    hold = "SELECT hold_tokens($1, $2, 30, NULL, NULL, NULL, false, 'r', $3, $3, $4)"
    settled, released = new_id(), new_id()
    await connection.execute(hold, settled, account_id, *now)
    await connection.execute(hold, released, account_id, *now)
    close = "SELECT end_token_hold($1, $2, $3, $4, false, NULL, $5, $6)"
    await connection.execute(close, account_id, settled, "SETTLED", 50, *now)
    await connection.execute(close, account_id, released, "RELEASED", 0, *now)
    spend = """
        SELECT * FROM spend_tokens_batch(ARRAY[$1::uuid], ARRAY[5::bigint], ARRAY[NULL::uuid],
            ARRAY[NULL::uuid], ARRAY['r'], ARRAY[false], ARRAY['key'], ARRAY['spend'],
            ARRAY['\\x00'::bytea], $2, $3)
    """
    await connection.execute(spend, account_id, *now)
    revoke = "SELECT revoke_tokens($1, 100, 'revoked', 'r', true, $2, $3)"
    await connection.execute(revoke, pack, *now)
    await connection.execute("SELECT end_token_grant($1, 'ended', 'r', $2, $3)", monthly, *now)
    await connection.execute("SELECT read_token_wallet($1, $2)", account_id, now[0])
    await connection.execute("SELECT used_token_budget($1, $2, $2)", account_id, now[0])


async def test_a_statement_reads_the_entries_of_its_month_alone(
    services: Services, engines: Engines
) -> None:
    account_id, month = await make_account(), Month(2026, 11)
    later = PageRequest(50, ("2026-11-20T10:00:00+00:00", str(new_id())))
    async with counted_statements() as statements:
        await get_statement(account_id, month)
        await list_statement(account_id, month, PageRequest(50))
        await list_statement(account_id, month, later)
    plans = await _explain(engines, sorted(statements))

    scans = [scan for plan in plans for scan in _SCAN.findall(plan)]
    assert len(plans) == 4
    assert len(scans) == 5
    assert [scan for scan in scans if "token_entry_month" not in scan] == []
    assert [scan for scan in scans if "created_at <" not in scan] == []


_ENTRIES = """
    INSERT INTO token_entry (id, account_id, token_grant, kind, pool, amount, balance_after, reason,
        ledger_transaction_id, created_at)
    SELECT gen_random_uuid(), lpad(to_hex(n % 50), 32, '0')::uuid, gen_random_uuid(), 'SPEND',
        'WALLET', -1, 1, 'r', n, now() - make_interval(hours => n)
    FROM generate_series(1, 10000) n
"""
"""Of fifty accounts, through more than a year: on an empty table all indexes cost the same."""


async def _explain(engines: Engines, statements: Sequence[str]) -> list[str]:
    """The plans for any arguments, where a scan of everything is the last choice."""
    async with unguarded(engines) as connection:
        await connection.execute(
            "BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
            f" SET LOCAL plan_cache_mode = force_generic_plan; {_ENTRIES}; ANALYZE token_entry"
        )
        plans = [await _explain_one(connection, statement) for statement in statements]
        await connection.execute("ROLLBACK")
        await connection.execute("VACUUM ANALYZE token_entry")
    return plans


async def _explain_one(connection: Any, statement: str) -> str:
    await connection.execute(f"PREPARE one AS {statement}")
    given = ", ".join(["NULL"] * len(set(re.findall(r"\$\d+", statement))))
    lines = await connection.fetch(f"EXPLAIN (COSTS OFF) EXECUTE one({given})")
    await connection.execute("DEALLOCATE one")
    return "\n".join(line[0] for line in lines)


async def test_no_function_reads_a_growing_table_whole(
    services: Services, engines: Engines
) -> None:
    account_id = await make_account()
    connection = await asyncpg.connect(engines.postgres_url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SET LOCAL enable_seqscan = off")
        await _live(connection, account_id)
        scanned = [row[0] for row in await connection.fetch(_SCANNED, _GROWING)]
        written = await connection.fetchval("SELECT count(*) FROM token_entry")
        await transaction.rollback()
    finally:
        await connection.close()

    assert written > 10
    assert scanned == []
