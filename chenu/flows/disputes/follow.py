"""Disputes as Stripe tells of them: fetched again, mirrored, and followed; docs/decisions/0043."""

import contextlib

import msgspec

from chenu.agents.model import PurchaseId
from chenu.agents.payments import find_payment_of_charge
from chenu.agents.purchases import get_purchase
from chenu.billing.dispute_states import DisputeState, DisputeStatus
from chenu.billing.disputes import (
    DisputedKind,
    DisputedPayment,
    DisputeRow,
    find_dispute,
    forget_evidence,
    get_dispute,
    store_dispute,
)
from chenu.billing.gateway import OutcomeUnknown
from chenu.billing.invoices import find_invoice_payment
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.refunds import lock_refunds
from chenu.billing.subscriptions import find_subscription_by_stripe_id
from chenu.core import db, pubsub
from chenu.core.fetched import Fetched, fetch
from chenu.flows.disputes.agents import end_lost, return_to_sale, take_from_sale
from chenu.flows.disputes.books import book_movements
from chenu.flows.disputes.invoices import return_to_invoice, take_from_invoice
from chenu.flows.disputes.mails import mail_progress
from chenu.flows.disputes.open_refunds import (
    RefundBegan,
    require_none_open,
    settle_refunds,
)
from chenu.flows.purchases.refund_events import settle_sale_of_charge
from chenu.flows.services import Services
from chenu.flows.subscriptions.changes import set_renewal
from chenu.flows.subscriptions.invoices import follow_invoice
from chenu.flows.subscriptions.mirror import lock_subscriptions
from chenu.tokens.pack_orders import find_order_of_payment

_MOST_TRIES = 3


class DisputedCharge(msgspec.Struct, frozen=True):
    """A charge at Stripe, and its payment intent."""

    charge_id: str
    payment_intent_id: str


async def follow_dispute(services: Services, dispute_id: str) -> bool:
    """Ask Stripe, and adopt the answer; False for a charge that is not ours.

    Raises OutcomeUnknown, StripeRefusal.
    """
    fetched = await fetch(lambda: services.disputes.get_dispute(dispute_id))
    state = fetched.value
    charge = DisputedCharge(state.charge_id, state.payment_intent_id)
    payment = await find_disputed_payment(services, charge)
    if payment is None:
        return False
    dispute = await _adopt_after_refunds(services, payment, fetched)
    if payment.purchase_id is not None:
        if dispute.is_taken:
            await _stop_renewal(services, PurchaseId(payment.purchase_id))
        await services.pubsub.publish(pubsub.purchase_channel(payment.purchase_id))
    return True


async def _adopt_after_refunds(
    services: Services, payment: DisputedPayment, fetched: Fetched[DisputeState]
) -> DisputeRow:
    """What the bank takes is what refunds left: one that begins meanwhile is settled first, too.

    Raises OutcomeUnknown.
    """
    for _ in range(_MOST_TRIES):
        known = await find_dispute(fetched.value.id)
        if known is None or not known.is_taken:
            await settle_refunds(services, payment)
        with contextlib.suppress(RefundBegan):
            return await adopt_dispute(payment, fetched)
    raise OutcomeUnknown("A refund of the disputed payment is under way")


async def _stop_renewal(services: Services, purchase_id: PurchaseId) -> None:
    """Nobody is charged for another month of what is frozen, whoever took it up again at Stripe."""
    purchase = await get_purchase(purchase_id)
    row = await find_subscription_by_stripe_id(purchase.stripe_subscription_id or "")
    if row is not None and row.is_live and not row.cancel_at_period_end:
        await set_renewal(services, row, cancel=True, reason="Its payment is disputed")


async def find_disputed_payment(
    services: Services, charge: DisputedCharge
) -> DisputedPayment | None:
    """It may be paid at Stripe and not settled here yet, which is done first then."""
    found = await _find_known(charge.charge_id)
    if found is not None:
        return found
    await settle_sale_of_charge(services, charge.charge_id, charge.payment_intent_id)
    found = await _find_known(charge.charge_id)
    if found is not None:
        return found
    invoice_id = await services.subscriptions.find_invoice_of_payment(charge.payment_intent_id)
    if invoice_id is not None:
        await follow_invoice(services.subscriptions, invoice_id)
    return await _find_known(charge.charge_id)


async def _find_known(charge_id: str) -> DisputedPayment | None:
    sale = await find_payment_of_charge(charge_id)
    if sale is not None:
        return DisputedPayment(
            DisputedKind.AGENT, sale.id, sale.account_id, sale.purchase_id, sale.creator_id
        )
    payment = await find_invoice_payment(charge_id)
    if payment is None:
        return None
    is_pack = await find_order_of_payment(payment.id) is not None
    kind = DisputedKind.PACK if is_pack else DisputedKind.PLAN
    return DisputedPayment(kind, payment.id, payment.account_id, None, None)


@db.transactional
async def adopt_dispute(payment: DisputedPayment, fetched: Fetched[DisputeState]) -> DisputeRow:
    """The mirror, and what follows from it; again changes nothing. Raises RefundBegan."""
    if payment.purchase_id is not None:
        await lock_subscriptions(payment.account_id, SubscriptionKind.AGENT)
        await get_purchase(PurchaseId(payment.purchase_id), lock=True)
    else:
        await lock_refunds(payment.id)
    before = await find_dispute(fetched.value.id)
    dispute = await store_dispute(payment, fetched)
    if dispute.status.stands and not dispute.is_taken:
        await require_none_open(payment)
        await _take(dispute)
    elif dispute.is_taken and not dispute.status.stands:
        await _return(dispute)
    await book_movements(dispute, fetched.value)
    if dispute.status is DisputeStatus.LOST and dispute.purchase_id is not None:
        await end_lost(await get_purchase(PurchaseId(dispute.purchase_id)))
    if _asks_anew(before, dispute):
        await forget_evidence(dispute.id)
    await mail_progress(before, dispute)
    return await get_dispute(dispute.id)


def _asks_anew(before: DisputeRow | None, dispute: DisputeRow) -> bool:
    """An inquiry became a dispute, or a lost one is appealed: another answer is waited for."""
    is_change = before is not None and before.status is not dispute.status
    return is_change and dispute.status.takes_evidence and dispute.evidence is not None


def _cause(dispute: DisputeRow) -> str:
    """A dispute that was won may stand again, by another answer of Stripe's."""
    return f"{dispute.id}:{dispute.fetch_number}"


async def _take(dispute: DisputeRow) -> None:
    take = take_from_sale if dispute.subject is DisputedKind.AGENT else take_from_invoice
    await take(dispute, _cause(dispute))


async def _return(dispute: DisputeRow) -> None:
    give = return_to_sale if dispute.subject is DisputedKind.AGENT else return_to_invoice
    await give(dispute, _cause(dispute))
