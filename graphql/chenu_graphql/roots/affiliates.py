"""Root fields of the affiliate programme."""

import strawberry

from chenu_graphql.affiliate_payouts import AffiliatePayoutRunPayload, resolve_run
from chenu_graphql.affiliates import AffiliatePayload, resolve_join
from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import FINANCE, SESSION


@strawberry.type
class AffiliateMutations:
    affiliate_join: AffiliatePayload = field(
        "Joins the affiliate programme with a new code; again changes nothing.",
        SESSION,
        resolve_join,
        weight=CHANGE,
    )
    affiliate_payout_run: AffiliatePayoutRunPayload = field(
        "Pays every affiliate what is due, once for each month; finance only.",
        FINANCE,
        resolve_run,
        weight=CHANGE,
        sensitive=True,
    )
