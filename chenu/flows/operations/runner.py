"""One way to carry out an operation, for the request, the webhook and repair alike.

The row is there already. Ask Stripe with the row's key, outside any transaction; then settle in one
transaction under the row's lock. Whoever comes second finds it settled. docs/decisions/0005.
"""

import asyncio
from typing import Any
from weakref import WeakValueDictionary

import structlog

from chenu.billing.gateway import OutcomeUnknown, StripeRefusal
from chenu.core import db, tracing
from chenu.core.crash_points import crash_point
from chenu.core.errors import ChenuError
from chenu.core.pubsub import publishing_wallets
from chenu.flows.operation_handlers import NotYet, OperationHandler
from chenu.flows.services import Services
from chenu.ledger import operations
from chenu.ledger.operations import OperationId, OperationRow, OperationState
from chenu.ledger.restores import find_lost_since

log = structlog.get_logger(__name__)

Handler = OperationHandler[Any, Any]

_turns: WeakValueDictionary[OperationId, asyncio.Lock] = WeakValueDictionary()


async def run_operation(services: Services, operation_id: OperationId) -> OperationRow:
    """The operation as it is afterwards. Raises OutcomeUnknown when Stripe's answer was lost."""
    # Twenty clicks in this process ask Stripe once; between processes its idempotency key decides.
    async with _turns.setdefault(operation_id, asyncio.Lock()):
        operation = await operations.get_operation(operation_id)
        if not operation.is_open:
            return operation
        with (
            structlog.contextvars.bound_contextvars(operation=str(operation.id)),
            tracing.span(f"operation {operation.kind}") as note,
        ):
            async with publishing_wallets(services.pubsub):
                done = await _carry_out_or_postpone(services, operation)
            note.attributes["chenu.operation.state"] = done.state
            note.error = done.error_code or "" if done.state == OperationState.FAILED else ""
            return done


async def _carry_out_or_postpone(services: Services, operation: OperationRow) -> OperationRow:
    """Whatever goes wrong, the operation waits for its next time and stands before no other."""
    try:
        return await _carry_out(services, operation)
    except OutcomeUnknown:
        raise  # postponed already
    except Exception as error:
        code = error.code if isinstance(error, ChenuError) else type(error).__name__
        # Stripe may have been asked by then.
        await operations.postpone(operation, code, state=OperationState.UNKNOWN)
        raise


async def _carry_out(services: Services, operation: OperationRow) -> OperationRow:
    handler = services.handlers.get(operation.kind)
    crash_point(f"{operation.kind}.before_call")
    try:
        answer = await _ask(handler, operation)
    except NotYet as wait:
        state = OperationState.INTENT
        await operations.postpone(
            operation, wait.reason, state=state, new_key=wait.refused, params=wait.params
        )
        waiting = await operations.get_operation(operation.id)
        may_go_on = wait.params is not None and not wait.refused and waiting.is_open
        return await _carry_out(services, waiting) if may_go_on else waiting
    except OutcomeUnknown as lost:
        state = OperationState.UNKNOWN
        await operations.postpone(operation, lost.code, state=state, new_key=lost.is_remembered)
        raise
    except StripeRefusal as refusal:
        await _refuse(handler, operation, refusal)
    else:
        crash_point(f"{operation.kind}.after_call")
        await _settle(handler, operation, answer)
    await _follow_up(handler, operation)
    return await operations.get_operation(operation.id)


async def _follow_up(handler: Handler, operation: OperationRow) -> None:
    """What may be lost never makes a settled operation fail."""
    try:
        await handler.after_commit(operation, handler.read(operation))
    except Exception:
        log.exception("after_commit_broke", kind=operation.kind)


async def _ask(handler: Handler, operation: OperationRow) -> object:
    """With the key while Stripe knows it; under another key, or after the restore of a backup, only
    what is not found there.
    """
    params = handler.read(operation)
    if operation.key_expired or operation.key_number:
        found = await handler.find_existing(operation, params)
        if found is not None:
            return found
    if handler.is_sought_after_restore:
        lost_since = await find_lost_since(operation)
        if lost_since is not None:
            found = await handler.find_lost(operation, params, lost_since)
            if found is not None:
                return found
    return await handler.call(operation, params)


async def _settle(handler: Handler, operation: OperationRow, answer: object) -> None:
    async def settle() -> None:
        locked = await operations.get_operation(operation.id, lock=True)
        if locked.is_open:
            stripe_id = await handler.apply(locked, handler.read(locked), answer)
            await operations.mark_settled(operation.id, stripe_id)
            crash_point(f"{operation.kind}.inside_settle")

    await db.run_in_transaction(settle)
    crash_point(f"{operation.kind}.after_settle")


async def _refuse(handler: Handler, operation: OperationRow, refusal: StripeRefusal) -> None:
    log.error(
        "stripe_refused",
        kind=operation.kind,
        operation=str(operation.id),
        code=refusal.code,
        param=refusal.param,
    )

    async def settle() -> None:
        locked = await operations.get_operation(operation.id, lock=True)
        if locked.is_open:
            await handler.on_refused(locked, handler.read(locked), refusal)
            await operations.mark_failed(operation.id, refusal.code)

    await db.run_in_transaction(settle)
