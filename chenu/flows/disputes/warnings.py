"""Early fraud warnings: a task of the support desk, with a decision in words."""

from uuid import UUID

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.queries import is_member
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.accounts.validation import check_text
from chenu.agents.model import PaymentId
from chenu.agents.payments import get_payment
from chenu.billing.disputes import DisputedKind, DisputedPayment
from chenu.billing.fraud_warnings import (
    close_fraud_warning,
    find_fraud_warning,
    insert_fraud_warning,
)
from chenu.billing.invoices import get_invoice_payment
from chenu.core import db
from chenu.core.errors import InvalidState, NotFound, reject_if_any
from chenu.core.i18n import mark
from chenu.core.money import Cents
from chenu.core.text import tidy
from chenu.flows.disputes.follow import DisputedCharge, find_disputed_payment
from chenu.flows.services import Services

MAX_DECISION = 500
_OWN_ACCOUNT = mark("You belong to this account: another colleague decides about it")


async def follow_warning(services: Services, warning_id: str) -> bool:
    """False for a charge that is not ours. Raises OutcomeUnknown, StripeRefusal."""
    state = await services.disputes.get_fraud_warning(warning_id)
    if state.payment_intent_id is None:
        return False
    charge = DisputedCharge(state.charge_id, state.payment_intent_id)
    payment = await find_disputed_payment(services, charge)
    if payment is None:
        return False
    await insert_fraud_warning(payment, state, await _get_amount(payment))
    return True


async def _get_amount(payment: DisputedPayment) -> Cents:
    if payment.kind is DisputedKind.AGENT:
        return (await get_payment(PaymentId(payment.id))).paid
    return (await get_invoice_payment(payment.id)).paid


@db.transactional
async def decide_warning(actor: Actor, warning_id: UUID, decision: str) -> None:
    """What was done about it, in words; a refund is made where every refund is.

    Raises Forbidden, NotFound, Invalid, InvalidState once somebody has decided.
    """
    user_id = actor.require_staff(Staff.SUPPORT)
    reject_if_any(check_text(decision, path=("decision",), longest=MAX_DECISION))
    warning = await find_fraud_warning(warning_id, lock=True)
    if warning is None:
        raise NotFound("There is no such warning")
    if await is_member(warning.account_id, user_id):
        raise InvalidState(_OWN_ACCOUNT)
    if not await close_fraud_warning(warning.id, tidy(decision), user_id):
        raise InvalidState("Somebody has decided about this warning already")
    await record_staff_act(actor, StaffAct.FRAUD_WARNING_DECIDE, warning.id, decision)
