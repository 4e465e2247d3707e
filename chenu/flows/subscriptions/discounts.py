"""Discounts of plans: what a code would make of a plan's price, and one that is put back."""

from dataclasses import dataclass

from chenu.accounts.actor import Actor
from chenu.billing.ports import CouponPort
from chenu.billing.recurring import BillingInterval, SubscriptionState
from chenu.core.fetched import Fetched, fetch
from chenu.flows.coupons.codes import CouponOffer, TypedCode, quote_coupon
from chenu.flows.coupons.restore import RestoreParams
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.subscriptions.mirror import adopt_subscription
from chenu.flows.subscriptions.plans import price_of
from chenu.ledger.operations import OperationKind, OperationRow
from chenu.tiers.catalogue import TierCode


async def quote_plan(
    actor: Actor, typed: TypedCode, tier: TierCode, interval: BillingInterval
) -> CouponOffer:
    """Raises Invalid for a plan that is not sold here, CouponRejected, RateLimited."""
    price = price_of(tier, interval)
    return await quote_coupon(actor, typed, (tier, interval), price)


@dataclass(frozen=True)
class CouponRestoreHandler(OperationHandler[RestoreParams, Fetched[SubscriptionState]]):
    """Putting it there twice changes nothing."""

    coupons: CouponPort

    kind = OperationKind.COUPON_RESTORE
    params_type = RestoreParams

    async def call(
        self, operation: OperationRow, params: RestoreParams
    ) -> Fetched[SubscriptionState]:
        coupon_id = await self.coupons.put_coupon(params.coupon, operation)
        return await fetch(
            lambda: self.coupons.put_discount(params.subscription_id, coupon_id, operation)
        )

    async def apply(
        self,
        operation: OperationRow,
        params: RestoreParams,
        answer: Fetched[SubscriptionState],
    ) -> None:
        await adopt_subscription(answer)
