"""A month's statement adds up with its entries, whatever used the tokens."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from chenu.core import db
from chenu.core.clock import CLOCK, business_now
from chenu.core.errors import Invalid
from chenu.core.ids import new_id
from chenu.core.months import Month, month_of, read_month
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu.tokens.grants import GrantKind
from chenu.tokens.statement import (
    find_first_month,
    get_statement,
    list_recent,
    list_statement,
)
from chenu.tokens.wallet import EntryKind, TokenPool, get_wallet
from tests.conftest import Engines
from tests.people import Person, make_person
from tests.rows import unguarded
from tests.storefront.token_lives import account_of, give, give_budget, owe, reserve, run

AGENT, OTHER = new_id(), new_id()


async def now_month() -> Month:
    return month_of(await db.fetch_value("SELECT max(created_at) FROM token_entry"))


@pytest.fixture
async def person(services: Services) -> Person:
    """Somebody with a budget, a pack, free tries, and runs of two agents."""
    person = await make_person("zoe")
    await give_budget(person, 500)
    await give(person, 1_000)
    await give(person, 150, GrantKind.PROMOTION, agent_id=AGENT)
    await run(person, 200, AGENT)
    await run(person, 300, OTHER, most=400)
    await run(person, 40)
    await reserve(person, 25, OTHER)
    return person


async def test_the_sums_lead_from_the_beginning_to_the_wallet(person: Person) -> None:
    found = await get_statement(account_of(person), await now_month())

    wallet = await get_wallet(account_of(person))
    parts = found.received - found.spent - found.reserved - found.expired - found.revoked
    assert found.opening + parts + found.corrected == found.closing == wallet.available
    assert (found.received, found.spent, found.reserved) == (1_500, 390, 25)


async def test_agents_and_days_add_up_to_what_was_used(person: Person) -> None:
    found = await get_statement(account_of(person), await now_month())

    assert {use.agent_id: use.used for use in found.by_agent} == {OTHER: 300, AGENT: 200, None: 40}
    assert [use.used for use in found.by_agent] == [300, 200, 40]
    assert sum(use.used for use in found.by_agent) == found.used == 540
    assert sum(use.used for use in found.by_day) == found.used
    assert sum(use.entries for use in found.by_agent) == found.used_entries
    assert found.used_free == 150


async def test_the_sums_are_those_of_the_entries(person: Person) -> None:
    month = await now_month()
    found = await get_statement(account_of(person), month)

    entries = (await list_statement(account_of(person), month, PageRequest(100))).rows
    of_wallet = [entry for entry in entries if entry.is_of_wallet]
    assert found.opening + sum(entry.amount for entry in of_wallet) == found.closing
    assert of_wallet[0].balance_after == found.closing
    spent = [entry for entry in entries if entry.kind is EntryKind.SPEND]
    assert -sum(entry.amount for entry in spent) == found.used


async def test_every_entry_says_which_grant_paid_it(person: Person) -> None:
    entries = await list_statement(account_of(person), await now_month(), PageRequest(100))

    paid = {
        (entry.agent_id, entry.grant_kind): -entry.amount
        for entry in entries.rows
        if entry.kind is EntryKind.SPEND
    }
    assert paid == {
        (AGENT, GrantKind.PROMOTION): 150,
        (AGENT, GrantKind.MONTHLY): 50,
        (OTHER, GrantKind.MONTHLY): 300,
        (None, GrantKind.MONTHLY): 40,
    }


async def test_a_month_begins_with_what_the_last_one_left(services: Services) -> None:
    person = await make_person("zoe")
    await give(person, 1_000)
    await run(person, 100, AGENT)
    month = await now_month()
    CLOCK.move_to_offset(CLOCK.offset + timedelta(days=31))
    await run(person, 10, AGENT)

    last = await get_statement(account_of(person), month)
    found = await get_statement(account_of(person), month_of(business_now()))

    assert month < found.month
    assert (last.opening, last.closing, last.used) == (0, 900, 100)
    assert (found.opening, found.received, found.spent, found.closing) == (900, 0, 10, 890)
    assert await find_first_month(account_of(person)) == month


async def test_a_debt_is_part_of_the_balance(services: Services) -> None:
    person = await make_person("debtor")
    await owe(person, 1_000)
    await give(person, 300)

    found = await get_statement(account_of(person), await now_month())

    assert (found.revoked, found.corrected, found.closing) == (1_000, 0, -700)


async def test_an_unlimited_plan_pays_beside_the_wallet(services: Services) -> None:
    person = await make_person("rich", TierCode.ENTERPRISE)
    await run(person, 12_345, AGENT)

    month = await now_month()
    found = await get_statement(account_of(person), month)

    assert (found.used, found.used_unlimited, found.closing) == (12_345, 12_345, 0)
    [entry] = (await list_statement(account_of(person), month, PageRequest(10))).rows
    assert (entry.pool, entry.grant_id) == (TokenPool.UNLIMITED, None)


async def test_nothing_of_others_is_in_it(person: Person) -> None:
    stranger = await make_person("stranger")

    month = await now_month()
    found = await get_statement(account_of(stranger), month)

    assert (found.opening, found.used, found.closing) == (0, 0, 0)
    assert (await list_statement(account_of(stranger), month, PageRequest(10))).rows == []
    assert await list_recent(account_of(stranger), limit=10) == []
    assert await find_first_month(account_of(stranger)) is None


async def test_what_was_only_reserved_is_not_recent(person: Person) -> None:
    recent = await list_recent(account_of(person), limit=10)

    assert {entry.kind for entry in recent} == {EntryKind.GRANT, EntryKind.SPEND}
    assert recent == sorted(recent, key=lambda entry: entry.id, reverse=True)


async def test_the_list_is_paged_by_key(person: Person) -> None:
    month = await now_month()
    whole = (await list_statement(account_of(person), month, PageRequest(100))).rows

    seen: list[UUID] = []
    page = await list_statement(account_of(person), month, PageRequest(4))
    seen += [entry.id for entry in page.rows]
    while page.has_next:
        await run(person, 1, AGENT)  # what is new shifts nothing
        key = (page.rows[-1].created_at.isoformat(), str(seen[-1]))
        page = await list_statement(account_of(person), month, PageRequest(4, key))
        seen += [entry.id for entry in page.rows]

    assert seen == [entry.id for entry in whole]


async def test_the_opening_is_the_balance_after_the_last_booking_before_the_month(
    person: Person, engines: Engines
) -> None:
    """Of two concurrent spends the one asked for first may be booked last."""
    month, account_id = await now_month(), account_of(person)
    await run(person, 1, AGENT)
    last = await db.fetch_value("SELECT max(id::text)::uuid FROM token_entry")
    closing = (await get_statement(account_id, month)).closing
    sql = """
        UPDATE token_entry SET created_at = (SELECT min(created_at) FROM token_entry) WHERE id = $1
    """
    async with unguarded(engines) as connection:
        await connection.execute(sql, last)

    following = await get_statement(account_id, month.next())

    assert following.opening == following.closing == closing


@pytest.mark.parametrize(
    ("month", "following"),
    [(Month(2026, 1), Month(2026, 2)), (Month(2026, 12), Month(2027, 1))],
    ids=str,
)
def test_months_follow_each_other(month: Month, following: Month) -> None:
    assert month.next() == following
    assert following.previous() == month
    assert month.end == following.start
    assert month.first_day == date(month.year, month.month, 1)


def test_a_month_is_read_as_it_is_written() -> None:
    assert read_month("2026-11") == Month(2026, 11)
    assert str(Month(2026, 3)) == "2026-03"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-13",
        "2026-00",
        "26-11",
        "2026-1",
        "1999-12",
        "3000-01",
        "2026-11-1",
        "²026-11",
    ],
)
def test_another_text_is_no_month(text: str) -> None:
    with pytest.raises(Invalid) as raised:
        read_month(text)

    assert raised.value.path == ("month",)
