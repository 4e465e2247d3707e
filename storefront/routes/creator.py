"""The creator's pages: joining, payouts, earnings, sales and agents."""

import asyncio

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.actor import Actor
from chenu.accounts.roles import Right
from chenu.agents.creators import get_own_creator, update_creator
from chenu.agents.earnings import get_earnings
from chenu.agents.funnel import list_funnels
from chenu.agents.purchases import list_sales
from chenu.agents.queries import (
    find_creator_of,
    list_agents_by_id,
    list_changes,
    list_own_agents,
)
from chenu.agents.rows import AgentRow, CreatorRow
from chenu.billing import connect_accounts
from chenu.core.errors import ChenuError, ProviderUnavailable
from chenu.core.paging import Key
from chenu.flows.creators.onboard_creator import (
    CreatorInput,
    become_creator,
    make_login_link,
    make_onboarding_link,
    refresh_own_connect_state,
)
from chenu.flows.purchases.reversals import get_debt
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import require_feature
from storefront.access import SIGNED_IN, for_right
from storefront.earnings_chart import draw_earnings
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.routes.account_page import key_of_purchase, payments_by_purchase

_AGENTS = 20
_SALES = 15
_JOIN_FIELDS = ("handle", "display_name", "bio", "country")


@get("/creator", opt=SIGNED_IN)
async def show_desk(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    creator = await find_creator_of(pages.request_context.actor.require_user())
    if creator is None:
        return pages.go("/creator/join")
    return await _render_desk(pages, creator, read_query(request), FormView("profile"))


async def _render_desk(
    pages: Pages, creator: CreatorRow, query: Fields, form: FormView, status: int = 200
) -> Page:
    earnings, account, agents, sales, debt, funnels = await asyncio.gather(
        get_earnings(creator.id, None, None),
        connect_accounts.find_of_user(creator.owner_id),
        _read_agents(pages, creator, query),
        _read_sales(pages, creator, query),
        get_debt(creator.id),
        list_funnels(creator.id),
    )
    return pages.show(
        "creator/page.html",
        status,
        creator=creator,
        account=account,
        earnings=earnings,
        chart=draw_earnings(earnings.series),
        form=form,
        debt=debt,
        funnels=funnels,
        **agents,
        **sales,
    )


async def _read_agents(pages: Pages, creator: CreatorRow, query: Fields) -> dict[str, object]:
    cursors = pages.cursors.of_list("own agents", creator.id)
    pager = Pager(cursors, "/creator", _AGENTS, "agents_", "#agents")
    found = await list_own_agents(creator.id, pager.read(query))
    changes = await list_changes([agent.id for agent in found.rows])
    return {
        "agents": found.rows,
        "changes": {change.agent_id: change for change in changes},
        "agent_links": pager.links(found, key_of_agent),
    }


def key_of_agent(agent: AgentRow) -> Key:
    return (str(agent.id), str(agent.id))


async def _read_sales(pages: Pages, creator: CreatorRow, query: Fields) -> dict[str, object]:
    cursors = pages.cursors.of_list("sales", creator.id)
    pager = Pager(cursors, "/creator", _SALES, "sales_", "#sales")
    found = await list_sales(creator.id, pager.read(query))
    agents = await list_agents_by_id([sale.agent_id for sale in found.rows])
    return {
        "sales": found.rows,
        "sold": {agent.id: agent for agent in agents},
        "payments": await payments_by_purchase(found.rows),
        "sale_links": pager.links(found, key_of_purchase),
    }


@post("/creator/profile", opt=for_right(Right.MAKE_AGENTS))
async def save_creator(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    try:
        await update_creator(
            pages.request_context.actor, fields.find("display_name"), fields.find("bio")
        )
    except REFUSALS as error:
        creator = await get_own_creator(pages.request_context.actor)
        form = pages.refused("profile", keep(fields, ("display_name", "bio")), error)
        return await _render_desk(pages, creator, Fields({}), form, pages.status(error))
    return pages.go("/creator?notice=creator")


@get("/creator/join", opt=SIGNED_IN)
async def show_join(pages: NamedDependency[Pages]) -> Page:
    if await find_creator_of(pages.request_context.actor.require_user()) is not None:
        return pages.go("/creator")
    return _render_join(pages, FormView("join", {"country": "fr"}))


def _render_join(pages: Pages, form: FormView, status: int = 200) -> Page:
    refusal = _why_not_join(pages.request_context.actor)
    return pages.show("creator/join.html", status, form=form, refusal=refusal)


def _why_not_join(actor: Actor) -> ChenuError | None:
    """What must be done before joining; None if the form may be filled in."""
    try:
        require_feature(actor.entitlements, Feature.MARKETPLACE)
        actor.require_verified()
    except ChenuError as refusal:
        return refusal
    return None


@post("/creator/join", opt=for_right(Right.MAKE_AGENTS))
async def join(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    fields = await read_form(request)
    data = CreatorInput(**{name: fields.text(name) for name in _JOIN_FIELDS})
    try:
        await become_creator(pages.request_context.actor, data)
    except REFUSALS as error:
        form = pages.refused("join", keep(fields, _JOIN_FIELDS), error)
        return _render_join(pages, form, pages.status(error))
    return pages.go("/creator/legal?notice=joined")


async def _find_page_before_onboarding(pages: Pages) -> Page | None:
    """Onboarding asks Stripe: not for a HEAD request, nor for a person who has not joined yet."""
    if pages.request_context.is_head:
        return pages.go("/creator")
    if await find_creator_of(pages.request_context.actor.require_user()) is None:
        return pages.go("/creator/join")
    return None


@get("/creator/onboarding", opt=for_right(Right.MAKE_AGENTS))
async def open_onboarding(
    pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """Redirects to Stripe's single-use page, whose link is created for this click."""
    elsewhere = await _find_page_before_onboarding(pages)
    if elsewhere is not None:
        return elsewhere
    link = await make_onboarding_link(services, pages.request_context.actor)
    return pages.go(link or "/creator?notice=payouts-ready")


@get("/creator/onboarding/account", opt=for_right(Right.MAKE_AGENTS))
async def open_payout_account(
    pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """Redirects to Stripe's page of the account, for another bank account; made for this click.

    Each is in the audit trail, so that a link of another site leads to the desk.
    """
    if not pages.request_context.origin_ok:
        return pages.go("/creator")
    elsewhere = await _find_page_before_onboarding(pages)
    if elsewhere is not None:
        return elsewhere
    link = await make_login_link(services, pages.request_context.actor)
    return pages.go(link or "/creator/onboarding")


@get("/creator/onboarding/return", opt=for_right(Right.MAKE_AGENTS))
async def return_from_onboarding(
    pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """Returning from Stripe does not prove completion, so that Stripe is asked."""
    elsewhere = await _find_page_before_onboarding(pages)
    if elsewhere is not None:
        return elsewhere
    try:
        creator = await refresh_own_connect_state(services, pages.request_context.actor)
    except ProviderUnavailable:
        return pages.go("/creator?notice=payouts-waiting")
    is_ready = creator.payouts_ready
    return pages.go(f"/creator?notice={'payouts-ready' if is_ready else 'payouts-waiting'}")
