"""Refunds and renewals that meet a dispute: of packs and plans, of returns, of monthly agents."""

import contextlib
from datetime import timedelta

import pytest

from chenu.accounts.actor import Staff
from chenu.agents.errors import Disputed
from chenu.agents.model import PurchaseStatus
from chenu.agents.payments import PaymentRow, list_payments
from chenu.agents.purchases import get_purchase
from chenu.billing.invoices import InvoicePaymentRow, list_invoice_payments
from chenu.core import db
from chenu.core.errors import ChenuError
from chenu.core.money import Cents
from chenu.flows.agent_subscriptions.renewal import resume_purchase
from chenu.flows.packs.refunds import RefundPackInput, get_pack_offer, refund_own_pack
from chenu.flows.purchases.refund_plans import (
    RefundSaleInput,
    find_return_deadline,
    plan_refund,
)
from chenu.flows.services import Services
from chenu.flows.subscriptions.refund_requests import RefundInput, decide_refund, request_refund
from chenu.flows.subscriptions.refunds import list_refundable
from chenu.ledger.accounts import (
    BUYER_REFUNDS_DUE,
    DISPUTED_PAYMENTS,
    PLATFORM_REVENUE,
    AccountRef,
)
from tests.flows.monthly import begin, payments_of, subscription_of
from tests.flows.packs import Grants, charge_of, grants_of, open_packs
from tests.flows.packs import buy as buy_pack
from tests.flows.plans import advance, catch_up, move_to, open_paid_plan, put_plans, tier_of
from tests.flows.sales import Market, open_market, open_monthly_market
from tests.flows.test_disputes import open_dispute
from tests.flows.test_late_payments import pay_too_late
from tests.flows.test_pack_refunds import invoice_of
from tests.flows.test_plan_refunds import get_only_invoice
from tests.flows.test_sale_refunds import require_true_books, sell
from tests.people import Person, make_person
from tests.rows import count, mails_to
from tests.stripe_side import StripeSide


async def balance_of(account: AccountRef) -> int:
    sql = """
        SELECT coalesce(sum(e.amount), 0) FROM ledger_entry e
        JOIN ledger_account a ON a.id = e.ledger_account_id WHERE a.kind = $1
    """
    return int(await db.fetch_value(sql, account.kind))


async def open_paid(
    services: Services, stripe_side: StripeSide
) -> tuple[Person, InvoicePaymentRow]:
    """Somebody on STARTER, and the charge that paid its first month."""
    await stripe_side.reset()
    zoe = await open_paid_plan(services)
    [payment] = await list_invoice_payments([(await get_only_invoice(zoe)).id])
    return zoe, payment


@pytest.mark.parametrize("end", ["won", "lost"])
async def test_a_disputed_plan_goes_on_and_its_money_comes_back_when_it_is_won(
    services: Services, stripe_side: StripeSide, end: str
) -> None:
    zoe, payment = await open_paid(services, stripe_side)
    before = await balance_of(PLATFORM_REVENUE)

    dispute = await stripe_side.dispute(payment.stripe_charge_id)
    await catch_up(services)
    during = await tier_of(zoe)
    await stripe_side.end_dispute(dispute, end)

    await require_true_books(services)
    assert (during, await tier_of(zoe)) == ("STARTER", "STARTER")
    assert await count("dispute", "subject = 'PLAN' AND status = $1", end.upper()) == 1
    assert await balance_of(DISPUTED_PAYMENTS) == 0
    fee = await db.fetch_value(
        """SELECT coalesce(sum(e.amount), 0) FROM ledger_entry e
        JOIN ledger_transaction t ON t.id = e.transaction_id
        JOIN ledger_account a ON a.id = e.ledger_account_id
        WHERE t.kind = 'DISPUTE_FEE' AND a.kind = 'PLATFORM_REVENUE'"""
    )
    lost = 0 if end == "won" else 900
    assert fee < 0
    assert before + fee - await balance_of(PLATFORM_REVENUE) == lost


