"""Plans for tests: what bootstrap-stripe makes, pages completed, time moved on both sides."""

from datetime import datetime, timedelta

import httpx

from chenu.accounts.actor import Actor
from chenu.billing.recurring import BillingInterval
from chenu.billing.stripe_catalogue import StripeCatalogue
from chenu.billing.subscription_orders import OrderRow
from chenu.billing.subscriptions import SubscriptionRow, find_plan
from chenu.core import db
from chenu.core.clock import CLOCK, business_now, system_now
from chenu.flows.events.polling import poll_events
from chenu.flows.mirrors.bootstrap import prices, products
from chenu.flows.services import Services
from chenu.flows.subscriptions.change import ChangeInput, change_plan
from chenu.flows.subscriptions.start import StartInput, start_subscription
from chenu.flows.subscriptions.trial_reminders import send_due_reminders
from chenu.tiers.catalogue import TierCode
from tests.flows.sales import work_off
from tests.people import Person, make_person, pay
from tests.prepared import prepare
from tests.stripe_side import StripeSide

CARD = "4242424242424242"


async def open_plans(services: Services) -> Person:
    """Somebody on FREE, and the plans as products and prices at Stripe."""
    return await prepare(services, "plans", lambda: _build_plans(services))


async def _build_plans(services: Services) -> Person:
    await put_plans(services)
    return await make_person("zoe", TierCode.FREE)


async def open_paid_plan(
    services: Services,
    tier: TierCode = TierCode.STARTER,
    interval: BillingInterval = BillingInterval.MONTH,
    card: str = CARD,
) -> Person:
    """Somebody who has just paid for the plan with a card of Stripe's page."""

    async def build() -> Person:
        person = await open_plans(services)
        await complete(services, await start(services, person.actor, tier, interval), card)
        return person

    return await prepare(services, ("paid plan", tier, interval, card), build)


async def put_plans(services: Services, only: str = "plan_") -> None:
    """Makes products and prices at Stripe, as bootstrap-stripe does, whose id begins so."""
    catalogue = StripeCatalogue(services.settings.stripe)
    for product in products():
        if product.id.startswith(only):
            await catalogue.put_product(product)
    for price in prices():
        if price.product_id.startswith(only):
            await catalogue.put_price(price)
    await catalogue.close()


async def put_portal(services: Services) -> None:
    """The portal's configuration at Stripe, as bootstrap-stripe makes it."""
    catalogue = StripeCatalogue(services.settings.stripe)
    await catalogue.put_portal_configuration(services.settings.public_url)
    await catalogue.close()


async def start(
    services: Services,
    actor: Actor,
    tier: TierCode = TierCode.STARTER,
    interval: BillingInterval = BillingInterval.MONTH,
    *,
    trial: bool = False,
    key: str = "plan-1",
    coupon: str | None = None,
) -> OrderRow:
    request = StartInput(tier, interval, "fr", trial=trial, coupon_code=coupon)
    return await start_subscription(services, actor, request, key)


async def complete(services: Services, order: OrderRow, card: str = CARD) -> httpx.Response:
    """What Stripe's page answers; then everything that follows from it here."""
    assert order.checkout_url is not None
    answer = await pay(order.checkout_url, card)
    await catch_up(services)
    return answer


async def catch_up(services: Services) -> None:
    await poll_events(services)
    await work_off(services)
    await send_due_reminders(services)


async def advance(services: Services, days: float) -> None:
    """Stripe's clock and ours, then everything that follows.

    A month is 31.1 days at most: of 31, and the hour in which Stripe leaves an invoice a draft.
    """
    await move_clocks(services, days)
    await catch_up(services)


async def move_clocks(services: Services, days: float) -> None:
    """What follows is left to the caller: Stripe lists the events of 30 days alone."""
    base = services.settings.stripe.api_base
    async with httpx.AsyncClient(base_url=base or "", timeout=30) as http:
        seconds = int(timedelta(days=days).total_seconds())
        answer = await http.post("/_sandbox/clock", json={"advance": f"PT{seconds}S"})
        assert answer.status_code == 200, answer.text
    CLOCK.move_to_offset(CLOCK.offset + timedelta(days=days))


async def move_to(services: Services, moment: datetime) -> None:
    """Stripe's clock and ours, forwards only; then everything that follows."""
    moment = max(moment, business_now() + timedelta(seconds=1))
    base = services.settings.stripe.api_base
    async with httpx.AsyncClient(base_url=base or "", timeout=30) as http:
        answer = await http.post("/_sandbox/clock", json={"to": int(moment.timestamp())})
        assert answer.status_code == 200, answer.text
    CLOCK.move_to_offset(moment - system_now())
    await catch_up(services)


async def change(
    services: Services,
    actor: Actor,
    tier: TierCode,
    interval: BillingInterval = BillingInterval.MONTH,
    key: str = "change-1",
) -> SubscriptionRow:
    """Without a preview; then everything that follows."""
    plan = await change_plan(services, actor, ChangeInput(tier, interval), key)
    await catch_up(services)
    return plan


async def pay_with(stripe_side: StripeSide, plan: SubscriptionRow, method: str) -> None:
    """The plan's card is replaced by one of Stripe's test cards."""
    path = f"/v1/subscriptions/{plan.stripe_subscription_id}"
    subscription = await stripe_side.get(path)
    attached = await stripe_side.change(
        f"/v1/payment_methods/{method}/attach", customer=subscription["customer"]
    )
    await stripe_side.change(path, default_payment_method=attached["id"])


async def plan_of(person: Person) -> SubscriptionRow | None:
    assert person.actor.account_id is not None
    return await find_plan(person.actor.account_id)


async def tier_of(person: Person) -> str:
    sql = "SELECT tier FROM account WHERE id = $1"
    return str(await db.fetch_value(sql, person.actor.account_id))


async def give_card(url: str, number: str | None) -> str:
    """On Stripe's page of the card, or only looking at it; returns the URL that leads back."""
    async with httpx.AsyncClient() as http:
        page = await http.get(url)
    if number is not None:
        answer = await pay(url, number, action="card")
        assert answer.status_code in (303, 402), answer.text
    found = (each for each in page.text.split('"') if "/account/plan/card?before=" in each)
    return next(found)
