"""Subscriptions that are older than their history get what the mirror knows of it."""

from pathlib import Path

from chenu.accounts.actor import AccountId
from chenu.analytics.movements import list_account_movements
from chenu.core.paging import PageRequest
from chenu.flows.invariants import check_books
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.conftest import Engines
from tests.flows.plans import change, open_paid_plan
from tests.rows import unguarded
from tests.stripe_side import StripeSide

BACKFILL = Path(__file__).parents[2] / "migrations" / "sql" / "recurring_backfill.sql"
DERIVED = ("mrr_movement", "revenue_day", "revenue_cohort", "recurring_state")


async def forget_and_fill(engines: Engines) -> None:
    async with unguarded(engines) as connection:
        for table in DERIVED:
            await connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        await connection.execute("SET session_replication_role = origin")
        async with connection.transaction():
            await connection.execute(BACKFILL.read_text())


async def moved(account_id: AccountId | None) -> list[tuple[str, int, int]]:
    assert account_id is not None
    page = await list_account_movements(account_id, PageRequest(50))
    return [(row.kind, row.mrr_before, row.mrr_after) for row in reversed(page.rows)]


async def test_a_live_plan_has_begun_with_what_it_is_now(
    services: Services, engines: Engines, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    person = await open_paid_plan(services)
    await change(services, person.actor, TierCode.PRO)

    await forget_and_fill(engines)

    assert await moved(person.actor.account_id) == [("NEW", 0, 2900)]
    assert [found for found in await check_books() if not found.ok] == []


async def test_what_is_recorded_already_stays(
    services: Services, engines: Engines, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    person = await open_paid_plan(services)
    await change(services, person.actor, TierCode.PRO)
    before = await moved(person.actor.account_id)

    async with unguarded(engines) as connection, connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = origin")
        await connection.execute(BACKFILL.read_text())

    assert await moved(person.actor.account_id) == before
    assert [found for found in await check_books() if not found.ok] == []
