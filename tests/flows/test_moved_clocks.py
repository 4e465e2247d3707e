"""Both clocks behind or ahead of the wall: purchases, plans, repair and schedule go on as ever."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from chenu.agents.model import PurchaseStatus
from chenu.billing.recurring import SubscriptionStatus
from chenu.core import scheduled_tasks
from chenu.core.business_clock import begin_clock
from chenu.core.clock import business_now, system_now
from chenu.core.recurrence import Every
from chenu.flows.events.polling import poll_events
from chenu.flows.forgotten_pages import close_forgotten
from chenu.flows.invariants import check_everything
from chenu.flows.operations.repair import repair_due
from chenu.flows.services import Services
from chenu.jobs.purge import purge_all
from chenu.ledger.operations import KEY_LIFE
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import advance, complete, plan_of, put_plans, start, tier_of
from tests.flows.sales import Market, buy, open_market, open_page, pay_for, report, work_off
from tests.people import make_person
from tests.rows import count, put
from tests.stripe_side import StripeSide

EVER = datetime(2000, 1, 1, tzinfo=UTC)
SOON = timedelta(minutes=2)


@pytest.fixture(params=[-400, 30], ids=["400 days behind", "30 days ahead"])
async def moved(
    request: pytest.FixtureRequest, services: Services, stripe_side: StripeSide
) -> AsyncIterator[timedelta]:
    """The sandbox and business time begin so far from the wall's; both are set back at the end."""
    offset = timedelta(days=request.param)
    await stripe_side.reset(system_now() + offset)
    await begin_clock(offset)
    yield offset
    await stripe_side.reset()


@pytest.fixture
async def market(moved: timedelta, services: Services) -> Market:
    return await open_market(services)


async def require_true_books(services: Services) -> None:
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


async def test_an_agent_is_bought_and_its_creator_paid(
    services: Services, market: Market, moved: timedelta
) -> None:
    purchase = await buy(services, market)

    paid = (await report(services, purchase)).purchase
    assert paid.status == PurchaseStatus.PAID
    assert paid.paid_at is not None
    assert abs(paid.paid_at - system_now() - moved) < SOON
    assert await count("operation", "kind = 'TRANSFER' AND state = 'SETTLED'") == 1
    await require_true_books(services)


async def test_a_payment_page_lives_on_system_time(services: Services, market: Market) -> None:
    purchase = await open_page(services, market)

    assert purchase.checkout_expires_at is not None
    assert purchase.checkout_expires_at > system_now()
    await close_forgotten(services)
    assert (await report(services, purchase)).purchase.status == PurchaseStatus.PENDING


async def test_a_plan_starts_renews_and_is_booked(services: Services, moved: timedelta) -> None:
    await put_plans(services)
    person = await make_person("zoe", TierCode.FREE)
    await complete(services, await start(services, person.actor))
    assert await tier_of(person) == "STARTER"

    await advance(services, 32)

    plan = await plan_of(person)
    assert plan is not None
    assert plan.status is SubscriptionStatus.ACTIVE
    assert plan.period_end > business_now()
    assert await count("invoice", "status = 'PAID' AND total = 900") == 2
    await require_true_books(services)


async def test_a_trial_ends_without_a_card(services: Services, moved: timedelta) -> None:
    await put_plans(services)
    person = await make_person("zoe", TierCode.FREE)
    await complete(services, await start(services, person.actor, trial=True), "")
    assert await tier_of(person) == "STARTER"

    await advance(services, 15)

    assert await tier_of(person) == "FREE"
    await require_true_books(services)


@pytest.mark.parametrize("waited", [timedelta(hours=1), KEY_LIFE + timedelta(hours=2)], ids=str)
async def test_what_a_lost_answer_made_is_found_or_sent_again(
    services: Services, market: Market, stripe_side: StripeSide, waited: timedelta
) -> None:
    purchase = await open_page(services, market)
    await stripe_side.fail("disconnect_after", "/v1/transfers", method="POST", times=None)
    assert await pay_for(purchase) == 303
    await report(services, purchase)
    await work_off(services)
    assert await count("operation", "kind = 'TRANSFER' AND state = 'UNKNOWN'") == 1

    await stripe_side.heal()
    await advance(services, waited / timedelta(days=1))
    await put("operation", "next_check_at", system_now(), "state = 'UNKNOWN'")
    await repair_due(services)

    assert await count("operation", "kind = 'TRANSFER' AND state = 'SETTLED'") == 1
    assert len(await stripe_side.transfers_of(purchase.id)) == 1
    await require_true_books(services)


async def test_polling_finds_what_happened_since_the_last_poll(
    services: Services, market: Market
) -> None:
    await poll_events(services)
    purchase = await open_page(services, market)
    assert await pay_for(purchase) == 303

    assert await poll_events(services) > 0
    await work_off(services)

    assert (await report(services, purchase)).purchase.status == PurchaseStatus.PAID
    assert await count("event_cursor", "missed_seconds > 0") == 0


async def test_a_recurring_task_is_due_after_its_interval(
    services: Services, moved: timedelta
) -> None:
    await scheduled_tasks.add_missing({"soon": Every(timedelta(seconds=-1))})

    assert await scheduled_tasks.list_claimable() == ["soon"]


async def test_nothing_is_deleted_before_its_time(services: Services, market: Market) -> None:
    await buy(services, market)
    before = [await count(table) for table in ("stripe_event", "outbox_mail", "operation")]

    await purge_all()

    assert [await count(table) for table in ("stripe_event", "outbox_mail", "operation")] == before
