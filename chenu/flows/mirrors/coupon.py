"""Coupons as Stripe has them: made when one is created here, and made again when gone there."""

from dataclasses import dataclass

from chenu.billing.coupons import CouponRow, find_code, find_coupon_by_code, set_at_stripe
from chenu.billing.inbox import InboxEvent
from chenu.billing.ports import CouponPort
from chenu.billing.recurring import CouponRequest
from chenu.core.errors import InvalidState
from chenu.flows.event_types import EventOutcome, EventScope, EventType
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.services import Services
from chenu.ledger.operations import NewOperation, OperationKind, OperationRow


def coupon_key(coupon: CouponRow) -> str:
    return f"coupon:{coupon.id}"


async def next_coupon_operation(code: str) -> NewOperation | None:
    """None where Stripe has the coupon, or we have none."""
    coupon = await find_coupon_by_code(code)
    if coupon is None or coupon.is_at_stripe:
        return None
    return coupon_operation(coupon)


def coupon_operation(coupon: CouponRow) -> NewOperation:
    return NewOperation(
        OperationKind.COUPON, coupon_key(coupon), coupon.to_request(), subject_id=coupon.id
    )


@dataclass(frozen=True)
class CouponHandler(OperationHandler[CouponRequest, str]):
    """Its id is ours, so that an earlier try's coupon is found by making it."""

    coupons: CouponPort

    kind = OperationKind.COUPON
    params_type = CouponRequest

    async def call(self, operation: OperationRow, params: CouponRequest) -> str:
        return await self.coupons.put_coupon(params, operation)

    async def apply(self, operation: OperationRow, params: CouponRequest, answer: str) -> None:
        """Without the id, which a coupon that is made again shares with the first."""
        await set_at_stripe(params.name, is_there=True)

    async def renew(self, operation: OperationRow, params: CouponRequest) -> CouponRequest:
        coupon = await find_coupon_by_code(params.name)
        if coupon is None:
            raise InvalidState("There is no such coupon any more")
        return coupon.to_request()


async def _follow_deletion(services: Services, event: InboxEvent) -> EventOutcome:
    """An event that comes late may be about a coupon that was made again since."""
    code = find_code(event.object_id)
    if code is None or await services.coupons.is_coupon_there(event.object_id):
        return EventOutcome.IGNORED
    await set_at_stripe(code, is_there=False)
    return EventOutcome.HANDLED


COUPON_EVENTS = (EventType("coupon.deleted", EventScope.PLATFORM, _follow_deletion),)
