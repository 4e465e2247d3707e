"""Root fields of coupons: what a code does, and the codes that staff make."""

import strawberry

from chenu_graphql import coupons
from chenu_graphql.coupons import CouponPayload, CouponQuote
from chenu_graphql.fields import CHANGE, Weight, field
from chenu_graphql.permissions import FINANCE, READER


@strawberry.type
class CouponQueries:
    coupon_quote: CouponQuote = field(
        "What a code would do to a plan. The tenth code in an hour that does not exist is "
        "RATE_LIMITED.",
        READER,
        coupons.resolve_quote,
        weight=Weight(points=5),
    )


@strawberry.type
class CouponMutations:
    coupon_create: CouponPayload = field(
        "Makes a code that takes something off plans; finance only.",
        FINANCE,
        coupons.resolve_create,
        weight=CHANGE,
        sensitive=True,
    )
    coupon_deactivate: CouponPayload = field(
        "Nobody can use the code any more; plans that have it keep it. Finance only.",
        FINANCE,
        coupons.resolve_deactivate,
        weight=CHANGE,
        sensitive=True,
    )
