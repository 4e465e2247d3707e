"""Uses of tokens that are no runs."""

import strawberry

from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import SPENDING
from chenu_graphql.spending import TokenSpendPayload, resolve_spend


@strawberry.type
class SpendingMutations:
    token_spend: TokenSpendPayload = field(
        "Uses tokens up, once per key; more than there are is INSUFFICIENT_TOKENS.",
        SPENDING,
        resolve_spend,
        weight=CHANGE,
    )
