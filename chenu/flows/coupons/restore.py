"""A coupon that is gone from a subscription before its trial ends is put back.

What was promised with the plan is taken off its first invoice, whatever became of the coupon at
Stripe meanwhile. Once the trial is over, a discount that is removed in Stripe's dashboard is gone.
"""

from collections.abc import Iterable

import msgspec

from chenu.billing.coupon_redemptions import find_redeemed_coupon
from chenu.billing.recurring import CouponRequest, SubscriptionState, SubscriptionStatus
from chenu.billing.subscriptions import SubscriptionRow
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationState,
    create_operation_after,
    find_last,
)
from chenu.tiers.catalogue import TierCode


class RestoreParams(msgspec.Struct, frozen=True):
    """The coupon is made again first where it is gone as well."""

    subscription_id: str
    coupon: CouponRequest


async def restore_lost_coupon(live: Iterable[SubscriptionRow], state: SubscriptionState) -> None:
    """In the transaction that adopts the answer. What Stripe has refused is not asked again.

    A coupon that is not for the plan as it is by now ended with the change that made it so.
    """
    if state.status is not SubscriptionStatus.TRIALING or state.discount is not None:
        return
    found = [each for each in live if each.stripe_subscription_id == state.id]
    coupon = await find_redeemed_coupon(state.id) if found else None
    if coupon is None or not coupon.is_for(TierCode(found[0].item), found[0].billing_interval):
        return
    key = f"discount:{state.id}"
    last = await find_last((OperationKind.COUPON_RESTORE,), found[0].id, key)
    if last is not None and last.state != OperationState.SETTLED:
        return
    new = NewOperation(
        OperationKind.COUPON_RESTORE,
        key,
        RestoreParams(state.id, coupon.to_request()),
        subject_id=found[0].id,
        account_id=found[0].account_id,
    )
    await create_operation_after(new, last)
