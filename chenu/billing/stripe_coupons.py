"""Calls about coupons. Codes are typed on our pages, so that Stripe needs no promotion codes."""

from typing import TYPE_CHECKING

from chenu.billing.gateway import OperationIdentity, StripeRefusal
from chenu.billing.recurring import CouponRequest, SubscriptionState
from chenu.billing.stripe_gateway import StripeCaller, metadata_of
from chenu.billing.stripe_recurring import read_subscription
from chenu.billing.stripe_waiting import SUBSCRIPTION_EXPAND
from chenu.core.money import CURRENCY

if TYPE_CHECKING:
    from chenu.billing.stripe_gateway import CouponParams

DIFFERS = "coupon_differs"
"""Our code for a coupon that somebody made at Stripe under our id, with other terms."""


class StripeCoupons(StripeCaller):
    """Implements ports.CouponPort."""

    async def put_coupon(self, request: CouponRequest, by: OperationIdentity) -> str:
        """Created, or found as it was created before. Raises StripeRefusal where it differs."""
        params = _coupon_params(request, by)
        try:
            await self.ask(
                lambda: self.client.v1.coupons.create_async(
                    params, {"idempotency_key": f"{by.idempotency_key}:coupon"}
                )
            )
        except StripeRefusal as refusal:
            if refusal.code != "resource_already_exists":
                raise
            await self._require_same(request)
        return request.id

    async def _require_same(self, request: CouponRequest) -> None:
        found = await self.ask(lambda: self.client.v1.coupons.retrieve_async(request.id))
        known = found.to_dict()
        wanted = {
            "percent_off": request.percent_off,
            "amount_off": request.amount_off,
            "duration": request.duration,
            "duration_in_months": request.duration_in_months,
        }
        if any(known.get(name) != value for name, value in wanted.items()):
            raise StripeRefusal(DIFFERS, f"coupon {request.id} has other terms", "id")

    async def is_coupon_there(self, coupon_id: str) -> bool:
        try:
            await self.ask(lambda: self.client.v1.coupons.retrieve_async(coupon_id))
        except StripeRefusal as refusal:
            if refusal.is_gone:
                return False
            raise
        return True

    async def put_discount(
        self, subscription_id: str, coupon_id: str, by: OperationIdentity
    ) -> SubscriptionState:
        """In place of any other that the subscription has."""
        changed = await self.ask(
            lambda: self.client.v1.subscriptions.update_async(
                subscription_id,
                {"discounts": [{"coupon": coupon_id}], "expand": list(SUBSCRIPTION_EXPAND)},
                {"idempotency_key": f"{by.idempotency_key}:discount"},
            )
        )
        return read_subscription(changed.to_dict())


def _coupon_params(request: CouponRequest, by: OperationIdentity) -> "CouponParams":
    """No limits and no window: those are ours, and hold when a payment page opens."""
    params: CouponParams = {
        "id": request.id,
        "name": request.name,
        "duration": request.duration,
        "applies_to": {"products": list(request.product_ids)},
        "metadata": metadata_of(by),
    }
    if request.percent_off is not None:
        params["percent_off"] = request.percent_off
    if request.amount_off is not None:
        params["amount_off"] = request.amount_off
        params["currency"] = CURRENCY.lower()
    if request.duration_in_months is not None:
        params["duration_in_months"] = request.duration_in_months
    return params
