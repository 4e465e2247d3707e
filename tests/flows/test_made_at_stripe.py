"""What somebody sells to a customer of ours in Stripe's dashboard, past our pages."""

import pytest
from msgspec.structs import replace

from chenu.billing.live_gateway import LiveGateway
from chenu.billing.recurring import InvoiceState, SubscriptionKind
from chenu.billing.subscriptions import find_subscription_by_stripe_id
from chenu.flows.invariants import check_books, check_everything
from chenu.flows.services import Services
from chenu.flows.subscriptions.invoices import follow_invoice
from tests.conftest import with_gateway
from tests.flows.monthly import EVER, is_usable, payments_of, require_true_books
from tests.flows.plans import catch_up, open_paid_plan, plan_of, tier_of
from tests.flows.sales import open_monthly_market, pay_for, start_buying
from tests.people import pay
from tests.rows import count
from tests.stripe_side import Json, StripeSide

INTERVALS = {"a week": ("week", "1"), "a day": ("day", "1"), "three months": ("month", "3")}


async def make_price(stripe: StripeSide, product: str, interval: str, times: str) -> str:
    form = {"product": product, "currency": "eur", "unit_amount": "500"}
    every = {"recurring[interval]": interval, "recurring[interval_count]": times}
    return str((await stripe.change("/v1/prices", **form, **every))["id"])


async def sell(stripe: StripeSide, customer: str, price: str) -> Json:
    """A subscription, paid at once with a card that was saved for it."""
    card = await stripe.save_card(customer, "pm_card_visa")
    return await stripe.change(
        "/v1/subscriptions",
        customer=customer,
        default_payment_method=card,
        **{"items[0][price]": price},
    )


async def refund(stripe: StripeSide, subscription: Json) -> None:
    [payment] = await stripe.list_all(
        "/v1/invoice_payments", invoice=str(subscription["latest_invoice"])
    )
    await stripe.change("/v1/refunds", payment_intent=payment["payment"]["payment_intent"])


async def violated() -> list[str]:
    return [finding.name for finding in await check_books() if not finding.ok]


async def customer_of(stripe: StripeSide) -> str:
    [customer] = await stripe.list_all("/v1/customers")
    return str(customer["id"])


@pytest.mark.parametrize(("interval", "times"), INTERVALS.values(), ids=INTERVALS.keys())
async def test_a_plan_at_a_price_by_the_week_is_followed_until_its_end(
    services: Services, stripe_side: StripeSide, interval: str, times: str
) -> None:
    person = await open_paid_plan(services)
    plan = await plan_of(person)
    assert plan is not None
    path = f"/v1/subscriptions/{plan.stripe_subscription_id}"
    price = await make_price(stripe_side, "plan_starter", interval, times)

    change = {"items[0][id]": plan.stripe_item_id, "items[0][price]": price}
    await stripe_side.change(path, **change)
    await catch_up(services)
    changed = await plan_of(person)
    await stripe_side.delete(path)
    await catch_up(services)

    assert changed is not None
    assert (changed.item, changed.billing_interval, changed.price) == ("STARTER", "MONTH", 500)
    assert changed.gives_access
    assert await tier_of(person) == "FREE"
    assert await count("stripe_event", "state NOT IN ('HANDLED', 'IGNORED')") == 0
    await require_true_books(services)


@pytest.mark.parametrize(("interval", "times"), INTERVALS.values(), ids=INTERVALS.keys())
async def test_a_subscription_by_the_week_gives_nothing_and_staff_learn_it(
    services: Services, stripe_side: StripeSide, interval: str, times: str
) -> None:
    person = await open_paid_plan(services)
    customer = await customer_of(stripe_side)
    price = await make_price(stripe_side, "plan_pro", interval, times)

    subscription = await sell(stripe_side, customer, price)
    await catch_up(services)
    found = await violated()
    await refund(stripe_side, subscription)
    await catch_up(services)

    assert await find_subscription_by_stripe_id(subscription["id"]) is None
    assert await tier_of(person) == "STARTER"
    assert await count("stripe_event", "state NOT IN ('HANDLED', 'IGNORED')") == 0
    assert await count("ledger_transaction", "kind = 'DASHBOARD_PAYMENT'") == 1
    assert found == ["I5s"]
    await require_true_books(services)


