"""Setting and removing limits of tokens."""

import strawberry

from chenu_graphql.fields import CHANGE, field
from chenu_graphql.permissions import PLANS
from chenu_graphql.token_limits import (
    TokenLimitRemovePayload,
    TokenLimitSetPayload,
    resolve_remove,
    resolve_set,
)


@strawberry.type
class TokenLimitMutations:
    token_limit_set: TokenLimitSetPayload = field(
        "Limits what one agent or one API key may use in a month.",
        PLANS,
        resolve_set,
        weight=CHANGE,
    )
    token_limit_remove: TokenLimitRemovePayload = field(
        "The agent or key may use all of the account's tokens again.",
        PLANS,
        resolve_remove,
        weight=CHANGE,
    )
