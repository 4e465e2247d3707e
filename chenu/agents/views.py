"""How often the pages of agents were shown, by day: sums without anything of who looked.

Counted in Valkey, so that showing a page writes no row; a recurring task stores the sums.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from chenu.agents.model import AgentId, CreatorId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.tallies import Tallies

_TALLY = "agent_views"


async def count_view(tallies: Tallies, agent_id: AgentId) -> None:
    """One view, today; lost where Valkey is out of reach."""
    await tallies.add(_TALLY, f"{business_now().date().isoformat()} {agent_id}")


async def store_views(tallies: Tallies) -> int:
    """Moves what was counted into its rows; how many rows. What cannot be stored is put back."""
    counted = await tallies.take(_TALLY)
    if not counted:
        return 0
    try:
        return await _add(counted)
    except Exception:
        await tallies.put_back(_TALLY, counted)
        raise


async def _add(counted: Mapping[str, int]) -> int:
    """An agent that was deleted meanwhile has no row any more."""
    days, agents = zip(*(member.split(" ") for member in counted), strict=True)
    sql = """
        INSERT INTO agent_view_day (id, agent, day, views, stored_at)
        SELECT new.id, new.agent, new.day, new.views, $5
        FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::bigint[])
            AS new (id, agent, day, views)
        JOIN agent ON agent.id = new.agent
        ORDER BY new.agent, new.day
        ON CONFLICT (agent, day) DO UPDATE SET
            views = agent_view_day.views + excluded.views, stored_at = excluded.stored_at
    """
    return await db.execute(
        sql,
        [new_id() for _ in counted],
        [UUID(agent) for agent in agents],
        [date.fromisoformat(day) for day in days],
        list(counted.values()),
        business_now(),
    )


async def sum_views(creator_id: CreatorId, days: int) -> int:
    """Of all of a creator's agents, in so many days up to today."""
    sql = """
        SELECT coalesce(sum(views), 0) FROM agent_view_day
        WHERE agent = ANY(ARRAY(SELECT id FROM agent WHERE creator = $1)) AND day > $2
    """
    since = business_now().date() - timedelta(days=days)
    return int(await db.fetch_value(sql, creator_id, since))
