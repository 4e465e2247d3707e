"""A second person of the desk decides about a sale's refund that one may not make alone.

docs/decisions/0076.
"""

from uuid import UUID

from chenu.accounts.actor import Actor, Staff, UserId
from chenu.accounts.confirmation import require_fresh
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.accounts.validation import check_text
from chenu.agents.purchases import get_purchase
from chenu.agents.refund_requests import (
    SaleRequestRow,
    SaleRequestState,
    approve_sale_request,
    get_sale_request,
    reject_sale_request,
)
from chenu.agents.refunds import RefundId, SaleRefundOrigin
from chenu.core import db
from chenu.core.crash_points import crash_point
from chenu.core.errors import Invalid, InvalidState, reject_if_any
from chenu.core.i18n import mark
from chenu.core.text import tidy
from chenu.flows.purchases.refund_plans import (
    MAX_REASON,
    RefundNotAllowed,
    RefundPlan,
    RefundSaleInput,
    find_origin,
    plan_refund,
)
from chenu.flows.purchases.refunds import complete_refund, take_refund
from chenu.flows.second_person import CHANGED, require_decidable
from chenu.flows.services import Services
from chenu.ledger.operations import OperationRow

_CONCERNED = mark("You sell this agent or belong to this account: another colleague decides")


async def decide_sale_refund(
    services: Services, actor: Actor, request_id: UUID, *, approve: bool, reason: str
) -> SaleRequestRow:
    """By another person than who asked; the amount is looked at again before anything moves.

    Raises Forbidden, NotFound, Invalid, InvalidState, SignInAgain; Disputed or RefundNotAllowed
    when Stripe refuses it.
    """
    user_id = actor.require_staff(Staff.SUPPORT)
    reject_if_any(check_text(reason, path=("reason",), longest=MAX_REASON))
    if approve:
        await require_fresh(actor)
    made = await _decide(actor, user_id, request_id, tidy(reason), approve=approve)
    crash_point("sale_refund.after_decision")
    request = await get_sale_request(request_id)
    if made is not None:
        refund_id, operation = made
        await complete_refund(services, request.purchase_id, refund_id, operation)
    return request


@db.transactional
async def _decide(
    actor: Actor, user_id: UserId, request_id: UUID, reason: str, *, approve: bool
) -> tuple[RefundId, OperationRow] | None:
    request = await get_sale_request(request_id, lock=True)
    asked_at, is_waiting = request.created_at, request.is_waiting
    await _require_unconcerned(actor, request)
    require_decidable(user_id, request.requested_by, asked_at, is_waiting=is_waiting)
    plan = await _plan_again(actor, request) if approve else None
    after = SaleRequestState.APPROVED if approve else SaleRequestState.REJECTED
    act = StaffAct.PURCHASE_REFUND_APPROVE if approve else StaffAct.PURCHASE_REFUND_REJECT
    changed = {"before": request.state.value, "after": after.value}
    await record_staff_act(actor, act, request.id, reason, amount=request.amount, **changed)
    if plan is None:
        await reject_sale_request(request.id, user_id, reason)
        return None
    refund, operation = await take_refund(plan, request.reason, request.requested_by)
    await approve_sale_request(request.id, user_id, reason, refund.id)
    return refund.id, operation


async def _require_unconcerned(actor: Actor, request: SaleRequestRow) -> None:
    """Raises InvalidState for who bought or sells it."""
    purchase = await get_purchase(request.purchase_id)
    if await find_origin(actor, purchase) is not SaleRefundOrigin.STAFF:
        raise InvalidState(_CONCERNED)


async def _plan_again(actor: Actor, request: SaleRequestRow) -> RefundPlan:
    """As it is by now, under the purchase's lock."""
    data = RefundSaleInput(request.purchase_id, request.payment_id, request.amount, request.reason)
    try:
        return await plan_refund(actor, data, lock=True)
    except (Invalid, RefundNotAllowed):
        raise InvalidState(CHANGED) from None
