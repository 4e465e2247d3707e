"""Buying an agent: the request, the state of the purchase, leaving it and taking it up again."""

from contextlib import suppress
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.agents.access import list_usable_grants
from chenu.agents.errors import price_changed
from chenu.agents.model import PurchaseId
from chenu.agents.payments import list_payments
from chenu.agents.purchases import PurchaseRow, get_own_purchase
from chenu.agents.queries import find_agent
from chenu.agents.refunds import list_sale_refunds
from chenu.agents.rows import AgentRow
from chenu.billing.invoices import list_open_invoices
from chenu.billing.subscriptions import find_subscription_by_stripe_id
from chenu.core.errors import BrokenRequest, ChenuError, Invalid, InvalidState, NotFound
from chenu.flows.agent_subscriptions.renewal import end_renewals, take_up_again
from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu.flows.purchases.refund_plans import find_return_deadline
from chenu.flows.purchases.state import PurchaseReport, PurchaseState, report_purchase
from chenu.flows.purchases.stopped_agents import is_stopped
from chenu.flows.services import Services
from storefront.access import SIGNED_IN, for_right
from storefront.forms import REFUSALS, Fields, HttpRequest, read_form, read_query
from storefront.pages import Page, Pages
from storefront.routes.store import get_shown_agent, render_agent
from storefront.visitor import account_of

WAITING = (PurchaseState.OPEN, PurchaseState.CONFIRMING, PurchaseState.DECLINED)
"""States that may change by themselves: the page is refreshed every two seconds."""


@post("/agents/{slug:str}/buy", opt=for_right(Right.BUY_AGENTS))
async def buy(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    slug: FromPath[str],
) -> Page:
    agent = await get_shown_agent(pages, slug)
    fields = await read_form(request)
    try:
        data = _read_input(fields, agent, pages)
        purchase = await buy_agent(
            services, pages.request_context.actor, data, fields.text("idempotency_key")
        )
    except (*REFUSALS, BrokenRequest) as refusal:
        return await _render_refusal(pages, slug, refusal)
    return pages.go(_next_address(purchase))


def _read_input(fields: Fields, agent: AgentRow, pages: Pages) -> BuyAgentInput:
    amount = fields.text("expected_amount")
    if not (amount.isascii() and amount.isdigit() and len(amount) <= 9):
        raise Invalid("The amount is a whole number of cents", path=("expected_amount",))
    if fields.text("expected_type") not in ("", agent.price_type):
        raise price_changed()
    return BuyAgentInput(
        agent_id=agent.id,
        expected_amount=int(amount),
        accept_immediate_supply=fields.is_ticked("accept_immediate_supply"),
        locale=pages.locale,
    )


def _next_address(purchase: PurchaseRow) -> str:
    if purchase.is_pending and purchase.checkout_url is not None:
        return purchase.checkout_url
    return f"/purchases/{purchase.id}"


async def _render_refusal(pages: Pages, slug: str, refusal: ChenuError) -> Page:
    """Renders the current page, as the price may have changed.

    The consent box is never preticked.
    """
    agent = await get_shown_agent(pages, slug)
    form = pages.refused("buy", {}, refusal)
    return await render_agent(pages, agent, form=form, status=pages.status(refusal))


@get("/purchases/{purchase_id:uuid}", opt=SIGNED_IN)
async def show_purchase(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    purchase_id: FromPath[UUID],
) -> Page:
    account_id = account_of(pages.request_context.actor)
    report = await report_purchase(services, account_id, PurchaseId(purchase_id))
    if pages.is_fragment and read_query(request).text("seen") == report.state:
        return pages.nothing()
    return await _render_purchase(pages, report)


async def _render_purchase(pages: Pages, report: PurchaseReport) -> Page:
    purchase = report.purchase
    agent = await find_agent(purchase.agent_id)
    if agent is None:
        raise NotFound("There is no such agent")
    stripe_id = purchase.stripe_subscription_id or ""
    return pages.show(
        "purchases/_state.html" if pages.is_fragment else "purchases/page.html",
        report=report,
        purchase=purchase,
        state=report.state,
        is_waiting=report.state in WAITING,
        agent=agent,
        text=agent.text(pages.locale),
        payments=await list_payments([purchase.id]),
        refunds=await list_sale_refunds([purchase.id]),
        returnable_until=await find_return_deadline(pages.request_context.actor, purchase),
        subscription=await find_subscription_by_stripe_id(stripe_id),
        open_invoices=await list_open_invoices(stripe_id),
        is_stopped=await is_stopped(agent),
        is_held=bool(await list_usable_grants(purchase.account_id, [agent.id])),
    )


@post("/purchases/{purchase_id:uuid}/cancel", opt=for_right(Right.BUY_AGENTS))
async def cancel_purchase(
    pages: NamedDependency[Pages], services: NamedDependency[Services], purchase_id: FromPath[UUID]
) -> Page:
    """Shows the state afterwards: it may have been paid, or have ended, just before."""
    account_id = account_of(pages.request_context.actor)
    purchase = await get_own_purchase(account_id, PurchaseId(purchase_id))
    with suppress(InvalidState):
        await end_renewals(services, purchase)
    return pages.go(f"/purchases/{purchase.id}")


@post("/purchases/{purchase_id:uuid}/resume", opt=for_right(Right.BUY_AGENTS))
async def resume_purchase(
    pages: NamedDependency[Pages], services: NamedDependency[Services], purchase_id: FromPath[UUID]
) -> Page:
    """Shows the state afterwards, and why it could not be taken up again."""
    account_id = account_of(pages.request_context.actor)
    purchase = await get_own_purchase(account_id, PurchaseId(purchase_id))
    with suppress(InvalidState):
        await take_up_again(services, purchase)
    return pages.go(f"/purchases/{purchase.id}")
