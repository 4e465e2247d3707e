"""Staff return something of a plan's or pack's invoice, above a limit with a second person.

docs/decisions/0027 and 0076.
"""

import contextlib

import msgspec
from msgspec.structs import replace

from chenu.accounts import idempotency
from chenu.accounts.actor import AccountId, Actor, Staff, UserId
from chenu.accounts.confirmation import require_fresh
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.queries import is_member
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.accounts.validation import check_text
from chenu.billing.gateway import OutcomeUnknown
from chenu.billing.invoices import (
    InvoiceId,
    InvoicePaymentRow,
    InvoiceRow,
    get_invoice,
    get_invoice_payment,
    list_invoice_payments,
)
from chenu.billing.refund_requests import (
    RefundOrigin,
    RefundRequestId,
    RefundRequestRow,
    RefundRequestState,
    decide_request,
    get_refund_request,
    insert_refund_request,
)
from chenu.billing.refunds import lock_refunds
from chenu.core import db
from chenu.core.errors import ChenuError, Forbidden, Invalid, InvalidState, reject_if_any
from chenu.core.i18n import mark
from chenu.core.money import Cents
from chenu.core.pubsub import publishing_wallets
from chenu.core.text import tidy
from chenu.flows.bank_decisions import require_refundable
from chenu.flows.operations.runner import run_operation
from chenu.flows.pack_restores import restore_of_request
from chenu.flows.pack_tokens import take_for_request
from chenu.flows.second_person import (
    CHANGED,
    SECOND_PERSON_ABOVE,
    needs_second_person,
    require_decidable,
)
from chenu.flows.services import Services
from chenu.flows.subscriptions.refunds import (
    create_refund_operation,
    find_refundable,
    is_promise_covered,
    new_refund_request,
)
from chenu.ledger.operations import OperationRow

MAX_REASON = 500
_OWN_ACCOUNT = mark("You belong to this account: another colleague decides about it")


class RefundInput(msgspec.Struct, frozen=True):
    """`amount` in cents, VAT included."""

    invoice_id: InvoiceId
    amount: Cents
    reason: str


async def request_refund(
    services: Services, actor: Actor, data: RefundInput, idempotency_key: str
) -> RefundRequestRow:
    """Under way at once, or waiting for a second person; a repeated key finds it.

    Raises Forbidden, NotFound, Invalid, InvalidState, SignInAgain.
    """
    user_id = actor.require_staff(Staff.SUPPORT)
    if actor.account_id is None:
        raise Forbidden("This is for staff only")
    reject_if_any(_check(data))
    await require_fresh(actor)
    key = idempotency.client_key(actor.account_id, idempotency_key, "planRefund", data)
    async with publishing_wallets(services.pubsub):
        request_id, operation = await _create(actor, user_id, data, key)
    await _run(services, operation)
    return await get_refund_request(request_id)


def _check(data: RefundInput) -> list[ChenuError]:
    errors = check_text(data.reason, path=("reason",), longest=MAX_REASON)
    if data.amount <= 0:
        errors.append(Invalid("Please enter an amount above zero", path=("amount",)))
    return errors


@db.transactional
async def _create(
    actor: Actor, user_id: UserId, data: RefundInput, key: ClientKey
) -> tuple[RefundRequestId, OperationRow | None]:
    known = await idempotency.find_result(key)
    if known is not None:
        return RefundRequestId(known), None
    invoice = await get_invoice(data.invoice_id)
    await _require_foreign(user_id, invoice.account_id)
    is_waiting = await needs_second_person(invoice.account_id, user_id, data.amount)
    payment, left = await _find_payment(invoice, data.amount)
    is_waiting = is_waiting or payment.paid - left + data.amount > SECOND_PERSON_ABOVE
    row = replace(
        new_refund_request(payment, data.amount, tidy(data.reason), RefundOrigin.STAFF),
        state=RefundRequestState.WAITING if is_waiting else RefundRequestState.APPROVED,
        requested_by=user_id,
    )
    await take_for_request(payment, row.id, data.amount)
    await insert_refund_request(row)
    await idempotency.remember_result(key, row.id)
    detail: dict[str, str | int] = {"amount": data.amount, "state": row.state}
    await record_staff_act(actor, StaffAct.INVOICE_REFUND, invoice.id, row.reason, **detail)
    return row.id, None if is_waiting else await create_refund_operation(row, invoice)


async def _find_payment(invoice: InvoiceRow, amount: Cents) -> tuple[InvoicePaymentRow, Cents]:
    """The first charge of which that much is left, and what is left of it; locks its refunds."""
    most = Cents(0)
    for payment in await list_invoice_payments([invoice.id]):
        await lock_refunds(payment.id)
        await require_refundable(payment.id)
        left = await find_refundable(payment)
        if left >= amount:
            return payment, left
        most = max(most, left)
    if not most:
        raise InvalidState("Nothing of this invoice is left to be returned")
    message = mark("At most {most_cents} of this invoice can be returned")
    raise Invalid(message, path=("amount",), most_cents=most)


async def decide_refund(
    services: Services,
    actor: Actor,
    request_id: RefundRequestId,
    *,
    approve: bool,
    reason: str | None,
) -> RefundRequestRow:
    """By another person than who asked, with a reason; None: a yes without a word, of a program.

    Raises Forbidden, NotFound, Invalid, InvalidState once it is decided.
    """
    user_id = actor.require_staff(Staff.SUPPORT)
    said = reason or ""
    is_needed = not approve or reason is not None
    reject_if_any(check_text(said, path=("reason",), longest=MAX_REASON, is_needed=is_needed))
    if approve:
        await require_fresh(actor)
    async with publishing_wallets(services.pubsub):
        operation = await _decide(actor, user_id, request_id, tidy(said), approve=approve)
    await _run(services, operation)
    return await get_refund_request(request_id)


@db.transactional
async def _decide(
    actor: Actor, user_id: UserId, request_id: RefundRequestId, reason: str, *, approve: bool
) -> OperationRow | None:
    await lock_refunds((await get_refund_request(request_id)).payment_id)
    request = await get_refund_request(request_id, lock=True)
    await _require_foreign(user_id, request.account_id)
    asked_by, asked_at = request.requested_by, request.created_at
    require_decidable(user_id, asked_by, asked_at, is_waiting=request.is_waiting)
    if approve:
        await _require_still_left(request)
    state = RefundRequestState.APPROVED if approve else RefundRequestState.REJECTED
    await decide_request(request_id, state, user_id, reason or None)
    act = StaffAct.INVOICE_REFUND_APPROVE if approve else StaffAct.INVOICE_REFUND_REJECT
    changed = {"before": request.state, "after": state.value}
    await record_staff_act(actor, act, request_id, reason, amount=request.amount, **changed)
    if not approve:
        await restore_of_request(request_id)
        return None
    return await create_refund_operation(request, await get_invoice(request.invoice_id))


async def _require_still_left(request: RefundRequestRow) -> None:
    """Something may have gone back at Stripe's dashboard since it was asked for."""
    await require_refundable(request.payment_id)
    if not await is_promise_covered(await get_invoice_payment(request.payment_id)):
        raise InvalidState(CHANGED)


async def _require_foreign(user_id: UserId, account_id: AccountId) -> None:
    """Nobody decides about an account of their own."""
    if await is_member(account_id, user_id):
        raise InvalidState(_OWN_ACCOUNT)


async def _run(services: Services, operation: OperationRow | None) -> None:
    """When Stripe's answer is lost, repair goes on: the page says that it is under way."""
    if operation is None:
        return
    with contextlib.suppress(OutcomeUnknown):
        await run_operation(services, operation.id)
