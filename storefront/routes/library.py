"""The agents that an account has added or bought, and their status."""

from collections.abc import Sequence

from litestar import get
from litestar.di import NamedDependency

from chenu.accounts.roles import Right
from chenu.agents.access import GrantRow, list_library
from chenu.agents.model import AgentId, GrantSource, PurchaseId
from chenu.agents.purchases import list_purchases_by_id
from chenu.agents.queries import list_agents_by_id
from chenu.agents.rows import AgentRow
from chenu.billing.subscriptions import SubscriptionRow, list_subscriptions_by_stripe_id
from chenu.core.clock import business_now
from chenu.core.paging import Key
from chenu.flows.executions.page_runs import list_run_offers
from chenu.flows.withdrawal_terms import may_withdraw
from storefront.access import SIGNED_IN
from storefront.forms import FormView, HttpRequest, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.run_form import RunView, form_name
from storefront.visitor import account_of

PAGE_SIZE = 24


@get("/library", opt=SIGNED_IN)
async def show_library(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    account_id, now = account_of(pages.request_context.actor), business_now()
    pager = Pager(pages.cursors.of_list("library", account_id), "/library", PAGE_SIZE)
    grants = await list_library(account_id, pager.read(read_query(request)))
    agents = await list_agents_by_id([grant.agent_id for grant in grants.rows])
    return pages.show(
        "library/page.html",
        grants=grants.rows,
        agents={agent.id: agent for agent in agents},
        subscriptions=await _find_subscriptions(grants.rows),
        views=await _find_views(pages, agents),
        now=now,
        returnable=[row.id for row in grants.rows if may_withdraw(row.starts_at, now)],
        links=pager.links(grants, _key),
    )


async def _find_subscriptions(
    grants: Sequence[GrantRow],
) -> dict[PurchaseId | None, SubscriptionRow]:
    """Of what is paid by the month, by its purchase."""
    monthly = [grant.purchase_id for grant in grants if grant.source == GrantSource.SUBSCRIPTION]
    bought = [purchase_id for purchase_id in monthly if purchase_id is not None]
    if not bought:
        return {}
    purchases = {row.stripe_subscription_id: row.id for row in await list_purchases_by_id(bought)}
    found = await list_subscriptions_by_stripe_id([each for each in purchases if each])
    return {purchases[row.stripe_subscription_id]: row for row in found}


async def _find_views(pages: Pages, agents: list[AgentRow]) -> dict[AgentId, RunView]:
    """Their forms to run them; none for whoever may only read here."""
    if not pages.request_context.actor.has_right(Right.USE_AGENTS):
        return {}
    offers = await list_run_offers(agents)
    return {id_: RunView(FormView(form_name(id_)), offer) for id_, offer in offers.items()}


def _key(grant: GrantRow) -> Key:
    return (str(grant.id), str(grant.id))
