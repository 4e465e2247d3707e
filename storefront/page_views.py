"""Which requests for an agent's page count as views: those of people who may become its buyers."""

import re

from chenu.accounts.request_context import RequestContext
from chenu.agents.queries import is_own
from chenu.agents.rows import AgentRow
from storefront.forms import HttpRequest

_PROGRAMS = re.compile(
    r"bot|crawl|spider|slurp|scrap|fetch|preview|monitor|headless|lighthouse|archive|index"
    r"|curl|wget|python|httpx|aiohttp|java/|okhttp|go-http|libwww|perl|ruby|php|node|axios",
    re.IGNORECASE,
)
"""Of those that say what they are; whoever lies counts. A browser's User-Agent has none of them."""


def is_view(request: HttpRequest, request_context: RequestContext, agent: AgentRow) -> bool:
    """Its maker, staff, programs, and pages that a browser fetches in advance do not count."""
    actor = request_context.actor
    is_staff = actor.is_staff or actor.impersonator is not None
    if not agent.is_on_sale or is_staff or is_own(actor, agent):
        return False
    purpose = request.headers.get("sec-purpose") or request.headers.get("purpose") or ""
    agent_name = request_context.user_agent
    return "prefetch" not in purpose and bool(agent_name) and not _PROGRAMS.search(agent_name)
