"""One way to carry out an operation, for the request, the webhook and repair alike.

The row is there already. Ask Stripe with the row's key, outside any transaction; then settle in one
transaction under the row's lock. Whoever comes second finds it settled. docs/decisions/0005.
"""

import asyncio
from weakref import WeakValueDictionary

import structlog

from chenu.billing.gateway import OutcomeUnknown, StripeRefusal
from chenu.core import db, tracing
from chenu.core.crash_points import crash_point
from chenu.flows.agent_price import AgentPriceStep, ProductUpdateStep
from chenu.flows.checkout import CheckoutExpiryStep, CheckoutSessionStep
from chenu.flows.connect_account import ConnectAccountStep, ConnectUpdateStep
from chenu.flows.customer import CustomerStep, CustomerUpdateStep
from chenu.flows.pay_creator import TransferStep
from chenu.flows.return_payment import RefundStep
from chenu.flows.services import Services
from chenu.flows.settle_purchase import CheckoutPaymentStep
from chenu.flows.step import NotYet, Step
from chenu.ledger import operations
from chenu.ledger.operations import OperationId, OperationKind, OperationRow, OperationState

log = structlog.get_logger(__name__)

STEPS: dict[str, Step] = {
    OperationKind.CUSTOMER: CustomerStep(),
    OperationKind.CUSTOMER_UPDATE: CustomerUpdateStep(),
    OperationKind.AGENT_PRICE: AgentPriceStep(),
    OperationKind.PRODUCT_UPDATE: ProductUpdateStep(),
    OperationKind.CONNECT_ACCOUNT: ConnectAccountStep(),
    OperationKind.CONNECT_UPDATE: ConnectUpdateStep(),
    OperationKind.CHECKOUT_SESSION: CheckoutSessionStep(),
    OperationKind.CHECKOUT_PAYMENT: CheckoutPaymentStep(),
    OperationKind.CHECKOUT_EXPIRY: CheckoutExpiryStep(),
    OperationKind.TRANSFER: TransferStep(),
    OperationKind.REFUND: RefundStep(),
}


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
            done = await _carry_out(services, operation)
            note.attributes["chenu.operation.state"] = done.state
            note.error = done.error_code or "" if done.state == OperationState.FAILED else ""
            return done


async def _carry_out(services: Services, operation: OperationRow) -> OperationRow:
    step = STEPS[operation.kind]
    crash_point(f"{operation.kind}.before_call")
    try:
        answer = await _ask(step, services, operation)
    except NotYet as wait:
        state = OperationState.INTENT
        await operations.postpone(operation, wait.reason, state=state, new_key=wait.refused)
        return await operations.get_operation(operation.id)
    except OutcomeUnknown as lost:
        state = OperationState.UNKNOWN
        await operations.postpone(operation, lost.code, state=state, new_key=lost.is_kept)
        raise
    except StripeRefusal as refusal:
        await _refuse(step, operation, refusal)
    else:
        crash_point(f"{operation.kind}.after_call")
        await _settle(step, operation, answer)
    await step.after(services, operation)
    return await operations.get_operation(operation.id)


async def _ask(step: Step, services: Services, operation: OperationRow) -> object:
    """With the key while Stripe knows it; under another key only what is not found there."""
    if operation.key_expired or operation.key_number:
        found = await step.look_up(services, operation)
        if found is not None:
            return found
    return await step.ask(services, operation)


async def _settle(step: Step, operation: OperationRow, answer: object) -> None:
    async with db.transaction():
        locked = await operations.get_operation(operation.id, lock=True)
        if locked.is_open:
            stripe_id = await step.settle(locked, answer)
            await operations.mark_settled(operation.id, stripe_id)
            crash_point(f"{operation.kind}.inside_settle")
    crash_point(f"{operation.kind}.after_settle")


async def _refuse(step: Step, operation: OperationRow, refusal: StripeRefusal) -> None:
    log.error(
        "stripe_refused",
        kind=operation.kind,
        operation=str(operation.id),
        code=refusal.code,
        param=refusal.param,
    )
    async with db.transaction():
        locked = await operations.get_operation(operation.id, lock=True)
        if locked.is_open:
            await step.refuse(locked, refusal)
            await operations.mark_failed(operation.id, refusal.code)
