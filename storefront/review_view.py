"""Reviews of an agent as pages show them: a page of them, their authors' names, the histogram."""

from collections.abc import Mapping, Sequence

import msgspec

from chenu.accounts.actor import UserId
from chenu.accounts.users import list_users
from chenu.agents.buyer_reviews import ReviewRow, list_reviews
from chenu.agents.ratings import Rating, get_rating
from chenu.agents.rows import AgentRow
from chenu.core.paging import Page, PageRequest

LATEST_REVIEWS = 3
"""On the product page itself."""


class Reviews(msgspec.Struct, frozen=True):
    rating: Rating
    page: Page[ReviewRow]
    authors: Mapping[UserId, str]

    @property
    def bars(self) -> Sequence[tuple[int, int]]:
        """Stars and their number of reviews, the most stars first."""
        return list(enumerate(self.rating.counts, start=1))[::-1]


async def show_reviews(agent: AgentRow, request: PageRequest) -> Reviews:
    page = await list_reviews(agent.id, request)
    users = await list_users([row.author_id for row in page.rows]) if page.rows else []
    authors = {user.id: user.display_name for user in users}
    return Reviews(await get_rating(agent.id), page, authors)
