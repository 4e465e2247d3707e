"""Root field of token packs: buying one."""

import strawberry

from chenu_graphql import packs
from chenu_graphql.fields import CHANGE, field
from chenu_graphql.packs import TokenPackBuyPayload
from chenu_graphql.permissions import PACKS


@strawberry.type
class PackMutations:
    token_pack_buy: TokenPackBuyPayload = field(
        "Opens Stripe's page on which a pack is paid.",
        PACKS,
        packs.resolve_buy,
        weight=CHANGE,
        sensitive=True,
    )
