"""The fields of a sale: a purchase whose buyer stays private."""

from datetime import datetime

import msgspec
import strawberry

from chenu.agents.model import PurchaseId, PurchaseStatus
from chenu.agents.purchases import PurchaseRow
from chenu_graphql.breakdown import Breakdown, load_breakdown
from chenu_graphql.context import Context, Info
from chenu_graphql.ids import public_id
from chenu_graphql.nodes import register_node
from chenu_graphql.permissions import READER, is_own_profile
from chenu_graphql.relations import by_key


class SaleSource(msgspec.Struct, frozen=True):
    purchase: PurchaseRow

    @property
    def id(self) -> PurchaseId:
        return self.purchase.id

    @property
    def status(self) -> PurchaseStatus:
        return self.purchase.status

    @property
    def created_at(self) -> datetime:
        return self.purchase.created_at


_Source = strawberry.Parent[SaleSource]


def resolve_id(root: _Source) -> strawberry.ID:
    return public_id("Sale", root.id)


resolve_agent = by_key(lambda ctx: ctx.loaders.agents, lambda root: root.purchase.agent_id)


async def resolve_breakdown(root: _Source, info: Info) -> Breakdown:
    return await load_breakdown(root.purchase, info)


def mask_email(email: str) -> str:
    """Gives 'b…@e…': enough to recognise a person one knows, too little to write to."""
    name, _, host = email.partition("@")
    return f"{name[:1]}…@{host[:1]}…"


resolve_buyer_hint = by_key(
    lambda ctx: ctx.loaders.users,
    lambda root: root.purchase.buyer_id,
    lambda buyer: mask_email(buyer.email) if buyer is not None else "…",
)


async def _find(ctx: Context, row_id: PurchaseId) -> SaleSource | None:
    """A settled sale, for its creator and staff."""
    READER.require(ctx)
    purchase = await ctx.loaders.purchases.load(row_id)
    if purchase is None or purchase.paid_at is None:
        return None
    creator = await ctx.loaders.creators.load(purchase.creator_id)
    if creator is None or not is_own_profile(ctx, creator):
        if not ctx.actor.is_staff:
            return None
        ctx.reading.record_staff_read("sale", purchase.id)
    return SaleSource(purchase)


register_node("Sale", (SaleSource,), _find)
