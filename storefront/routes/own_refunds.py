"""The buyer gives an agent back: what would go back is shown first, then confirmed."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.agents.model import PurchaseId
from chenu.agents.purchases import get_own_purchase
from chenu.agents.queries import find_agent
from chenu.core.errors import BrokenRequest, ChenuError, Invalid, NotFound
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.purchases.refund_plans import RefundPlan, RefundSaleInput, plan_refund
from chenu.flows.purchases.refunds import refund_sale
from chenu.flows.services import Services
from storefront.access import for_right
from storefront.forms import REFUSALS, FormView, HttpRequest, read_form
from storefront.pages import Page, Pages
from storefront.visitor import account_of

_REFUSED = (*REFUSALS, BrokenRequest)
_FORM = "refund"


@get("/purchases/{purchase_id:uuid}/refund", opt=for_right(Right.BUY_AGENTS))
async def show_refund(pages: NamedDependency[Pages], purchase_id: FromPath[UUID]) -> Page:
    return await _render(pages, PurchaseId(purchase_id), FormView(_FORM))


async def _render(pages: Pages, purchase_id: PurchaseId, form: FormView, status: int = 200) -> Page:
    """With the plan, or with why it cannot be given back and where to turn to."""
    purchase = await get_own_purchase(account_of(pages.request_context.actor), purchase_id)
    agent = await find_agent(purchase.agent_id)
    if agent is None:
        raise NotFound("There is no such agent")
    plan = await _plan(pages, purchase_id)
    return pages.show(
        "purchases/refund.html",
        status,
        purchase=purchase,
        agent=agent,
        text=agent.text(pages.locale),
        plan=plan if isinstance(plan, RefundPlan) else None,
        refusal=plan if isinstance(plan, ChenuError) else None,
        form=form,
        idempotency_key=new_id().hex,
    )


async def _plan(pages: Pages, purchase_id: PurchaseId) -> RefundPlan | ChenuError:
    data = RefundSaleInput(purchase_id, None, None, "")
    try:
        return await plan_refund(pages.request_context.actor, data)
    except REFUSALS as refusal:
        return refusal


@post("/purchases/{purchase_id:uuid}/refund", opt=for_right(Right.BUY_AGENTS))
async def refund(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    purchase_id: FromPath[UUID],
) -> Page:
    fields, row_id = await read_form(request), PurchaseId(purchase_id)
    actor = pages.request_context.actor
    await get_own_purchase(account_of(actor), row_id)
    try:
        amount = _read_cents(fields.text("expected_amount"))
        data = RefundSaleInput(row_id, None, amount, "")
        done = await refund_sale(services, actor, data, fields.text("idempotency_key"))
    except _REFUSED as error:
        form = pages.refused(_FORM, {}, error)
        return await _render(pages, row_id, form, pages.status(error))
    return pages.go(f"/purchases/{row_id}?notice=own-refund-{done.state.lower()}")


def _read_cents(text: str) -> Cents:
    """What our own page has sent along."""
    if not text.isascii() or not text.isdecimal() or len(text) > 12:
        raise Invalid("Please enter a whole number", path=("expected_amount",))
    return Cents(int(text))
