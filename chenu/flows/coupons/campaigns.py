"""The coupons that every installation has: made by `chenu bootstrap-stripe` and in the demo."""

from chenu.billing.coupon_rules import CouponDuration, CouponInput
from chenu.billing.coupons import CouponRow, find_coupon_by_code, insert_coupon, set_at_stripe
from chenu.billing.stripe_catalogue import Outcome
from chenu.core.errors import ProviderUnavailable
from chenu.flows.mirrors.sync import sync_coupon
from chenu.flows.services import Services

CAMPAIGNS = (
    CouponInput(code="LAUNCH50", percent_off=50, duration=CouponDuration.ONCE),
    CouponInput(code="CHENU20", percent_off=20, duration=CouponDuration.FOREVER),
    CouponInput(
        code="Q1DEAL",
        percent_off=30,
        duration=CouponDuration.REPEATING,
        duration_in_months=3,
    ),
)


async def put_campaigns(services: Services) -> list[Outcome]:
    """A second run changes nothing, nor does it bring back what staff have withdrawn.

    Raises ProviderUnavailable.
    """
    return [await _put_campaign(services, campaign) for campaign in CAMPAIGNS]


async def _put_campaign(services: Services, campaign: CouponInput) -> Outcome:
    what = f"coupon {campaign.code}"
    is_new = await insert_coupon(campaign, created_by=None)
    coupon = await find_coupon_by_code(campaign.code)
    if coupon is None or (not is_new and not await _is_missing(services, coupon)):
        return Outcome(what, "unchanged")
    if not await sync_coupon(services, coupon):
        raise ProviderUnavailable("Stripe refused the coupon {code}", code=campaign.code)
    return Outcome(what, "created" if is_new else "updated")


async def _is_missing(services: Services, coupon: CouponRow) -> bool:
    """Gone at Stripe, or never made there: it belongs to this Stripe account from now on."""
    if coupon.is_at_stripe and await services.coupons.is_coupon_there(coupon.stripe_id):
        return False
    await set_at_stripe(coupon.code, is_there=False)
    return coupon.active
