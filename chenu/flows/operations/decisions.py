"""What an operator decides about an operation that does not come about by itself."""

import structlog

from chenu.accounts.actor import Actor
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.billing.gateway import StripeRefusal
from chenu.core import db
from chenu.core.errors import Invalid
from chenu.core.text import tidy
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.ledger.operation_list import GIVEN_UP, mark_given_up, reopen, require_failed
from chenu.ledger.operations import OperationId, OperationRow, get_operation

log = structlog.get_logger(__name__)

_LONGEST_REASON = 500


async def retry_operation(
    services: Services,
    operator: Actor,
    operation_id: OperationId,
    *,
    name: str,
    reason: str | None = None,
) -> OperationRow:
    """A new attempt of a FAILED operation, with parameters of now and the next key.

    What an earlier try made at Stripe is looked for first. Raises NotFound, InvalidState, and
    OutcomeUnknown when Stripe's answer is lost: repair goes on then.
    """
    async with db.transaction():
        operation = await get_operation(operation_id, lock=True)
        await require_failed(operation)
        handler = services.handlers.get(operation.kind)
        await reopen(operation, await handler.renew(operation, handler.read(operation)))
        act = StaffAct.OPERATION_RETRY
        await record_staff_act(operator, act, operation.id, reason, operator=name)
    log.info("operation_retried", operation=str(operation.id), kind=operation.kind, operator=name)
    return await run_operation(services, operation.id)


async def give_up_operation(
    services: Services, operator: Actor, operation_id: OperationId, *, name: str, reason: str
) -> OperationRow:
    """Nobody asks Stripe for it any more, until somebody retries it. Nothing is booked.

    What has reached Stripe already stays there: look first. Raises NotFound, Invalid, InvalidState.
    """
    reason = tidy(reason)
    if not 0 < len(reason) <= _LONGEST_REASON:
        raise Invalid("Please give a reason of at most 500 characters", path=("reason",))
    async with db.transaction():
        operation = await get_operation(operation_id, lock=True)
        handler = services.handlers.get(operation.kind)
        if operation.is_open:
            refusal = StripeRefusal(GIVEN_UP, reason)
            await handler.on_refused(operation, handler.read(operation), refusal)
        await mark_given_up(operation)
        act = StaffAct.OPERATION_GIVE_UP
        await record_staff_act(operator, act, operation.id, reason, operator=name)
    log.warning(
        "operation_given_up", operation=str(operation.id), kind=operation.kind, reason=reason
    )
    return await get_operation(operation_id)
