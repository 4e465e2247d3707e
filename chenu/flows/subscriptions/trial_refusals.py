"""A trial that is not due is ended at once; trial_cards.py does it. docs/decisions/0032."""

import msgspec

from chenu.billing.recurring import SubscriptionStatus
from chenu.billing.subscriptions import TRIAL_USED, SubscriptionRow, record_refusal
from chenu.ledger.operation_list import GIVEN_UP
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation_after,
    find_last,
)


class TrialRefusalParams(msgspec.Struct, frozen=True):
    subscription_id: str


async def refuse_trial(plan: SubscriptionRow) -> OperationRow | None:
    """The operation that ends it, in the caller's transaction, which holds the account's lock.

    Another one after one that Stripe refused: Stripe tells of a trial a few times in all. None
    where an operator gave it up.
    """
    last = await _find_last(plan)
    if last is not None and last.error_code == GIVEN_UP:
        return None
    await record_refusal(plan.id, TRIAL_USED)
    if last is not None and last.state != OperationState.FAILED:
        return last
    new = NewOperation(
        OperationKind.TRIAL_REFUSAL,
        _key(plan),
        TrialRefusalParams(plan.stripe_subscription_id),
        subject_id=plan.id,
        account_id=plan.account_id,
    )
    return await create_operation_after(new, last)


async def has_failed_to_end(plan: SubscriptionRow) -> bool:
    """Stripe refused to end this trial, which is not due."""
    if plan.status is not SubscriptionStatus.TRIALING:
        return False
    last = await _find_last(plan)
    return last is not None and last.state == OperationState.FAILED


async def _find_last(plan: SubscriptionRow) -> OperationRow | None:
    return await find_last((OperationKind.TRIAL_REFUSAL,), plan.id, _key(plan))


def _key(plan: SubscriptionRow) -> str:
    return f"refuse-trial:{plan.stripe_subscription_id}"
