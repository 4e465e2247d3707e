"""Ratings of agents: of each the sum and number, which lists read, and its histogram.

Only reviews by accounts that still have bought the agent count: see `follow_purchase`.
"""

from collections.abc import Sequence

import msgspec

from chenu.accounts.actor import AccountId
from chenu.agents.model import AgentId, PurchaseId, ReviewId
from chenu.core import db

STARS = 5
_IS_BOUGHT = """o.paid_at IS NOT NULL
    AND o.status IN ('PAID', 'PARTIALLY_REFUNDED', 'ACTIVE', 'PAST_DUE', 'CANCELED',
        'ENDED')"""
"""Of a purchase `o`: it was settled, and neither returned nor disputed. One that was cancelled is
used until its period ends.
"""


class Rating(msgspec.Struct, frozen=True):
    """`counts` are the numbers of reviews with 1 to 5 stars."""

    agent_id: AgentId
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def hundredths(self) -> int | None:
        """The average in hundredths of a star; None without reviews."""
        if not self.total:
            return None
        stars = sum(each * count for each, count in enumerate(self.counts, start=1))
        return (stars * 100 + self.total // 2) // self.total


class _Count(msgspec.Struct, frozen=True):
    agent_id: AgentId
    rating: int
    reviews: int


async def list_ratings(agent_ids: Sequence[AgentId]) -> list[Rating]:
    """One for each of the agents, in their order."""
    sql = """
        SELECT agent AS agent_id, rating, count(*)::int AS reviews FROM agent_review
        WHERE agent = ANY($1) AND is_bought AND removed_at IS NULL GROUP BY agent, rating
    """
    rows = await db.fetch_all(_Count, sql, list(agent_ids))
    found = {(row.agent_id, row.rating): row.reviews for row in rows}
    stars = range(1, STARS + 1)
    return [Rating(each, tuple(found.get((each, star), 0) for star in stars)) for each in agent_ids]


async def get_rating(agent_id: AgentId) -> Rating:
    [rating] = await list_ratings([agent_id])
    return rating


async def has_bought(agent_id: AgentId, account_id: AccountId, *, lock: bool = False) -> bool:
    """Whether the account paid for it, or took it for free, and it was not returned.

    `lock` holds what says so until the caller's transaction ends.
    """
    suffix = " FOR NO KEY UPDATE" if lock else ""
    sql = f"""
        SELECT 1 FROM purchase o WHERE o.account = $1 AND o.agent = $2 AND {_IS_BOUGHT}
        ORDER BY o.id LIMIT 1{suffix}
    """  # noqa: S608 - own fragments
    return bool(await db.fetch_value(sql, account_id, agent_id))


async def follow_purchase(purchase_id: PurchaseId) -> None:
    """Shows or hides the account's review with the state of what it bought, unless it is removed.

    In the transaction that moves that state.
    """
    sql = f"""
        WITH changed AS (
            UPDATE agent_review r SET is_bought = NOT r.is_bought FROM purchase p
            WHERE p.id = $1 AND r.agent = p.agent AND r.account = p.account
                AND r.is_bought <> EXISTS (SELECT 1 FROM purchase o
                    WHERE o.account = p.account AND o.agent = p.agent AND {_IS_BOUGHT})
            RETURNING r.agent, CASE WHEN r.is_bought THEN 1 ELSE -1 END AS step, r.rating,
                r.removed_at)
        UPDATE agent a SET review_count = a.review_count + c.step,
            rating_sum = a.rating_sum + c.step * c.rating
        FROM changed c WHERE a.id = c.agent AND c.removed_at IS NULL
    """  # noqa: S608 - own fragments
    await db.execute(sql, purchase_id)


async def count_review(agent_id: AgentId, review_id: ReviewId) -> None:
    """A new review, in its transaction."""
    sql = """
        UPDATE agent a SET review_count = a.review_count + 1, rating_sum = a.rating_sum + r.rating
        FROM agent_review r WHERE a.id = $1 AND r.id = $2 AND r.is_bought
    """
    await db.execute(sql, agent_id, review_id)


async def add_stars(agent_id: AgentId, stars: int) -> None:
    """What a review has more, or less, than the one that it replaces."""
    await db.execute("UPDATE agent SET rating_sum = rating_sum + $2 WHERE id = $1", agent_id, stars)
