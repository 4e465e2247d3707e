"""What must hold between history, movements and sums: seen when it does not, and repaired."""

from pathlib import Path

import asyncpg
import pytest

from chenu.accounts.actor import Staff
from chenu.analytics.rebuild import compare_revenue, rebuild_revenue
from chenu.billing.contracts import list_contracts
from chenu.flows.invariants import check_books
from chenu.flows.services import Services
from chenu.flows.subscriptions.contracts import enter_contract
from tests.conftest import Engines
from tests.contracts import contract_of_days
from tests.flows.plans import advance, complete, open_plans, start
from tests.people import Person, make_person
from tests.rows import count, fingerprint, unguarded
from tests.stripe_side import StripeSide

BACKFILL = Path(__file__).parents[2] / "migrations" / "sql" / "recurring_backfill.sql"


async def violated() -> list[str]:
    return [found.name for found in await check_books() if not found.ok]


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    """Pays for STARTER after a trial, and has a contract beside it."""
    await stripe_side.reset()
    zoe = await open_plans(services)
    await complete(services, await start(services, zoe.actor, trial=True))
    await advance(services, 15)
    assert zoe.actor.account_id is not None
    finance = await make_person("fin", staff=(Staff.FINANCE,))
    await enter_contract(finance.actor, zoe.actor.account_id, contract_of_days(0, 30))
    assert await violated() == []
    return zoe


TAMPERINGS = {
    "a movement that begins elsewhere": (
        "UPDATE mrr_movement SET mrr_before = 1, gross_before = 1 WHERE kind = 'EXPANSION'",
        {"I20", "I20d", "I20m"},
    ),
    "a kind that it is not": (
        "UPDATE mrr_movement SET kind = 'REACTIVATION' WHERE kind = 'NEW'",
        {"I20", "I20d"},
    ),
    "a cohort that it is not of": (
        "UPDATE mrr_movement SET cohort = '2020-01-01'",
        {"I20", "I20d"},
    ),
    "a movement of another month": (
        "UPDATE mrr_movement SET moved_at = moved_at - interval '40 days' WHERE kind = 'NEW'",
        {"I20", "I20d", "I20m"},
    ),
    "a movement that is missing": (
        "DELETE FROM mrr_movement WHERE kind = 'EXPANSION'",
        {"I20s", "I20d", "I20m"},
    ),
    "a state that is missing": (
        "DELETE FROM recurring_state WHERE kind = 'CONTRACT'",
        {"I20s", "I20t"},
    ),
    "a price that changed unseen": ("UPDATE subscription SET price = 901", {"I20s"}),
    "a contract that ended unseen": (
        "UPDATE enterprise_contract SET amount = amount + 1",
        {"I20s"},
    ),
    "MRR that is not that of the price": (
        "UPDATE recurring_state SET mrr_gross = mrr_gross + 1 WHERE mrr > 0",
        {"I20s"},
    ),
    "a tier that was reached unseen": ("DELETE FROM tier_reached WHERE tier = 'PRO'", {"I20t"}),
    "a day's sum": ("UPDATE revenue_day SET new_mrr = new_mrr + 1", {"I20d", "I20m"}),
    "a day's trials": ("UPDATE revenue_day SET trials_started = 9", {"I20d"}),
    "a day that is missing": ("DELETE FROM revenue_day", {"I20d", "I20m"}),
    "a cohort's sum": ("UPDATE revenue_cohort SET customer_change = 5", {"I20d"}),
}


@pytest.mark.parametrize(("tampering", "names"), TAMPERINGS.values(), ids=TAMPERINGS)
async def test_a_violation_is_reported(
    services: Services, engines: Engines, person: Person, tampering: str, names: set[str]
) -> None:
    async with unguarded(engines) as connection:
        await connection.execute(tampering)

    assert names <= set(await violated())


DERIVED = [each for each in TAMPERINGS if "unseen" not in each and "state" not in each]


@pytest.mark.parametrize("name", [each for each in DERIVED if "price" not in each])
async def test_what_is_derived_is_compared_and_repaired(
    services: Services, engines: Engines, person: Person, name: str
) -> None:
    assert (await compare_revenue()).agrees
    async with unguarded(engines) as connection:
        await connection.execute(TAMPERINGS[name][0])

    found = await compare_revenue()
    replaced = await rebuild_revenue()

    assert 0 < found.differences == replaced.differences
    assert found.named
    assert (await compare_revenue()).agrees
    assert await violated() == []


async def test_rebuilding_what_agrees_leaves_the_rows_as_they_are(
    services: Services, person: Person
) -> None:
    before = await fingerprint()

    assert (await rebuild_revenue()).agrees

    after = await fingerprint()
    assert after.keys() == before.keys()
    assert {name for name in before if before[name] != after[name]} <= {"revenue_cohort"}


async def test_the_history_of_before_is_made_from_the_rows_there_are(
    services: Services, engines: Engines, person: Person
) -> None:
    async with unguarded(engines) as connection:
        for table in ("recurring_state", "mrr_movement", "revenue_day", "revenue_cohort"):
            await connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        await connection.execute("SET session_replication_role = origin")
        async with connection.transaction():
            await connection.execute(BACKFILL.read_text())

    assert await violated() == []
    assert (await compare_revenue()).agrees
    assert await count("mrr_movement", "kind = 'NEW'") == 1
    assert await count("revenue_day", "trials_started + trials_converted > 0") == 2
    assert person.actor.account_id is not None
    assert len(await list_contracts(person.actor.account_id)) == 1


async def test_movements_and_history_refuse_to_be_changed(
    services: Services, engines: Engines, person: Person
) -> None:
    connection = await asyncpg.connect(engines.postgres_url)
    try:
        for sql in (
            "UPDATE mrr_movement SET mrr_after = 1",
            "DELETE FROM mrr_movement",
            "UPDATE recurring_state SET mrr = 1",
            "DELETE FROM recurring_state",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(sql)
    finally:
        await connection.close()
