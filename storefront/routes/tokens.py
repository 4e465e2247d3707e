"""The account's tokens: what can be spent, where it comes from, and how to get more."""

from collections.abc import Iterable
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency

from chenu.accounts.actor import AccountId
from chenu.agents.model import AgentId, AgentKind
from chenu.agents.queries import list_agents_by_id
from chenu.agents.rows import AgentRow
from chenu.tokens.statement import list_recent
from chenu.tokens.wallet import get_wallet, list_grants
from storefront.access import SIGNED_IN
from storefront.meter import find_meter
from storefront.pack_offers import pack_values
from storefront.pages import Page, Pages
from storefront.visitor import account_of

_RECENT = 10


@get("/tokens", opt=SIGNED_IN)
async def show_tokens(pages: NamedDependency[Pages]) -> Page:
    actor = pages.request_context.actor
    account_id = account_of(actor)
    entries = await list_recent(account_id, limit=_RECENT)
    grants = await list_grants(account_id)
    agents = [entry.agent_id for entry in entries] + [grant.agent_id for grant in grants]
    packs = {} if pages.is_fragment else await pack_values(actor, account_id, pages.locale)
    return pages.show(
        "tokens/_wallet.html" if pages.is_fragment else "tokens/page.html",
        meter=pages.meter or await find_meter(actor),
        wallet=await get_wallet(account_id),
        grants=grants,
        entries=entries,
        agent_names=await name_agents(pages, agents),
        **packs,
    )


async def name_agents(pages: Pages, agent_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """In the visitor's language. Drafts of others have no name here, whoever spent for their id."""
    wanted = {AgentId(agent_id) for agent_id in agent_ids if agent_id is not None}
    found = await list_agents_by_id(list(wanted)) if wanted else []
    account_id = account_of(pages.request_context.actor)
    shown = (agent for agent in found if _is_known(agent, account_id))
    return {agent.id: agent.text(pages.locale).name for agent in shown}


def _is_known(agent: AgentRow, account_id: AccountId) -> bool:
    is_own = account_id in (agent.account_id, agent.creator_account)
    return is_own or (agent.kind is not AgentKind.CUSTOM and agent.published_at is not None)
