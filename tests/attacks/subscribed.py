"""A plan of somebody's with what belongs to it: invoice, refund, coupon, order."""

from typing import Any

from msgspec.structs import replace

from chenu.accounts.actor import AccountId, Staff
from chenu.billing.coupons import insert_coupon
from chenu.billing.invoices import (
    find_invoice_by_stripe_id,
    insert_invoice_payment,
    store_invoice,
)
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.refund_requests import (
    RefundOrigin,
    RefundRequestState,
    insert_refund_request,
)
from chenu.billing.subscription_orders import insert_order
from chenu.billing.subscriptions import SubscribedItems, store_subscription
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.flows.subscriptions.refunds import new_refund_request
from chenu.flows.withdrawals.declare import StatementInput, declare
from tests.billing.recurring import (
    answered,
    made_up_invoice,
    made_up_order,
    made_up_payment,
    made_up_plan,
)
from tests.flows.coupons import coupon_input
from tests.flows.plans import put_plans, put_portal
from tests.people import (
    Person,
    make_person,
)


async def subscribe(services: Services, buyer: Person) -> dict[str, Any]:
    """A plan, as Stripe's answers make it, with its paid invoice."""
    account_id = buyer.actor.account_id
    assert account_id is not None
    plan, invoice = made_up_plan("cus_buyer"), made_up_invoice("cus_buyer")
    item = await db.fetch_value("SELECT tier FROM account WHERE id = $1", account_id)
    items = SubscribedItems(item)
    await store_subscription(account_id, SubscriptionKind.TIER, items, await answered(plan))
    await store_invoice(account_id, await answered(invoice))
    await put_plans(services, "plan_pro")
    await put_plans(services, "api_basic")
    await put_portal(services)
    await insert_order(made_up_order(account_id, buyer.user_id))
    refund = await _ask_for_refund(account_id)
    return {
        "refund": refund,
        "statement": await _declare_withdrawal(),
        "coupon": await _make_coupon(),
        "order": await db.fetch_value("SELECT id FROM subscription_order"),
        "plan": await db.fetch_value("SELECT id FROM subscription"),
        "invoice": await db.fetch_value("SELECT id FROM invoice"),
    }


async def _declare_withdrawal() -> object:
    """By somebody who names no contract that we know."""
    data = StatementInput("Somebody", "The plan", "somebody@example.org", "en")
    await declare(data, "192.0.2.9")
    return await db.fetch_value("SELECT id FROM withdrawal_statement")


async def _ask_for_refund(account_id: AccountId) -> object:
    """Of the invoice's payment, which waits for a second person."""
    invoice = await find_invoice_by_stripe_id("in_made_up")
    colleague = await make_person("asking", staff=(Staff.SUPPORT,))
    assert invoice is not None
    payment = replace(made_up_payment(invoice), paid_at=business_now())
    await insert_invoice_payment(payment)
    request = replace(
        new_refund_request(payment, Cents(1000), "Agreed by phone.", RefundOrigin.STAFF),
        state=RefundRequestState.WAITING,
        requested_by=colleague.user_id,
    )
    await insert_refund_request(request)
    return request.id


async def _make_coupon() -> object:
    """A code that a customer may type."""
    await insert_coupon(coupon_input("WORLD50"), None)
    return await db.fetch_value("SELECT id FROM coupon")
