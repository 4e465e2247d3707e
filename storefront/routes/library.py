"""The agents that an account has added or bought: searched, ordered, put away and brought back."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.agents.access import GrantRow, choose_version
from chenu.agents.library import (
    LibraryRow,
    LibrarySort,
    bring_back,
    list_library,
    list_library_creators,
    put_away,
)
from chenu.agents.model import AgentId, GrantId, GrantSource, PurchaseId
from chenu.agents.payments import PaymentRow, list_payments
from chenu.agents.purchases import list_purchases_by_id
from chenu.agents.queries import list_agents_by_id
from chenu.agents.rows import AgentRow
from chenu.agents.updates import list_offered
from chenu.billing.subscriptions import SubscriptionRow, list_subscriptions_by_stripe_id
from chenu.core.clock import business_now
from chenu.core.paging import Key
from chenu.flows.executions.page_runs import list_run_offers
from chenu.flows.withdrawal_terms import may_withdraw
from storefront.access import SIGNED_IN, for_right
from storefront.forms import FormView, HttpRequest, read_query
from storefront.library_form import read_library_search
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.run_form import RunView, form_name
from storefront.visitor import account_of

PAGE_SIZE = 24


@get("/library", opt=SIGNED_IN)
async def show_library(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    account_id, now = account_of(pages.request_context.actor), business_now()
    fields = read_query(request)
    search = read_library_search(fields, pages.locale)
    cursors = pages.cursors.of_list("library", account_id, *search.query.identity)
    pager = Pager(cursors, search.url(), PAGE_SIZE)
    grants, creators = await asyncio.gather(
        list_library(account_id, pager.read(fields), search.query),
        list_library_creators(account_id),
    )
    agents = await list_agents_by_id([grant.agent_id for grant in grants.rows])
    return pages.show(
        "library/page.html",
        422 if search.form.errors else 200,
        grants=grants.rows,
        search=search,
        form=search.form,
        creators=creators,
        agents={agent.id: agent for agent in agents},
        payments=await _list_payments(grants.rows),
        subscriptions=await _find_subscriptions(grants.rows),
        offered=await list_offered(grants.rows, agents),
        views=await _find_views(pages, agents, grants.rows),
        now=now,
        may_move=pages.request_context.actor.has_right(Right.BUY_AGENTS),
        returnable=[row.id for row in grants.rows if may_withdraw(row.starts_at, now)],
        links=pager.links(grants, partial(_key, search.query.sort)),
    )


async def _list_payments(
    grants: Sequence[LibraryRow],
) -> dict[PurchaseId | None, list[PaymentRow]]:
    """What was paid for each, the newest first, with its receipt and invoice."""
    bought = [grant.purchase_id for grant in grants if grant.purchase_id is not None]
    found: dict[PurchaseId | None, list[PaymentRow]] = defaultdict(list)
    for payment in await list_payments(bought):
        found[payment.purchase_id].append(payment)
    return found


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


async def _find_views(
    pages: Pages, agents: Sequence[AgentRow], grants: Sequence[GrantRow]
) -> dict[AgentId, RunView]:
    """Their forms to run them; none for whoever may only read here."""
    if not pages.request_context.actor.has_right(Right.USE_AGENTS):
        return {}
    usable = {grant.agent_id: grant for grant in grants if grant.is_usable(business_now())}
    used = {agent.id: choose_version(agent, usable.get(agent.id)) for agent in agents}
    offers = await list_run_offers(agents, used)
    return {id_: RunView(FormView(form_name(id_)), offer) for id_, offer in offers.items()}


def _key(sort: LibrarySort, grant: LibraryRow) -> Key:
    return grant.key(sort)


@post("/library/{grant_id:uuid}/away", opt=for_right(Right.BUY_AGENTS))
async def put_grant_away(pages: NamedDependency[Pages], grant_id: FromPath[UUID]) -> Page:
    await put_away(pages.request_context.actor, GrantId(grant_id))
    return pages.go("/library?notice=put-away")


@post("/library/{grant_id:uuid}/back", opt=for_right(Right.BUY_AGENTS))
async def bring_grant_back(pages: NamedDependency[Pages], grant_id: FromPath[UUID]) -> Page:
    await bring_back(pages.request_context.actor, GrantId(grant_id))
    return pages.go("/library?notice=brought-back")
