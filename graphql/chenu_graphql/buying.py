"""Buying an agent, and the subscription that reports when the payment has settled."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from chenu.accounts.actor import ApiScope
from chenu.agents.model import PurchaseId
from chenu.agents.purchases import PurchaseRow, get_own_purchase
from chenu.core.errors import NotFound
from chenu.core.pubsub import purchase_channel
from chenu.flows.agent_subscriptions.renewal import cancel_purchase, resume_purchase
from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu_graphql.agent_edits import read_agent_id
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import argument, field, input_argument, input_field
from chenu_graphql.ids import get_row_id
from chenu_graphql.market import Sale
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.purchases import Checkout, Purchase, checkout_of
from chenu_graphql.scalars import URL, BigInt


@strawberry.input(description="A request to buy.")
class AgentPurchaseInput:
    agent_id: strawberry.ID = input_field("Which agent.")
    expected_amount_minor: BigInt = input_field(
        "What the buyer saw; another price now is PRICE_CHANGED, nothing is charged."
    )
    success_url: URL | None = input_field(
        "Our own address or an allowed origin; null: our own page."
    )
    cancel_url: URL | None = input_field(
        "Our own address or an allowed origin; null: our own page."
    )
    idempotency_key: strawberry.ID = input_field(
        "Same key and input: same answer. Same key and other input: IDEMPOTENCY_CONFLICT."
    )
    accept_immediate_supply: bool = input_field(
        "Consent to immediate supply and knowledge that the right of withdrawal ends with first "
        "use; false: INVALID."
    )


@strawberry.type(description="A purchase, and where to pay for it.")
class AgentPurchasePayload:
    purchase: Purchase | None = field("PENDING until it is paid.", PARENT)
    checkout: Checkout | None = field(
        "The payment page; null when there is nothing to pay.", PARENT
    )
    user_errors: list[UserError] = user_errors()


async def resolve_agent_purchase(
    info: Info, data: Annotated[AgentPurchaseInput, input_argument()]
) -> Payload:
    """Nothing is charged here: the buyer pays on Stripe's page."""
    ctx = info.context
    purchase = await buy_agent(
        ctx.services,
        ctx.actor,
        BuyAgentInput(
            agent_id=read_agent_id(data.agent_id),
            expected_amount=data.expected_amount_minor,
            accept_immediate_supply=data.accept_immediate_supply,
            locale=ctx.locale,
            success_url=data.success_url,
            cancel_url=data.cancel_url,
        ),
        data.idempotency_key,
    )
    return Payload(purchase=purchase, checkout=checkout_of(purchase))


@strawberry.input(description="To end a monthly purchase with its period, or to take it up again.")
class PurchaseCancelInput:
    purchase_id: strawberry.ID = input_field("Which purchase.")
    idempotency_key: strawberry.ID = input_field(
        "Same key and input: same answer. Same key and other input: IDEMPOTENCY_CONFLICT."
    )


@strawberry.type(description="The purchase as it is afterwards.")
class PurchasePayload:
    purchase: Purchase | None = field("For its buyer; null when it was refused.", PARENT)
    sale: Sale | None = field("The same for its creator and staff.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_purchase_cancel(
    info: Info, data: Annotated[PurchaseCancelInput, input_argument()]
) -> Payload:
    ctx = info.context
    purchase_id = _read_purchase_id(data.purchase_id)
    key = data.idempotency_key
    return Payload(purchase=await cancel_purchase(ctx.services, ctx.actor, purchase_id, key))


async def resolve_purchase_resume(
    info: Info, data: Annotated[PurchaseCancelInput, input_argument()]
) -> Payload:
    ctx = info.context
    purchase_id = _read_purchase_id(data.purchase_id)
    key = data.idempotency_key
    return Payload(purchase=await resume_purchase(ctx.services, ctx.actor, purchase_id, key))


def _read_purchase_id(public: strawberry.ID) -> PurchaseId:
    """Raises NotFound, as for another account's purchase."""
    unknown = NotFound("There is no such purchase", path=("purchase_id",))
    return PurchaseId(get_row_id("Purchase", public, unknown))


async def watch_purchase(
    info: Info, purchase_id: Annotated[strawberry.ID, argument("Which purchase.")]
) -> AsyncGenerator[PurchaseRow, None]:
    """One event, at once if the payment has settled.

    Raises NotFound for another account's purchase.
    """
    ctx = info.context
    account_id = ctx.actor.require_account(ApiScope.READ)
    row_id = _read_purchase_id(purchase_id)
    async with aclosing(ctx.services.pubsub.changes(purchase_channel(row_id))) as changes:
        async for _ in changes:
            purchase = await get_own_purchase(account_id, row_id)
            if not purchase.is_pending:
                yield purchase
                return
