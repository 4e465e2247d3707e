"""Self-billing statements: each month of a creator once, from the books, to the cent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import pytest

from chenu.agents.statements import LineKind, StatementRow, list_lines
from chenu.company import Company
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.months import month_of
from chenu.flows.creators.statements import make_due_statements
from chenu.flows.services import Services
from chenu.ledger.accounts import creator_payable, creator_receivable
from chenu.ledger.journal import get_cents
from tests.conftest import Engines, with_settings
from tests.flows.disputes import let_bank_take
from tests.flows.sales import Market, another_agent, buy, open_market, work_off
from tests.flows.statements import (
    creator_of,
    make_statement,
    next_month,
    statements_of,
    tell_legal_details,
)
from tests.flows.test_invariants import violated
from tests.flows.test_sale_refunds import refund, require_true_books, sell
from tests.people import make_creator
from tests.rows import count, mails_to, put, unguarded
from tests.stripe_side import StripeSide


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    return await open_market(services)


async def booked_in(market: Market, statement: StatementRow) -> dict[str, int]:
    """What the books moved in the statement's month on the creator's accounts, by kind."""
    sql = """
        SELECT t.kind, sum(e.amount)::int AS amount FROM ledger_entry e
        JOIN ledger_transaction t ON t.id = e.transaction_id
        JOIN ledger_account a ON a.id = e.ledger_account_id
        WHERE a.owner_id = $1 AND t.business_at >= $2 AND t.business_at < $3 GROUP BY t.kind
    """
    month = statement.calendar_month
    rows = await db.fetch_records(sql, await creator_of(market.creator), month.start, month.end)
    return {row["kind"]: row["amount"] for row in rows}


async def shares_of(statement: StatementRow) -> dict[LineKind, tuple[int, int, int]]:
    lines = await list_lines(statement.id)
    return {line.kind: (line.paid, line.fee, line.share) for line in lines}


async def test_a_month_of_sales_and_refunds_stands_on_its_statement_to_the_cent(
    services: Services, market: Market
) -> None:
    sold = await sell(services, market)
    await buy(services, await another_agent(services, market), "key-2")
    await refund(services, market.buyer, sold.id)
    await work_off(services)

    statement = await make_statement(services, market.creator)

    booked = await booked_in(market, statement)
    assert await shares_of(statement) == {
        LineKind.SALES: (999 + 500, 299 + 150, 700 + 350),
        LineKind.REFUNDS: (-999, -299, -700),
    }
    assert statement.net == booked["PAYMENT"] + booked["REFUND_DUE"] == 350
    assert statement.transferred == -booked["TRANSFER"] - booked["TRANSFER_REVERSAL"] == 350
    assert (statement.opening, statement.closing) == (0, 0)
    await require_true_books(services)


async def test_a_correction_stands_in_the_month_when_it_happens(
    services: Services, market: Market
) -> None:
    sold = await sell(services, market)
    first = await make_statement(services, market.creator)
    await refund(services, market.creator, sold.id, 500)
    await work_off(services)
    next_month()

    await make_due_statements(services)

    [same, second] = await statements_of(market.creator)
    assert same == first
    assert (first.number, second.number) == ("SB-00001-0001", "SB-00001-0002")
    assert second.calendar_month == first.calendar_month.next()
    assert await shares_of(second) == {LineKind.REFUNDS: (-500, -150, -350)}
    assert (second.opening, second.net, second.transferred) == (first.closing, -350, -350)
    await require_true_books(services)


async def test_what_a_bank_takes_stands_in_its_own_line(services: Services, market: Market) -> None:
    sold = await sell(services, market)
    await let_bank_take(services, sold.id)
    await work_off(services)

    statement = await make_statement(services, market.creator)

    assert await shares_of(statement) == {
        LineKind.SALES: (999, 299, 700),
        LineKind.DISPUTES: (-999, -299, -700),
    }
    creator = await creator_of(market.creator)
    owed = await get_cents(creator_payable(creator)) + await get_cents(creator_receivable(creator))
    assert statement.closing == owed


async def test_what_is_booked_late_for_a_closed_month_stands_on_the_next_statement(
    services: Services, market: Market, engines: Engines
) -> None:
    await sell(services, market)
    first = await make_statement(services, market.creator)
    await buy(services, await another_agent(services, market), "key-2")
    async with unguarded(engines) as connection:
        await connection.execute(
            "UPDATE ledger_transaction SET business_at = $1::timestamptz"
            " WHERE business_at > $1::timestamptz + interval '1 hour'",
            first.calendar_month.end - timedelta(hours=1),
        )
    next_month()

    await make_due_statements(services)

    [same, second] = await statements_of(market.creator)
    assert same == first
    assert await shares_of(second) == {LineKind.SALES: (500, 150, 350)}


async def test_months_wait_until_the_details_are_there(services: Services, market: Market) -> None:
    await sell(services, market)
    next_month()
    await buy(services, await another_agent(services, market), "key-2")
    next_month()
    await make_due_statements(services)
    none = await statements_of(market.creator)

    await tell_legal_details(market.creator)
    await make_due_statements(services)

    assert none == []
    made = await statements_of(market.creator)
    assert [(each.place, each.net) for each in made] == [(1, 700), (2, 350)]
    assert (await mails_to(market.creator.email)).count("STATEMENT_READY") == 2


async def test_a_month_without_movement_has_none(services: Services, market: Market) -> None:
    await sell(services, market)
    await make_statement(services, market.creator)
    next_month()
    next_month()

    await make_due_statements(services)

    assert len(await statements_of(market.creator)) == 1


async def test_the_running_month_has_none(services: Services, market: Market) -> None:
    await sell(services, market)
    await tell_legal_details(market.creator)

    await make_due_statements(services)

    assert await statements_of(market.creator) == []
    due_at = await db.fetch_value("SELECT due_at FROM creator_legal_details")
    assert due_at == month_of(business_now()).end + timedelta(hours=6)


async def test_many_workers_make_it_once(services: Services, market: Market) -> None:
    await sell(services, market)
    await tell_legal_details(market.creator)
    next_month()

    await asyncio.gather(*(make_due_statements(services) for _ in range(4)))

    assert len(await statements_of(market.creator)) == 1
    assert await count("outbox_mail", "kind = 'STATEMENT_READY'") == 1


async def test_numbers_have_no_gaps_and_each_creator_a_series(
    services: Services, market: Market
) -> None:
    other, _ = await make_creator(services, "second")
    agent = await another_agent(services, Market(other, market.agent, market.buyer))
    for sold in (market, agent):
        await buy(services, sold, f"key {sold.agent.slug}")
        await tell_legal_details(sold.creator)
    next_month()

    await make_due_statements(services)

    made = [each for person in (market.creator, other) for each in await statements_of(person)]
    assert sorted(each.number for each in made) == ["SB-00001-0001", "SB-00002-0001"]


async def test_a_poison_creator_waits_and_its_neighbour_has_its_statement(
    services: Services, market: Market, engines: Engines
) -> None:
    other, _ = await make_creator(services, "second")
    sold = await another_agent(services, Market(other, market.agent, market.buyer))
    for each in (market, sold):
        await buy(services, each, f"key {each.agent.slug}")
        await tell_legal_details(each.creator)
    poisoned = await creator_of(market.creator)
    await put("creator_legal_details", "legal_name", "poison", "creator = $2", poisoned)
    next_month()

    async with refusing(engines, "self_billing_statement", "supplier_name <> 'poison'"):
        await make_due_statements(services)
    waiting = await db.find_one(Waiting, _WAITING, poisoned)
    await put("creator_legal_details", "next_attempt_at", system_now())
    neighbour = await statements_of(other)
    before = await statements_of(market.creator)
    await make_due_statements(services)

    assert waiting is not None
    assert (waiting.last_error, waiting.attempts) == ("CheckViolationError", 1)
    assert waiting.next_attempt_at > system_now()
    assert (before, len(neighbour)) == ([], 1)
    assert len(await statements_of(market.creator)) == 1
    assert await statements_of(other) == neighbour


@dataclass(frozen=True)
class Waiting:
    last_error: str | None
    attempts: int
    next_attempt_at: datetime


_WAITING = """
    SELECT last_error, attempts, next_attempt_at FROM creator_legal_details WHERE creator = $1
