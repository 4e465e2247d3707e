"""How the fields of a review are resolved, and the lists of an agent's."""

import strawberry

from chenu.agents.buyer_reviews import ReviewRow, list_reviews
from chenu.agents.model import ReviewId
from chenu.agents.rows import AgentRow
from chenu.core.staleness import ReadKind
from chenu_graphql.agents import AgentSource, is_visible
from chenu_graphql.connection import (
    After,
    Before,
    ConnectionSource,
    First,
    Last,
    PageArguments,
    by_row_id,
    read_page,
)
from chenu_graphql.context import Context, Info
from chenu_graphql.ids import public_id
from chenu_graphql.nodes import register_node
from chenu_graphql.relations import by_key

_MOST_COUNTED = 1001
_Source = strawberry.Parent[ReviewRow]


def resolve_id(root: _Source) -> strawberry.ID:
    return public_id("Review", root.id)


resolve_author = by_key(
    lambda ctx: ctx.stale_loaders.users,
    lambda root: root.author_id,
    lambda author: author.display_name if author is not None else "…",
)
resolve_histogram = by_key(
    lambda ctx: ctx.stale_loaders.ratings, lambda root: root.id, lambda rating: list(rating.counts)
)


async def page_reviews(
    root: AgentSource,
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[ReviewRow]:
    ctx = info.context
    cursors = ctx.cursors.of_list("reviews", root.id)
    page = read_page(cursors, PageArguments(first, after, last, before))
    reviews = await ctx.read_stale(ReadKind.API, list_reviews, root.id, page)

    async def count() -> int:
        return min(root.review_count, _MOST_COUNTED)

    return ConnectionSource(cursors, reviews, by_row_id, count)


async def _find(ctx: Context, row_id: ReviewId) -> ReviewRow | None:
    """One that is shown, of an agent that the caller may see."""
    review = await ctx.stale_loaders.reviews.load(row_id)
    if review is None or not review.is_shown:
        return None
    agent: AgentRow | None = await ctx.stale_loaders.agents.load(review.agent_id)
    return review if agent is not None and await is_visible(ctx, agent) else None


register_node("Review", (ReviewRow,), _find)
