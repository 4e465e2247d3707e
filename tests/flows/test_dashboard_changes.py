"""What somebody does to a plan in Stripe's dashboard is followed, by webhooks or by polling."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.billing.recurring import SubscriptionStatus
from chenu.billing.subscriptions import SubscriptionRow
from chenu.flows.composition import EVENTS
from chenu.flows.events.handling import handle_event
from chenu.flows.services import Services
from chenu.flows.subscriptions.changes import resume_plan
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import advance, catch_up, complete, open_paid_plan, plan_of, start, tier_of
from tests.flows.sales import work_off
from tests.flows.test_plans import require_true_books
from tests.people import Person
from tests.rows import count
from tests.stripe_side import Json, StripeSide

KNOWN = {event_type.name for event_type in EVENTS}


@dataclass
class Dashboard:
    """Somebody who changes things at Stripe, and how we hear of it."""

    services: Services
    stripe: StripeSide
    person: Person
    how: str

    async def plan(self) -> SubscriptionRow:
        plan = await plan_of(self.person)
        assert plan is not None
        return plan

    async def subscription(self) -> Json:
        return await self.stripe.get(await self.url())

    async def url(self) -> str:
        return f"/v1/subscriptions/{(await self.plan()).stripe_subscription_id}"

    async def change(self, **form: str) -> None:
        await self.stripe.change(await self.url(), **form)
        await self.hear()

    async def hear(self) -> None:
        """Webhooks come in any order, some twice; where they are lost, polling finds all."""
        if self.how == "polling":
            await catch_up(self.services)
            return
        found = await self.stripe.list_all("/v1/events")
        events = [event for event in found if event["type"] in KNOWN]
        events += events[:3]
        random.Random(7).shuffle(events)
        for event in events:
            summary = EventSummary(
                event["id"],
                event["type"],
                event["data"]["object"].get("id", ""),
                None,
                datetime.fromtimestamp(event["created"], UTC),
            )
            await inbox.store_event(summary, EventSource.WEBHOOK)
            await handle_event(self.services, event["id"])
        await work_off(self.services)


@pytest.fixture(params=["webhooks", "polling"])
async def dashboard(
    request: pytest.FixtureRequest, services: Services, stripe_side: StripeSide
) -> Dashboard:
    """Beside a customer who pays for STARTER by the month."""
    await stripe_side.reset()
    person = await open_paid_plan(services)
    return Dashboard(services, stripe_side, person, request.param)


async def test_another_price_is_another_tier(dashboard: Dashboard) -> None:
    found = await dashboard.stripe.list_all("/v1/prices", **{"lookup_keys[0]": "plan_pro_year_eur"})
    item = (await dashboard.subscription())["items"]["data"][0]["id"]

    await dashboard.change(**{"items[0][id]": item, "items[0][price]": found[0]["id"]})

    plan = await dashboard.plan()
    assert (plan.item, plan.billing_interval, plan.price) == ("PRO", "YEAR", 29000)
    assert await tier_of(dashboard.person) == "PRO"


@pytest.mark.parametrize("product", ["product_of_old", "agent_0190163d8694739b8a1a5f5c6a7d9e11"])
async def test_a_price_that_is_no_plan_s_leaves_the_tier_until_its_end(
    dashboard: Dashboard, product: str
) -> None:
    await dashboard.stripe.change("/v1/products", id=product, name="Of old")
    form = {"product": product, "currency": "eur", "unit_amount": "500"}
    price = await dashboard.stripe.change("/v1/prices", **form, **{"recurring[interval]": "month"})
    item = (await dashboard.subscription())["items"]["data"][0]["id"]

    await dashboard.change(**{"items[0][id]": item, "items[0][price]": price["id"]})
    changed = await dashboard.plan()
    await dashboard.stripe.delete(await dashboard.url())
    await dashboard.hear()

    assert (changed.item, changed.price, changed.gives_access) == ("STARTER", 500, True)
    assert (await dashboard.plan()).status is SubscriptionStatus.CANCELED
    assert await tier_of(dashboard.person) == "FREE"


async def test_paused_collection_takes_access_and_gives_it_back(dashboard: Dashboard) -> None:
    await dashboard.change(**{"pause_collection[behavior]": "void"})
    paused = await dashboard.plan()
    tier_paused = await tier_of(dashboard.person)

    await dashboard.change(pause_collection="")

    assert (paused.status, paused.gives_access, tier_paused) == ("ACTIVE", False, "FREE")
    assert (await dashboard.plan()).gives_access
    assert await tier_of(dashboard.person) == "STARTER"
    await require_true_books(dashboard.services)


async def test_a_period_that_began_while_paused_is_not_charged(dashboard: Dashboard) -> None:
    await dashboard.change(**{"pause_collection[behavior]": "void"})

    await advance(dashboard.services, 31.1)

    assert await tier_of(dashboard.person) == "FREE"
    assert await count("invoice_payment") == 1
    assert await count("invoice", "status = 'VOID'") == 1
    await require_true_books(dashboard.services)


async def test_an_end_at_once_is_an_end(dashboard: Dashboard) -> None:
    await dashboard.stripe.delete(await dashboard.url())
    await dashboard.hear()

    assert (await dashboard.plan()).status is SubscriptionStatus.CANCELED
    assert await tier_of(dashboard.person) == "FREE"
    again = await start(dashboard.services, dashboard.person.actor, TierCode.PRO, key="again")
    await complete(dashboard.services, again)
    assert await tier_of(dashboard.person) == "PRO"


async def test_an_end_of_the_period_is_shown_and_can_be_undone_by_the_customer(
    dashboard: Dashboard,
) -> None:
    await dashboard.change(cancel_at_period_end="true")
    ending = await dashboard.plan()

    resumed = await resume_plan(dashboard.services, dashboard.person.actor)

    assert (ending.cancel_at_period_end, resumed.cancel_at_period_end) == (True, False)
    assert await tier_of(dashboard.person) == "STARTER"


async def test_what_was_cancelled_and_resumed_there_is_renewed(dashboard: Dashboard) -> None:
    await dashboard.change(cancel_at_period_end="true")
    await dashboard.change(cancel_at_period_end="false")

    await advance(dashboard.services, 31.1)

    assert await tier_of(dashboard.person) == "STARTER"
    assert await count("invoice_payment") == 2


async def test_a_day_on_which_it_ends_is_followed(dashboard: Dashboard) -> None:
    plan = await dashboard.plan()

    await dashboard.change(cancel_at=str(int(plan.period_end.timestamp())))
    shown = (await dashboard.plan()).cancel_at_period_end
    await advance(dashboard.services, 31.1)

    assert shown
    assert await tier_of(dashboard.person) == "FREE"
    assert await count("invoice_payment") == 1


async def test_money_given_back_is_not_booked_twice_and_the_plan_goes_on(
    dashboard: Dashboard,
) -> None:
    [charge] = await dashboard.stripe.list_all("/v1/charges")

    await dashboard.stripe.change("/v1/refunds", charge=charge["id"])
    await dashboard.hear()

    assert await tier_of(dashboard.person) == "STARTER"
    assert await count("invoice_payment", "gross = 900") == 1
    assert await count("ledger_transaction", "kind = 'PLAN_PAYMENT'") == 1


async def test_a_deleted_customer_has_no_plan_and_can_start_another(dashboard: Dashboard) -> None:
    subscription = await dashboard.subscription()

    await dashboard.stripe.delete(f"/v1/customers/{subscription['customer']}")
    for _ in range(2):
        await dashboard.hear()

    assert (await dashboard.plan()).status is SubscriptionStatus.CANCELED
    assert await tier_of(dashboard.person) == "FREE"
    again = await start(dashboard.services, dashboard.person.actor, TierCode.PRO, key="again")
    await complete(dashboard.services, again)
    assert await tier_of(dashboard.person) == "PRO"


@pytest.mark.parametrize(
    ("what", "status", "tier"),
    [("void", "VOID", "STARTER"), ("mark_uncollectible", "UNCOLLECTIBLE", "STARTER")],
)
async def test_an_open_invoice_that_is_dropped_is_shown_as_that(
    dashboard: Dashboard, what: str, status: str, tier: str
) -> None:
    customer = (await dashboard.subscription())["customer"]
    card = await dashboard.stripe.save_card(customer, "pm_card_chargeCustomerFail")
    await dashboard.change(default_payment_method=card)
    await advance(dashboard.services, 31.1)
    [invoice] = await dashboard.stripe.list_all("/v1/invoices", status="open")

    await dashboard.stripe.change(f"/v1/invoices/{invoice['id']}/{what}")
    await dashboard.hear()

    assert await count("invoice", "status = $1", status) == 1
    assert await tier_of(dashboard.person) == tier
    await require_true_books(dashboard.services)


async def test_a_late_update_after_the_end_revives_nothing(dashboard: Dashboard) -> None:
    await dashboard.change(cancel_at_period_end="true")
    kind = "customer.subscription.updated"
    [updated, *_] = await dashboard.stripe.list_all("/v1/events", type=kind)
    await dashboard.stripe.delete(await dashboard.url())
    await dashboard.hear()

    stripe_id = updated["data"]["object"]["id"]
    late = EventSummary("evt_late", kind, stripe_id, None, datetime.now(UTC))
    await inbox.store_event(late, EventSource.WEBHOOK)
    await handle_event(dashboard.services, "evt_late")

    assert (await dashboard.plan()).status is SubscriptionStatus.CANCELED
    assert await tier_of(dashboard.person) == "FREE"
