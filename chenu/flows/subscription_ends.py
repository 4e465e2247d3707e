"""The end of a subscription at once, of whatever kind: an operation, decided on with its cause."""

from collections.abc import Iterable

import msgspec

from chenu.billing.subscriptions import SubscriptionRow
from chenu.core import queue
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation_after,
    find_last,
)


class EndParams(msgspec.Struct, frozen=True):
    """Of the operation that ends a subscription at once."""

    subscription_id: str


async def end_all(subscriptions: Iterable[SubscriptionRow]) -> None:
    """At once: nobody has anything of them, such as the second of two that began together."""
    for each in subscriptions:
        operation = await create_end_operation(each)
        await queue.enqueue(queue.Job.OPERATION, str(operation.id))


async def create_end_operation(subscription: SubscriptionRow) -> OperationRow:
    """The operation that ends it at once; one that was refused is followed by another."""
    stripe_id = subscription.stripe_subscription_id
    key = f"end:{stripe_id}"
    last = await find_last((OperationKind.SUBSCRIPTION_END,), subscription.id, key)
    if last is not None and last.state != OperationState.FAILED:
        return last
    new = NewOperation(
        OperationKind.SUBSCRIPTION_END,
        key,
        EndParams(stripe_id),
        subject_id=subscription.id,
        account_id=subscription.account_id,
    )
    return await create_operation_after(new, last)
