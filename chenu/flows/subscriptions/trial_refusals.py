"""A trial that is not due is ended at once; trial_cards.py does it. docs/decisions/0032."""

import msgspec

from chenu.billing.subscriptions import TRIAL_USED, SubscriptionRow, record_refusal
from chenu.ledger.operations import NewOperation, OperationKind, OperationRow, create_operation


class TrialRefusalParams(msgspec.Struct, frozen=True):
    subscription_id: str


async def refuse_trial(plan: SubscriptionRow) -> OperationRow:
    """The operation that ends it, in the caller's transaction, which holds the account's lock."""
    await record_refusal(plan.id, TRIAL_USED)
    return await create_operation(
        NewOperation(
            OperationKind.TRIAL_REFUSAL,
            f"refuse-trial:{plan.stripe_subscription_id}",
            TrialRefusalParams(plan.stripe_subscription_id),
            subject_id=plan.id,
            account_id=plan.account_id,
        )
    )
