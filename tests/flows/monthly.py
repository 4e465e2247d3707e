"""Monthly agents for tests: begun on Stripe's page, renewed as the clocks move."""

from datetime import UTC, datetime

from msgspec.structs import replace

from chenu.agents.access import has_usable_grant
from chenu.agents.model import PaymentId
from chenu.agents.payments import CREDIT, PaymentRow, insert_payment, list_payments
from chenu.agents.pricing import split_sale
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.billing.subscriptions import SubscriptionRow, find_subscription_by_stripe_id
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.invariants import check_everything
from chenu.flows.services import Services
from tests.flows.plans import catch_up
from tests.flows.sales import Market, pay_for, report, start_buying
from tests.rows import put
from tests.stripe_side import StripeSide

EVER = datetime(2000, 1, 1, tzinfo=UTC)


async def begin(services: Services, market: Market, key: str = "key-1") -> PurchaseRow:
    """Paid on Stripe's page, then everything that follows."""
    purchase = await start_buying(services, market.buyer, market.agent, key)
    assert await pay_for(purchase) == 303
    await report(services, purchase)
    await catch_up(services)
    return await get_purchase(purchase.id)


async def subscription_of(purchase: PurchaseRow) -> SubscriptionRow:
    found = await get_purchase(purchase.id)
    row = await find_subscription_by_stripe_id(found.stripe_subscription_id or "")
    assert row is not None
    return row


async def payments_of(purchase: PurchaseRow) -> list[PaymentRow]:
    return await list_payments([purchase.id])


async def is_usable(purchase: PurchaseRow) -> bool:
    return await has_usable_grant(purchase.account_id, purchase.agent_id)


async def use_card(stripe_side: StripeSide, purchase: PurchaseRow, method: str) -> None:
    """The subscription's card is replaced by one of Stripe's test cards."""
    row = await subscription_of(purchase)
    path = f"/v1/subscriptions/{row.stripe_subscription_id}"
    subscription = await stripe_side.get(path)
    attached = await stripe_side.change(
        f"/v1/payment_methods/{method}/attach", customer=subscription["customer"]
    )
    await stripe_side.change(path, default_payment_method=attached["id"])


async def suspend(market: Market) -> None:
    await put("agent", "status", "SUSPENDED", "id = $2", market.agent.id)


async def leave(market: Market) -> None:
    """What a deletion does to the creator's agent and to their own row."""
    await put("agent", "status", "ARCHIVED", "id = $2", market.agent.id)
    await put("app_user", "deleted_at", business_now(), "id = $2", market.creator.user_id)


async def pay_by_credit(purchase: PurchaseRow, amount: Cents) -> None:
    """As if a credit at Stripe had paid this much more of the last invoice."""
    paid, *_ = await payments_of(purchase)
    name, creator_share = f"{CREDIT}1", split_sale(amount).creator
    row = replace(
        paid,
        id=PaymentId(new_id()),
        stripe_payment_intent_id=name,
        stripe_charge_id=name,
        stripe_transfer_id=None,
        gross=amount,
        creator_share=creator_share,
        platform_share=Cents(amount - creator_share),
    )
    await insert_payment(row)


async def require_true_books(services: Services) -> None:
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []
