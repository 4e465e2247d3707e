"""Handlers of operations: one for each kind, with all that it sends frozen in its parameters."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import fields

from chenu.accounts.actor import Staff
from chenu.accounts.billing_details import save_billing_details
from chenu.agents.payments import list_payments
from chenu.billing.invoices import list_subscription_invoices
from chenu.billing.ports import CheckoutPort, Gateway, MoneyPort
from chenu.billing.recurring import CreditNoteRequest
from chenu.core import db
from chenu.core.money import Cents
from chenu.flows.affiliates.payout_run import run_payouts
from chenu.flows.composition import make_services
from chenu.flows.disputes.evidence import EvidenceInput, submit_evidence
from chenu.flows.mirrors.customer import CustomerHandler
from chenu.flows.mirrors.sync import sync_person, sync_product
from chenu.flows.operation_handlers import HandlerRegistry
from chenu.flows.privacy.deletion import delete_person, finish_deletion
from chenu.flows.purchases.pay_creator import TransferHandler
from chenu.flows.purchases.refund_plans import RefundSaleInput
from chenu.flows.purchases.refunds import refund_sale
from chenu.flows.services import Services
from chenu.flows.subscription_ends import end_all
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan
from chenu.flows.subscriptions.credit_notes import request_credit_note
from chenu.flows.subscriptions.refund_requests import RefundInput, request_refund
from chenu.ledger.open_operations import list_open
from chenu.ledger.operations import OperationKind, OperationRow, get_operation
from chenu.privacy.deletions import list_deletions_due
from chenu.tiers.catalogue import TierCode
from tests.affiliates.paid import open_earning, this_month
from tests.flows.coupons import lose_discount, make_coupon
from tests.flows.disputes import let_bank_ask
from tests.flows.monthly import begin
from tests.flows.packs import buy, open_packs, order_pack
from tests.flows.plans import change, complete, open_plans, plan_of, put_portal, start
from tests.flows.sales import (
    Market,
    drop,
    open_market,
    open_monthly_market,
    open_page,
    pay_for,
    report,
    start_buying,
    work_off,
)
from tests.flows.test_billing_details import COMPANY
from tests.flows.test_late_payments import pay_too_late
from tests.flows.test_pending_changes import decide, rename
from tests.flows.test_plan_cards import OTHER, change_card, fall_behind
from tests.flows.test_stripe_sync import move
from tests.people import PASSWORD, Person, make_person
from tests.stripe_side import StripeSide

UNASKED: Any = None
"""In place of Stripe and of live events, where a handler is not run."""


@pytest.mark.parametrize("kind", OperationKind)
def test_every_kind_of_operation_has_a_handler(kind: OperationKind, open_engines: Services) -> None:
    made = make_services(UNASKED, UNASKED, open_engines.settings, UNASKED)

    assert made.handlers.get(kind).kind is kind


def test_a_kind_without_a_handler_stops_a_process_at_its_start() -> None:
    with pytest.raises(ValueError, match=r"no handler for the operations CUSTOMER_UPDATE, "):
        HandlerRegistry([CustomerHandler(UNASKED)])


def test_a_kind_has_no_second_handler() -> None:
    handler = TransferHandler(UNASKED, UNASKED)

    with pytest.raises(ValueError, match="operation TRANSFER has two handlers"):
        HandlerRegistry([handler, handler])


def test_a_handler_of_a_kind_that_does_not_exist_is_refused() -> None:
    class Unknown(CustomerHandler):
        kind = "GIFT"  # type: ignore[assignment]

    with pytest.raises(ValueError, match="there is no kind of operation GIFT"):
        HandlerRegistry([Unknown(UNASKED)])


def test_no_flow_has_the_port_that_moves_money() -> None:
    given = {field.type for field in fields(Services)}

    assert CheckoutPort in given
    assert not given & {MoneyPort, Gateway}


async def test_the_parameters_of_every_kind_are_read_as_they_were_written(
    services: Services, market: Market, reviewer: Person
) -> None:
    """Of rows that the product itself has made, all kinds together."""
    await _do_everything(services, market, reviewer)

    rows = await _list_operations()

    for row in rows:
        params = services.handlers.get(row.kind).read(row)
        again = msgspec.json.encode(params)
        assert msgspec.json.decode(again) == msgspec.json.decode(row.params)
    assert {row.kind for row in rows} == set(OperationKind)


async def _do_everything(services: Services, market: Market, reviewer: Person) -> None:
    canceled = await open_page(services, market)
    await drop(services, canceled)
    purchase = await start_buying(services, market.buyer, market.agent, "key-2")
    assert await pay_for(purchase) == 303
    await report(services, purchase)
    await work_off(services)
    part = RefundSaleInput(purchase.id, None, Cents(100), "So.")
    await refund_sale(services, market.creator.actor, part, "refund-1")
    await let_bank_ask(services, purchase.id)
    data = EvidenceInput(purchase.id, "It was used.")
    await submit_evidence(services, market.creator.actor, data, "answer")
    await move(market.buyer, "moved-buyer@example.org")
    await move(market.creator, "moved-creator@example.org")
    await rename(market, "Trieur neuf")
    await decide(reviewer, market.agent.id, approve=True)
    for person in (market.buyer, market.creator):
        await sync_person(services, person.user_id)
    await sync_product(services, market.agent.id)
    await pay_too_late(services, await open_market(services))
    await begin(services, await open_monthly_market(services))
    await (await open_earning(services, 5000)).earn(1)
    await run_payouts(this_month(), dry_run=False)
    await _live_with_a_plan(services)


async def _live_with_a_plan(services: Services) -> None:
    """A page closed for another one, a coupon put back, changes, a refund, an unwanted twin."""
    await put_portal(services)
    person = await open_plans(services)
    await save_billing_details(person.actor, COMPANY)
    await make_coupon(services)
    await start(services, person.actor)
    order = await start(
        services, person.actor, TierCode.PRO, trial=True, key="plan-2", coupon="SAVE50"
    )
    await complete(services, order)
    await lose_discount(services, person)
    await change(services, person.actor, TierCode.BUSINESS)
    await change(services, person.actor, TierCode.STARTER, key="change-2")
    await cancel_plan(services, person.actor, CancelInput(), "leave-1")
    plan = await plan_of(person)
    assert plan is not None
    await end_all([plan])
    await work_off(services)
    await _return_some(services)
    await _pay_with_another_card(services)
    await _buy_packs(services)
    await _leave_for_good(services)
    for name in ("una", "otto"):
        trial = await start(services, (await make_person(name, TierCode.FREE)).actor, trial=True)
        await complete(services, trial, "4242424242424259")


async def _pay_with_another_card(services: Services) -> None:
    person = await make_person("ida", TierCode.FREE)
    await fall_behind(services, person)
    await change_card(services, person, OTHER)


async def _buy_packs(services: Services) -> None:
    """A page that is closed for another one, which is paid."""
    person = await open_packs(services, "pia")
    await order_pack(services, person.actor, "pack_100", "pack-0")
    await buy(services, person.actor)


async def _leave_for_good(services: Services) -> None:
    person = await make_person("vera", TierCode.FREE)
    await complete(services, await start(services, person.actor, trial=True, key="leaving"))
    await delete_person(services, person.actor, PASSWORD, "supprimer")
    for deletion_id in await list_deletions_due():
        await finish_deletion(services, deletion_id)


async def _return_some(services: Services) -> None:
    payer = await make_person("payer", TierCode.FREE)
    await complete(services, await start(services, payer.actor, key="paid-1"))
    plan = await plan_of(payer)
    assert plan is not None
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))
    [invoice] = await list_subscription_invoices(plan.stripe_subscription_id)
    data = RefundInput(invoice.id, Cents(100), "So.")
    request = await request_refund(services, clerk.actor, data, "r-1")
    note = CreditNoteRequest(invoice.stripe_invoice_id, Cents(100), str(request.id), "re_x")
    async with db.transaction():  # as of a refund whose document was refused
        await request_credit_note(note, request.id, request.account_id)


async def _list_operations() -> list[OperationRow]:
    async with db.connection() as connection:
        records = await connection.fetch("SELECT id FROM operation")
    return [await get_operation(record["id"]) for record in records]


@pytest.mark.parametrize("is_late", [False, True], ids=["transfer", "refund"])
async def test_a_retry_is_the_same_request_whatever_became_of_our_rows(
    services: Services, stripe_side: StripeSide, market: Market, is_late: bool
) -> None:
    """Stripe refuses a key that comes with another request, so the second try tells."""
    if is_late:
        purchase, payment = await pay_too_late(services, market)
    else:
        purchase = await open_page(services, market)
        assert await pay_for(purchase) == 303
        await report(services, purchase)
        [payment] = await list_payments([purchase.id])
    path = "/v1/refunds" if is_late else "/v1/transfers"
    await stripe_side.fail("disconnect_after", path, method="POST", times=None)
    await work_off(services)
    await db.execute("UPDATE purchase_payment SET gross = gross + 1, creator_share = 701")

    await stripe_side.heal()
    await work_off(services)

    listed = await stripe_side.list_all(path)
    made = [one for one in listed if one["metadata"]["payment_id"] == str(payment.id)]
    assert [one["amount"] for one in made] == [999 if is_late else 700]
    assert await list_open() == []
