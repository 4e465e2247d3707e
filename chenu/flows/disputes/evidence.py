"""Evidence: what the creator says to the buyer's bank, once, as text."""

import contextlib
from dataclasses import dataclass

import msgspec

from chenu.accounts import audit, idempotency
from chenu.accounts.actor import Actor, ApiScope, Staff, UserId
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.staff_acts import MAX_REASON, StaffAct, record_staff_act
from chenu.accounts.validation import check_text
from chenu.agents.model import PurchaseId
from chenu.agents.purchases import PurchaseRow, find_purchase, get_purchase
from chenu.agents.queries import find_creator
from chenu.billing.dispute_states import DisputeState, EvidenceRequest
from chenu.billing.disputes import (
    DisputedPayment,
    DisputeId,
    DisputeRow,
    forget_evidence,
    get_dispute,
    list_disputes_of_purchases,
    record_evidence,
)
from chenu.billing.gateway import OutcomeUnknown, StripeRefusal
from chenu.billing.ports import DisputePort
from chenu.core import db, queue
from chenu.core.crash_points import crash_point
from chenu.core.errors import InvalidState, NotFound, reject_if_any
from chenu.core.fetched import Fetched, fetch
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.flows.disputes.follow import adopt_dispute
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation,
)

MAX_EVIDENCE = 20_000
_NONE = mark("There is no such purchase")
_NOTHING = mark("No bank is waiting for an answer about this purchase")
_REFUSED = mark("The bank does not take this answer: try again, or write to our support desk")
_GIVEN = mark("The answer was sent already: a bank reads one, and decides")


class EvidenceInput(msgspec.Struct, frozen=True):
    """Of the dispute of this purchase that waits for an answer."""

    purchase_id: PurchaseId
    text: str


class EvidenceParams(msgspec.Struct, frozen=True):
    dispute_id: DisputeId
    stripe_dispute_id: str
    text: str


async def submit_evidence(
    services: Services, actor: Actor, data: EvidenceInput, idempotency_key: str
) -> PurchaseRow:
    """By its creator, or the support desk; a repeated key finds it.

    Raises NotFound, Forbidden, Invalid, InvalidState when no bank waits for an answer.
    """
    account_id = actor.require_account(ApiScope.MARKETPLACE)
    key = idempotency.client_key(account_id, idempotency_key, "disputeEvidenceSubmit", data)
    operation = await _create(actor, data, key)
    crash_point("dispute_evidence.after_commit")
    if operation is not None:
        with contextlib.suppress(OutcomeUnknown):
            done = await run_operation(services, operation.id)
            if done.state == OperationState.FAILED:
                raise InvalidState(_REFUSED)
    return await get_purchase(data.purchase_id)


@db.transactional
async def _create(actor: Actor, data: EvidenceInput, key: ClientKey) -> OperationRow | None:
    if await idempotency.find_result(key) is not None:
        return None
    purchase = await find_purchase(data.purchase_id, lock=True)
    if purchase is None:
        raise NotFound(_NONE, path=("purchase_id",))
    author = await _require_author(actor, purchase)
    reject_if_any(check_text(data.text, path=("text",), longest=MAX_EVIDENCE))
    dispute = await find_answerable(purchase.id)
    await record_evidence(dispute.id, data.text, author.user_id)
    await idempotency.remember_result(key, dispute.id)
    if author.is_desk:
        act, reason = StaffAct.DISPUTE_EVIDENCE, data.text[:MAX_REASON]
        await record_staff_act(actor, act, dispute.id, reason, purchase=str(purchase.id))
    else:
        await audit.record(actor, "dispute.evidence", dispute.id, purchase=str(purchase.id))
    params = EvidenceParams(dispute.id, dispute.stripe_dispute_id, data.text)
    return await _create_operation(dispute, params)


class _Author(msgspec.Struct, frozen=True):
    user_id: UserId
    is_desk: bool


async def _require_author(actor: Actor, purchase: PurchaseRow) -> _Author:
    creator = await find_creator(purchase.creator_id)
    if creator is not None and actor.user_id is not None and creator.owner_id == actor.user_id:
        return _Author(actor.user_id, is_desk=False)
    if not actor.is_staff:
        raise NotFound(_NONE, path=("purchase_id",))
    return _Author(actor.require_staff(Staff.SUPPORT), is_desk=True)


async def find_answerable(purchase_id: PurchaseId) -> DisputeRow:
    """Raises InvalidState."""
    disputes = await list_disputes_of_purchases([purchase_id])
    for dispute in disputes:
        if dispute.takes_evidence:
            return dispute
    is_given = any(each.evidence is not None and not each.status.is_closed for each in disputes)
    raise InvalidState(_GIVEN if is_given else _NOTHING)


async def _create_operation(dispute: DisputeRow, params: EvidenceParams) -> OperationRow:
    operation = await create_operation(
        NewOperation(
            OperationKind.DISPUTE_EVIDENCE,
            f"evidence:{dispute.id}:{new_id()}",
            params,
            subject_id=dispute.id,
            account_id=dispute.account_id,
        )
    )
    await queue.enqueue(queue.Job.OPERATION, str(operation.id))
    return operation


@dataclass(frozen=True)
class EvidenceHandler(OperationHandler[EvidenceParams, Fetched[DisputeState]]):
    disputes: DisputePort

    kind = OperationKind.DISPUTE_EVIDENCE
    params_type = EvidenceParams

    async def call(self, operation: OperationRow, params: EvidenceParams) -> Fetched[DisputeState]:
        request = EvidenceRequest(params.stripe_dispute_id, params.text)
        return await fetch(lambda: self.disputes.submit_evidence(request, operation))

    async def find_existing(
        self, operation: OperationRow, params: EvidenceParams
    ) -> Fetched[DisputeState] | None:
        found = await fetch(lambda: self.disputes.get_dispute(params.stripe_dispute_id))
        is_ours = found.value.operation_id == str(operation.id)
        return found if is_ours and found.value.has_evidence else None

    async def apply(
        self, operation: OperationRow, params: EvidenceParams, answer: Fetched[DisputeState]
    ) -> str:
        dispute = await get_dispute(params.dispute_id)
        payment = DisputedPayment(
            dispute.subject,
            dispute.payment_id,
            dispute.account_id,
            dispute.purchase_id,
            dispute.creator_id,
        )
        await adopt_dispute(payment, answer)
        return f"{answer.value.id}:{operation.id}"

    async def on_refused(
        self, operation: OperationRow, params: EvidenceParams, refusal: StripeRefusal
    ) -> None:
        """The bank's last day may be over; another answer may be given where it is not."""
        await forget_evidence(params.dispute_id)

    async def renew(self, operation: OperationRow, params: EvidenceParams) -> EvidenceParams:
        raise InvalidState("Its author may send another answer: docs/operations.md")
