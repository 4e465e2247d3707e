"""Root fields of the affiliate programme."""

import strawberry

from chenu_graphql.affiliates import AffiliatePayload, resolve_join
from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import SESSION


@strawberry.type
class AffiliateMutations:
    affiliate_join: AffiliatePayload = field(
        "Joins the affiliate programme with a new code; again changes nothing.",
        SESSION,
        resolve_join,
        weight=CHANGE,
    )
