"""What the shop shows beside the agents themselves: views of their pages, and staff's choice."""

from piccolo.columns import BigInt, Date, Integer, Timestamptz
from piccolo.table import Table

from chenu.agents.tables import Agent
from chenu.core.columns import belongs_to, business_time, primary_id


class AgentViewDay(Table, tablename="agent_view_day"):
    """How often an agent's page was shown on a day: a sum, nothing of who looked."""

    id = primary_id()
    agent = belongs_to(Agent)
    day = Date(default=None)
    views = BigInt(default=0)
    stored_at = business_time()


class FeaturedAgent(Table, tablename="featured_agent"):
    """An agent on the home page's first shelf; `place` orders them, `ends_at` None: for good."""

    id = primary_id()
    agent = belongs_to(Agent, unique=True)
    place = Integer()
    starts_at = business_time()
    ends_at = Timestamptz(default=None, null=True)
    created_at = business_time()
