"""Buying token packs."""

from typing import Annotated

import strawberry

from chenu.flows.packs.buy import BuyPackInput, buy_pack
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import field, input_argument, input_field
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.purchases import Checkout, checkout_of
from chenu_graphql.scalars import URL

_KEY = "Same key and input: same answer. Same key and other input: IDEMPOTENCY_CONFLICT."
_URL = "Our own address or an allowed origin; null: our own page."


@strawberry.input(
    description=(
        "A pack to buy. Its tokens are usable at once; within 14 days the price of what is "
        "unspent of the base comes back on request."
    )
)
class TokenPackBuyInput:
    pack_code: str = input_field("One of tokenPacks.")
    idempotency_key: strawberry.ID = input_field(_KEY)
    success_url: URL | None = input_field(_URL, default=None)
    cancel_url: URL | None = input_field(_URL, default=None)


@strawberry.type(description="Where to pay the pack.")
class TokenPackBuyPayload:
    checkout: Checkout | None = field(
        "Stripe's page; null once the pack is paid or the page has closed.", PARENT
    )
    user_errors: list[UserError] = user_errors()


async def resolve_buy(info: Info, data: Annotated[TokenPackBuyInput, input_argument()]) -> Payload:
    """Nothing is charged here, and no token is credited before the page is paid."""
    ctx = info.context
    request = BuyPackInput(
        pack_code=data.pack_code,
        locale=ctx.locale,
        success_url=data.success_url,
        cancel_url=data.cancel_url,
    )
    order = await buy_pack(ctx.services, ctx.actor, request, data.idempotency_key)
    return Payload(checkout=checkout_of(order))
