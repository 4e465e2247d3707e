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
    """Of the operation that ends a subscription at once.

    `is_second`: another one of its kind stays, and what this one charged is returned.
    """

    subscription_id: str
    is_second: bool = False


async def end_all(subscriptions: Iterable[SubscriptionRow], *, is_second: bool = False) -> None:
    """At once: nobody has anything of them, such as the second of two that began together."""
    for each in subscriptions:
        operation = await create_end_operation(each, is_second=is_second)
        await queue.enqueue(queue.Job.OPERATION, str(operation.id))


async def create_end_operation(
    subscription: SubscriptionRow, *, is_second: bool = False
) -> OperationRow:
    """The operation that ends it at once; one that was refused is followed by another."""
    stripe_id = subscription.stripe_subscription_id
    last = await _find_end_operation(subscription)
    if last is not None and last.state != OperationState.FAILED:
        return last
    new = NewOperation(
        OperationKind.SUBSCRIPTION_END,
        _end_key(subscription),
        EndParams(stripe_id, is_second),
        subject_id=subscription.id,
        account_id=subscription.account_id,
    )
    return await create_operation_after(new, last)


async def was_second(subscription: SubscriptionRow) -> bool:
    """Whether it was ended because another one of its kind stays."""
    operation = await _find_end_operation(subscription)
    if operation is None:
        return False
    return msgspec.json.decode(operation.params, type=EndParams).is_second


async def _find_end_operation(subscription: SubscriptionRow) -> OperationRow | None:
    key = _end_key(subscription)
    return await find_last((OperationKind.SUBSCRIPTION_END,), subscription.id, key)


def _end_key(subscription: SubscriptionRow) -> str:
    return f"end:{subscription.stripe_subscription_id}"
