"""Reviews of agents by those who bought them: rows, lists, and what a creator replies."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.agents.model import AgentId, ReviewId
from chenu.agents.ratings import add_stars, count_review
from chenu.agents.tables import AgentReview
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns


class ReviewRow(msgspec.Struct, frozen=True):
    """`is_bought` False: it was returned or is disputed. `removed_at`: staff removed the review."""

    id: ReviewId
    agent_id: AgentId
    account_id: AccountId
    author_id: UserId
    rating: int
    body: str
    is_bought: bool
    removed_at: datetime | None
    reply: str | None
    replied_at: datetime | None
    created_at: datetime

    @property
    def is_shown(self) -> bool:
        return self.is_bought and self.removed_at is None


_REVIEWS = Columns(
    ReviewRow, AgentReview, agent_id="agent", account_id="account", author_id="author"
)
_REVIEW = f"SELECT {_REVIEWS.select()} FROM agent_review"  # noqa: S608 - own columns


async def list_reviews(agent_id: AgentId, page: PageRequest) -> Page[ReviewRow]:
    """Those that are shown, the newest first."""
    condition = "agent = $1 AND is_bought AND removed_at IS NULL"
    return await fetch_page(ReviewRow, _REVIEW, condition, agent_id, page=page)


async def list_reviews_by_id(review_ids: Sequence[ReviewId]) -> list[ReviewRow]:
    """In no particular order, hidden ones included."""
    return await db.fetch_all(ReviewRow, f"{_REVIEW} WHERE id = ANY($1)", list(review_ids))


async def get_shown_review(review_id: ReviewId) -> ReviewRow:
    """Raises NotFound, also for one that is hidden."""
    found = await list_reviews_by_id([review_id])
    if not found or not found[0].is_shown:
        raise NotFound("There is no such review", path=("review_id",))
    return found[0]


async def find_review_of(account_id: AccountId, agent_id: AgentId) -> ReviewRow | None:
    """The account's one review of this agent, also while it is hidden or removed."""
    sql = f"{_REVIEW} WHERE agent = $1 AND account = $2"
    return await db.find_one(ReviewRow, sql, agent_id, account_id)


async def get_review_of(account_id: AccountId, agent_id: AgentId) -> ReviewRow:
    """Raises NotFound."""
    found = await find_review_of(account_id, agent_id)
    if found is None:
        raise NotFound("There is no such review", path=("agent_id",))
    return found


async def insert_review(row: ReviewRow) -> None:
    """The caller holds the lock of the agent, and knows that the account has no review of it."""
    await _REVIEWS.insert(row)
    await count_review(row.agent_id, row.id)


async def replace_review(earlier: ReviewRow, row: ReviewRow) -> None:
    """The stars, text and author of an account's review. The caller holds the lock of the agent."""
    sql = "UPDATE agent_review SET rating = $2, body = $3, author = $4 WHERE id = $1"
    await db.execute(sql, earlier.id, row.rating, row.body, row.author_id)
    if earlier.is_shown:
        await add_stars(row.agent_id, row.rating - earlier.rating)


async def write_reply(review_id: ReviewId, text: str) -> None:
    """In place of an earlier one."""
    sql = "UPDATE agent_review SET reply = $2, replied_at = $3 WHERE id = $1"
    await db.execute(sql, review_id, text, business_now())
