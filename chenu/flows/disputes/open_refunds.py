"""Refunds of a payment that are under way when its buyer's bank asks for it: settled first."""

from chenu.billing.disputes import DisputedKind, DisputedPayment
from chenu.billing.gateway import OutcomeUnknown
from chenu.billing.refund_requests import list_approved_requests
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.ledger.operation_sums import list_open_of_subject
from chenu.ledger.operations import OperationKind, OperationRow


async def settle_refunds(services: Services, payment: DisputedPayment) -> None:
    """Each is refused by Stripe by now, or was made before the dispute.

    Raises OutcomeUnknown while neither is known.
    """
    for operation in await _list_open(payment):
        done = await run_operation(services, operation.id)
        if done.is_open:
            raise OutcomeUnknown("A refund of the disputed payment is under way")


class RefundBegan(Exception):
    """A refund of the payment was asked for before the dispute could be written down."""


async def require_none_open(payment: DisputedPayment) -> None:
    """Under the lock that refunds take. Raises RefundBegan."""
    if await _list_open(payment):
        raise RefundBegan


async def _list_open(payment: DisputedPayment) -> list[OperationRow]:
    """A refund of an agent is an operation of its payment, another one of its request."""
    if payment.kind is DisputedKind.AGENT:
        return await list_open_of_subject(OperationKind.REFUND, payment.id)
    found: list[OperationRow] = []
    for request_id in await list_approved_requests(payment.id):
        found += await list_open_of_subject(OperationKind.PLAN_REFUND, request_id)
    return found