"""


@asynccontextmanager
async def refusing(engines: Engines, table: str, rule: str) -> AsyncIterator[None]:
    """While the database takes no row that breaks a rule."""
    connection = await asyncpg.connect(engines.postgres_url)
    await connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_poison CHECK ({rule})")
    try:
        yield
    finally:
        await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_poison")
        await connection.close()


async def test_nothing_is_made_out_by_a_company_without_a_name(
    services: Services, market: Market
) -> None:
    await sell(services, market)
    await tell_legal_details(market.creator)
    next_month()

    await make_due_statements(with_settings(services, company=Company()))
    none = await statements_of(market.creator)
    await make_due_statements(services)

    assert none == []
    assert len(await statements_of(market.creator)) == 1


async def test_a_statement_cannot_be_changed(services: Services, market: Market) -> None:
    await sell(services, market)
    await make_statement(services, market.creator)

    for sql in FORBIDDEN:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute(sql)


FORBIDDEN = (
    "DELETE FROM self_billing_statement",
    "UPDATE self_billing_statement SET net = net + 1, closing = closing + 1",
    "DELETE FROM self_billing_line",
    "UPDATE self_billing_line SET transactions = 9",
)


TAMPERED = [
    "UPDATE self_billing_statement SET net = net + 1, closing = closing + 1 WHERE place = 1",
    "UPDATE self_billing_statement SET transferred = 0, closing = opening + net WHERE place = 1",
    "UPDATE self_billing_statement SET opening = 1, closing = closing + 1 WHERE place = 2",
    "UPDATE self_billing_statement SET place = 3 WHERE place = 2",
    "UPDATE self_billing_line SET share = share + 1, fee = fee - 1",
    "DELETE FROM self_billing_line",
    "DELETE FROM self_billing_statement WHERE place = 1",
]


@pytest.mark.parametrize("tampering", TAMPERED, ids=[f"tampering {n}" for n in range(7)])
async def test_a_statement_that_is_not_that_of_the_books_is_reported(
    services: Services, market: Market, engines: Engines, tampering: str
) -> None:
    await sell(services, market)
    await make_statement(services, market.creator)
    await buy(services, await another_agent(services, market), "key-2")
    next_month()
    await make_due_statements(services)
    honest = await violated()

    async with unguarded(engines) as connection:
        await connection.execute(tampering)

    assert "I19" not in honest
    assert "I19" in await violated()
