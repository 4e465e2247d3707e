"""Movements of MRR: when they are written, once, and what they say."""

from msgspec.structs import replace

from chenu.analytics.model import MovementKind
from chenu.analytics.movements import list_account_movements, record_movement
from chenu.analytics.rollup import get_mrr_on, list_month_movements
from chenu.core.clock import business_now
from chenu.core.months import month_of
from chenu.core.paging import PageRequest
from chenu.flows.invariants import check_books
from chenu.flows.services import Services
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan
from chenu.tiers.catalogue import TierCode
from tests.conftest import with_settings
from tests.flows.plans import advance, catch_up, change, open_paid_plan, open_plans, start
from tests.flows.test_stripe_tax import pay_from
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

    upgraded = await get_mrr_on(business_now().date())
    await cancel_plan(services, person.actor, CancelInput(at_period_end=False), "cancel-1")
    await catch_up(services)

    assert await moved(person) == [
        (MovementKind.NEW, 0, 900),
        (MovementKind.EXPANSION, 900, 2900),
        (MovementKind.CHURN, 2900, 0),
    ]
    month = month_of(business_now())
    [found] = await list_month_movements(month, month)
    assert (found.opening, found.new, found.expansion, found.churn) == (0, 900, 2000, 2900)
    assert (found.closing, found.closing_customers, found.churned_customers) == (0, 0, 1)
    assert (upgraded.mrr, upgraded.customers) == (2900, 1)
    await require_true_books()


async def test_without_a_change_nothing_is_recorded(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    person = await open_paid_plan(services)
    await advance(services, 31.1)
    assert person.actor.account_id is not None

    await record_movement(person.actor.account_id)

    assert await moved(person) == [(MovementKind.NEW, 0, 900)]
    await require_true_books()


async def test_vat_is_no_mrr_and_its_rounding_no_movement(
    services: Services, stripe_side: StripeSide
) -> None:
    """2900 with a sixth of it VAT: 2417. Later invoices are of the same rate."""
    await stripe_side.reset()
    taxed = with_settings(services, stripe=replace(services.settings.stripe, automatic_tax=True))
    person = await open_plans(taxed)
    order = await start(taxed, person.actor, TierCode.PRO)
    await pay_from(order.checkout_url, "FR")
    await catch_up(taxed)
    await advance(taxed, 10)
    await change(taxed, person.actor, TierCode.BUSINESS)
    await advance(taxed, 31)

    assert await moved(person) == [
        (MovementKind.NEW, 0, 2417),
        (MovementKind.EXPANSION, 2417, 8251),
    ]
    await require_true_books()