async def test_a_refund_of_a_disputed_plan_is_refused(
    services: Services, stripe_side: StripeSide
) -> None:
    zoe, payment = await open_paid(services, stripe_side)
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))
    await stripe_side.dispute(payment.stripe_charge_id)
    await catch_up(services)
    data = RefundInput(payment.invoice_id, Cents(100), "Goodwill")

    with pytest.raises(ChenuError) as refusal:
        await request_refund(services, clerk.actor, data, "refund")

    assert refusal.value.code == "DISPUTED"
    assert await count("invoice_refund_request") == 0
    assert "REFUND" not in await mails_to(zoe.email)


@pytest.mark.parametrize("end", ["won", "lost"])
async def test_what_the_bank_has_decided_is_refused_before_anything_is_owed(
    services: Services, stripe_side: StripeSide, end: str
) -> None:
    await stripe_side.reset()
    market = await open_market(services)
    sold = await sell(services, market)
    dispute = await open_dispute(services, stripe_side, sold)
    await stripe_side.end_dispute(dispute, end)
    await catch_up(services)
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))

    for person in (market.buyer, market.creator, clerk):
        data = RefundSaleInput(sold.id, None, None, "Fair")
        with pytest.raises(Disputed, match="has decided"):
            await plan_refund(person.actor, data)

    assert await find_return_deadline(market.buyer.actor, await get_purchase(sold.id)) is None
    assert await count("purchase_refund") == 0


@pytest.mark.parametrize("end", ["won", "lost"])
async def test_nothing_of_a_plan_and_a_pack_is_offered_once_the_bank_has_decided(
    services: Services, stripe_side: StripeSide, end: str
) -> None:
    zoe, payment = await open_paid(services, stripe_side)
    await put_plans(services, "pack_")
    order = await buy_pack(services, zoe.actor)
    for charge in (payment.stripe_charge_id, await charge_of(order)):
        dispute = await stripe_side.dispute(charge)
        await stripe_side.end_dispute(dispute, end)
    await catch_up(services)
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))

    for invoice_id in (payment.invoice_id, await invoice_of(order)):
        data = RefundInput(invoice_id, Cents(100), "Fair")
        with pytest.raises(Disputed, match="has decided"):
            await request_refund(services, clerk.actor, data, str(invoice_id))

    assert (await list_refundable([payment]))[payment.id].left == 0
    assert not (await get_pack_offer(order)).is_open


async def test_a_refund_of_a_disputed_pack_is_refused(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    zoe = await open_packs(services)
    order = await buy_pack(services, zoe.actor)
    await stripe_side.dispute(await charge_of(order))
    await catch_up(services)

    with pytest.raises(ChenuError) as refusal:
        await refund_own_pack(services, zoe.actor, RefundPackInput(order.id, Cents(900)), "back")

    assert refusal.value.code == "DISPUTED"
    assert await count("invoice_refund_request") == 0


async def test_a_refund_of_a_pack_under_way_is_settled_before_its_dispute(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    zoe = await open_packs(services)
    order = await buy_pack(services, zoe.actor)
    await stripe_side.fail("503", "/v1/refunds", times=None)
    with contextlib.suppress(ChenuError):
        await refund_own_pack(services, zoe.actor, RefundPackInput(order.id, Cents(900)), "back")
    await stripe_side.heal()

    dispute = await stripe_side.dispute(await charge_of(order))
    await catch_up(services)
    taken = await grants_of(order)
    await stripe_side.end_dispute(dispute, "won")

    await require_true_books(services)
    assert await count("invoice_refund_request", "state = 'FAILED'") == 1
    assert taken == Grants(0, 0, 0)
    left = await grants_of(order)
    assert left.base + left.bonus == order.tokens


async def test_a_refund_of_a_plan_under_way_is_settled_before_its_dispute(
    services: Services, stripe_side: StripeSide
) -> None:
    _, payment = await open_paid(services, stripe_side)
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))
    await stripe_side.fail("503", "/v1/refunds", times=None)
    data = RefundInput(payment.invoice_id, Cents(100), "Goodwill")
    await request_refund(services, clerk.actor, data, "refund")
    await stripe_side.heal()

    await stripe_side.dispute(payment.stripe_charge_id)
    await catch_up(services)

    await require_true_books(services)
    assert await count("invoice_refund_request", "state = 'FAILED'") == 1
    assert await count("invoice_refund") == 0
    assert await count("dispute", "taken = 900") == 1


