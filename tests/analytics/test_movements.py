"""Movements of MRR: when they are written, once, and what they say."""

from chenu.analytics.model import MovementKind
from chenu.analytics.movements import list_account_movements, record_movement
from chenu.analytics.rollup import get_mrr_on, list_month_movements
from chenu.core.clock import business_now
from chenu.core.months import month_of
from chenu.core.paging import PageRequest
from chenu.flows.invariants import check_books
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import advance, change, open_paid_plan
from tests.people import Person
from tests.stripe_side import StripeSide


async def moved(person: Person) -> list[tuple[MovementKind, int, int]]:
    assert person.actor.account_id is not None
    page = await list_account_movements(person.actor.account_id, PageRequest(50))
    return [(row.kind, row.mrr_before, row.mrr_after) for row in reversed(page.rows)]


async def require_true_books() -> None:
    assert [found for found in await check_books() if not found.ok] == []


async def test_a_plan_that_is_paid_upgraded_and_ended_moves_three_times(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    person = await open_paid_plan(services)
    await change(services, person.actor, TierCode.PRO)

    assert await moved(person) == [
        (MovementKind.NEW, 0, 900),
        (MovementKind.EXPANSION, 900, 2900),
    ]
    month = month_of(business_now())
    [found] = await list_month_movements(month, month)
    assert (found.opening, found.new, found.expansion, found.closing) == (0, 900, 2000, 2900)
    assert (await get_mrr_on(business_now().date())).customers == 1
    await require_true_books()


async def test_without_a_change_nothing_is_recorded(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    person = await open_paid_plan(services)
    await advance(services, 31)
    assert person.actor.account_id is not None

    await record_movement(person.actor.account_id)

    assert await moved(person) == [(MovementKind.NEW, 0, 900)]
    await require_true_books()
