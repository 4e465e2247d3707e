"""Reviews that staff removed: they are not shown, and their stars do not count."""

from datetime import datetime

from chenu.agents.buyer_reviews import ReviewRow, list_reviews_by_id
from chenu.agents.model import ReviewId
from chenu.agents.queries import lock_agent
from chenu.agents.ratings import has_bought
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import NotFound


async def get_review(review_id: ReviewId) -> ReviewRow:
    """For staff: also one that is not shown. Raises NotFound."""
    found = await list_reviews_by_id([review_id])
    if not found:
        raise NotFound("There is no such review", path=("review_id",))
    return found[0]


async def lock_review(review_id: ReviewId) -> ReviewRow:
    """What was bought is locked first, then the agent, as where a review is written."""
    review = await get_review(review_id)
    await has_bought(review.agent_id, review.account_id, lock=True)
    await lock_agent(review.agent_id)
    return await get_review(review_id)


async def hide_review(review_id: ReviewId) -> None:
    """The caller holds its locks."""
    await _set_removed(review_id, business_now(), -1)


async def put_back_review(review_id: ReviewId) -> None:
    """In the caller's transaction. One that is not removed stays as it is."""
    await lock_review(review_id)
    await _set_removed(review_id, None, 1)


async def _set_removed(review_id: ReviewId, removed_at: datetime | None, step: int) -> None:
    """Only what is bought was counted, and is counted again."""
    sql = """
        WITH changed AS (
            UPDATE agent_review SET removed_at = $2::timestamptz
            WHERE id = $1 AND (removed_at IS NULL) <> ($2::timestamptz IS NULL)
            RETURNING agent, rating, is_bought)
        UPDATE agent a SET review_count = a.review_count + $3::int,
            rating_sum = a.rating_sum + $3::int * c.rating
        FROM changed c WHERE a.id = c.agent AND c.is_bought
    """
    await db.execute(sql, review_id, removed_at, step)