async def test_a_refund_that_waits_for_a_second_person_is_not_agreed_to_in_a_dispute(
    services: Services, stripe_side: StripeSide
) -> None:
    _, payment = await open_paid(services, stripe_side)
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))
    data = RefundInput(payment.invoice_id, Cents(100), "Goodwill")
    request = await request_refund(services, clerk.actor, data, "refund")
    await db.execute(
        "UPDATE invoice_refund_request SET state = 'WAITING' WHERE id = $1", request.id
    )
    await stripe_side.dispute(payment.stripe_charge_id)
    await catch_up(services)
    colleague = await make_person("colleague", staff=(Staff.SUPPORT,))

    with pytest.raises(ChenuError) as refusal:
        await decide_refund(services, colleague.actor, request.id, approve=True, reason=None)

    assert refusal.value.code == "DISPUTED"


async def return_late(services: Services, stripe_side: StripeSide) -> tuple[Market, PaymentRow]:
    """A payment that bought nothing, and goes back once Stripe answers."""
    await stripe_side.reset()
    market = await open_market(services)
    _, payment = await pay_too_late(services, market)
    await stripe_side.advance(2 * 24 * 3600)
    return market, payment


@pytest.mark.parametrize("end", ["won", "lost"])
async def test_a_dispute_of_a_payment_that_is_on_its_way_back_takes_what_is_owed_to_the_buyer(
    services: Services, stripe_side: StripeSide, end: str
) -> None:
    market, payment = await return_late(services, stripe_side)
    dispute = await stripe_side.dispute(payment.stripe_charge_id)
    await catch_up(services)
    during = await balance_of(BUYER_REFUNDS_DUE)
    await require_true_books(services)

    await stripe_side.end_dispute(dispute, end)
    await catch_up(services)

    [payment] = await list_payments([payment.purchase_id])
    assert (payment.share_due, payment.refunded, payment.disputed) == (0, 0, 0)
    assert during == 0
    assert await balance_of(BUYER_REFUNDS_DUE) == (999 if end == "won" else 0)
    assert await balance_of(DISPUTED_PAYMENTS) == 0
    assert "DISPUTE_OPENED" not in await mails_to(market.creator.email)


async def test_what_a_dispute_has_frozen_is_not_taken_up_again(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    market = await open_monthly_market(services)
    bought = await begin(services, market)
    await open_dispute(services, stripe_side, bought)

    with pytest.raises(ChenuError) as refusal:
        await resume_purchase(services, market.buyer.actor, bought.id, "again")

    assert refusal.value.code == "DISPUTED"
    assert (await subscription_of(bought)).cancel_at_period_end


async def test_a_renewal_that_is_charged_while_a_dispute_stands_goes_back(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    market = await open_monthly_market(services)
    bought = await begin(services, market)
    await advance(services, 25)
    dispute = await open_dispute(services, stripe_side, bought)
    subscription = await subscription_of(bought)
    path = f"/v1/subscriptions/{subscription.stripe_subscription_id}"
    await stripe_side.change(path, cancel_at_period_end="false")

    await move_to(services, subscription.period_end + timedelta(days=1))
    during = (await get_purchase(bought.id)).status
    await require_true_books(services)
    await stripe_side.end_dispute(dispute, "won")
    await catch_up(services)

    renewal, _ = await payments_of(bought)
    assert during is PurchaseStatus.DISPUTED
    assert (renewal.refunded, renewal.transferred) == (renewal.paid, 0)
    assert (await mails_to(market.buyer.email)).count("PAYMENT_RETURNED") == 1
    assert not (await subscription_of(bought)).is_live
    await require_true_books(services)
