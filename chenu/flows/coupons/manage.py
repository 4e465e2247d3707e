"""Coupons made and withdrawn by staff, audited. Stripe gets its copy by an operation."""

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.billing.coupon_rules import CouponInput, check_coupon, normalise_code
from chenu.billing.coupons import (
    CouponRow,
    deactivate_coupon,
    find_coupon_by_code,
    insert_coupon,
)
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import (
    AlreadyExists,
    NotFound,
    ProviderUnavailable,
    reject_if_any,
)
from chenu.core.i18n import mark
from chenu.flows.mirrors.coupon import coupon_operation
from chenu.flows.mirrors.sync import sync_coupon
from chenu.flows.services import Services
from chenu.ledger.operations import create_operation

_TAKEN = mark("There is a coupon with this code already, with other terms or withdrawn")


async def create_coupon(
    services: Services, actor: Actor, data: CouponInput, reason: str | None = None
) -> CouponRow:
    """A repeated request finds the coupon. Raises Forbidden, Invalid, AlreadyExists.

    When Stripe is away the coupon exists all the same: repair makes Stripe's, or the first page
    that needs it.
    """
    actor.require_staff(Staff.FINANCE)
    reject_if_any([*check_coupon(data, business_now()), *check_reason(reason)])
    coupon = await _insert(actor, data, reason)
    try:
        await sync_coupon(services, coupon)
    except ProviderUnavailable:
        return coupon
    return await _get_coupon(coupon.code)


@db.transactional
async def _insert(actor: Actor, data: CouponInput, reason: str | None) -> CouponRow:
    is_new = await insert_coupon(data, actor.user_id)
    coupon = await _get_coupon(data.code)
    if is_new:
        await create_operation(coupon_operation(coupon))
        terms = _describe(coupon)
        await record_staff_act(actor, StaffAct.COUPON_CREATE, coupon.code, reason, **terms)
    elif not (coupon.active and _is_same(coupon, data)):
        raise AlreadyExists(_TAKEN, path=("code",))
    return coupon


async def _get_coupon(code: str) -> CouponRow:
    coupon = await find_coupon_by_code(code)
    if coupon is None:
        raise NotFound("There is no such coupon", path=("code",))
    return coupon


def _is_same(coupon: CouponRow, data: CouponInput) -> bool:
    limits = (coupon.max_redemptions, coupon.max_redemptions_per_customer)
    tiers = None if coupon.tiers is None else set(coupon.tiers)
    return (
        coupon.terms == data.terms
        and (coupon.starts_at, coupon.redeem_by) == (data.starts_at, data.redeem_by)
        and limits == (data.max_redemptions, data.max_redemptions_per_customer)
        and tiers == (None if data.tiers is None else set(data.tiers))
        and set(coupon.intervals) == set(data.effective_intervals)
    )


def _describe(coupon: CouponRow) -> dict[str, str | int]:
    off = f"{coupon.percent_off} %" if coupon.percent_off else f"{coupon.amount_off} cents"
    return {
        "off": off,
        "duration": coupon.duration.value,
        "months": coupon.duration_in_months or 0,
        "limit": coupon.max_redemptions or "none",
    }


async def withdraw_coupon(actor: Actor, code: str, reason: str | None = None) -> CouponRow:
    """Nobody can use the code any more; pages that are open and plans that have it keep it.

    Asking twice changes nothing. Raises Forbidden, NotFound, Invalid.
    """
    actor.require_staff(Staff.FINANCE)
    reject_if_any(check_reason(reason))

    async def withdraw() -> CouponRow:
        coupon = await _get_coupon(normalise_code(code))
        if await deactivate_coupon(coupon.id):
            act, changed = StaffAct.COUPON_DEACTIVATE, {"before": "active", "after": "withdrawn"}
            await record_staff_act(actor, act, coupon.code, reason, **changed)
        return await _get_coupon(coupon.code)

    return await db.run_in_transaction(withdraw)