async def test_an_agent_that_is_sold_there_is_no_plan_and_staff_learn_it(
    services: Services, stripe_side: StripeSide
) -> None:
    market = await open_monthly_market(services, price=999)
    purchase = await start_buying(services, market.buyer, market.agent, "key-1")
    [price] = await stripe_side.list_all("/v1/prices", active="true", type="recurring")
    customer = await customer_of(stripe_side)

    subscription = await sell(stripe_side, customer, price["id"])
    await catch_up(services)
    found = await violated()
    await refund(stripe_side, subscription)
    await catch_up(services)

    row = await find_subscription_by_stripe_id(subscription["id"])
    assert row is not None
    assert row.kind is SubscriptionKind.AGENT
    assert await count("ledger_transaction", "kind = 'PLAN_PAYMENT'") == 0
    assert not await is_usable(purchase)
    assert found == ["I5s"]
    assert [f.name for f in await check_everything(services, EVER) if not f.ok] == []


class SilentInvoices(LiveGateway):
    """A Stripe whose invoices do not repeat what their subscription says."""

    async def get_invoice(self, invoice_id: str) -> InvoiceState:
        return replace(await super().get_invoice(invoice_id), metadata={})


async def test_a_silent_invoice_of_an_agent_is_its_purchase_s_as_its_subscription_says(
    services: Services, stripe_side: StripeSide
) -> None:
    market = await open_monthly_market(services, price=999)
    purchase = await start_buying(services, market.buyer, market.agent, "key-1")
    assert await pay_for(purchase) == 303
    [invoice] = await stripe_side.list_all("/v1/invoices")
    gateway = SilentInvoices(services.settings.stripe)
    silent = with_gateway(services, gateway)

    assert await follow_invoice(silent.subscriptions, invoice["id"])

    await catch_up(silent)
    await gateway.close()
    [payment] = await payments_of(purchase)
    assert (payment.gross, payment.creator_share) == (999, 700)
    assert await count("invoice_payment") == 0
    assert await count("invoice", "purchase = $1", purchase.id) == 1
    assert await is_usable(purchase)
    await require_true_books(services)


async def test_an_invoice_that_was_made_by_hand_is_booked_and_its_refund_too(
    services: Services, stripe_side: StripeSide
) -> None:
    """As by a payment link of the dashboard: of a customer of ours, and of nothing that we sell."""
    person = await open_paid_plan(services)
    page = await stripe_side.change(
        "/v1/checkout/sessions",
        mode="payment",
        customer=await customer_of(stripe_side),
        success_url="http://127.0.0.1/",
        **{
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "eur",
            "line_items[0][price_data][unit_amount]": "12000",
            "line_items[0][price_data][product_data][name]": "A day of training",
            "invoice_creation[enabled]": "true",
        },
    )
    await pay(page["url"])
    await catch_up(services)
    booked = await count("ledger_transaction", "kind = 'DASHBOARD_PAYMENT'")
    true = [f.name for f in await check_everything(services, EVER) if not f.ok]

    await stripe_side.change("/v1/refunds", payment_intent=await _intent_of(stripe_side, page))
    await catch_up(services)

    assert (booked, true) == (1, [])
    assert await count("invoice", "billing_reason = 'manual' AND total = 12000") == 1
    assert await count("invoice_refund", "amount = 12000") == 1
    assert await tier_of(person) == "STARTER"
    await require_true_books(services)


async def _intent_of(stripe: StripeSide, page: Json) -> str:
    return str((await stripe.get(f"/v1/checkout/sessions/{page['id']}"))["payment_intent"])
