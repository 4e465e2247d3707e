"""The account's plan: what it is, starting one, leaving it, coming back; and its invoices."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.billing.contracts import find_running_contract
from chenu.billing.invoices import InvoiceRow, list_invoices
from chenu.billing.recurring import BillingInterval
from chenu.billing.subscription_orders import OrderId
from chenu.billing.subscriptions import find_plan
from chenu.core.errors import BrokenRequest, ChenuError
from chenu.core.ids import new_id
from chenu.core.paging import Key
from chenu.flows.services import Services
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan, resume_plan
from chenu.flows.subscriptions.sequence import look_again
from chenu.flows.subscriptions.start import StartInput, is_trial_due, start_subscription
from chenu.flows.subscriptions.state import OrderReport, OrderState, report_order
from chenu.tiers.catalogue import TIERS, TRIAL_DAYS, TierCode, get_tier
from storefront.access import SIGNED_IN, for_right
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.visitor import account_of

WAITING = (OrderState.OPEN, OrderState.CONFIRMING)
"""States that may change by themselves: the page is refreshed every two seconds."""

PAGE_SIZE = 20
_FIELDS = ("tier", "interval", "trial")
_SOLD = tuple(tier for tier in TIERS if tier.monthly_price)


@get("/account/plan", opt=SIGNED_IN)
async def show_plan(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """A link may choose tier and interval in the form."""
    await look_again(services, account_of(pages.request_context.actor))
    form = FormView("plan", keep(read_query(request), _FIELDS))
    return await _render_plan(pages, form)


async def _render_plan(pages: Pages, form: FormView, status: int = 200) -> Page:
    actor = pages.request_context.actor
    account_id = account_of(actor)
    plan = await find_plan(account_id)
    return pages.show(
        "plan/page.html",
        status,
        form=form,
        plan=plan,
        contract=await find_running_contract(account_id),
        plan_tier=get_tier(plan.item) if plan else None,
        scheduled_tier=get_tier(plan.scheduled_item) if plan and plan.scheduled_item else None,
        pending_tier=get_tier(plan.pending_item) if plan and plan.pending_item else None,
        tier=get_tier(actor.tier),
        may_change=actor.has_right(Right.MANAGE_PLAN),
        may_see_invoices=actor.has_right(Right.READ_INVOICES),
        sold=_SOLD,
        trial_days=TRIAL_DAYS if await is_trial_due(account_id) else 0,
        idempotency_key=new_id().hex,
    )


@post("/account/plan/start", opt=for_right(Right.MANAGE_PLAN))
async def start_plan(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """On to Stripe's page."""
    fields = await read_form(request)
    try:
        order = await start_subscription(
            services,
            pages.request_context.actor,
            _read_start(fields, pages),
            fields.text("idempotency_key"),
        )
    except (*REFUSALS, BrokenRequest) as refusal:
        return await _show_again(pages, fields, refusal)
    page = order.checkout_url if order.is_pending else None
    return pages.go(page or f"/account/plan/orders/{order.id}")


def _read_start(fields: Fields, pages: Pages) -> StartInput:
    return StartInput(
        tier=fields.read_choice("tier", TierCode),
        interval=fields.read_choice("interval", BillingInterval),
        locale=pages.locale,
        trial=fields.text("trial") != "no",
    )


async def _show_again(pages: Pages, fields: Fields, refusal: ChenuError) -> Page:
    form = pages.refused("plan", keep(fields, _FIELDS), refusal)
    return await _render_plan(pages, form, pages.status(refusal))


@post("/account/plan/cancel", opt=for_right(Right.MANAGE_PLAN))
async def leave_plan(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    fields = await read_form(request)
    data = CancelInput(reason=fields.text("reason") or None)
    try:
        await cancel_plan(
            services, pages.request_context.actor, data, fields.text("idempotency_key")
        )
    except (*REFUSALS, BrokenRequest) as refusal:
        return await _show_again(pages, fields, refusal)
    return pages.go("/account/plan?notice=plan-canceled")


@post("/account/plan/resume", opt=for_right(Right.MANAGE_PLAN))
async def take_plan_up_again(
    pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    try:
        await resume_plan(services, pages.request_context.actor)
    except (*REFUSALS, BrokenRequest) as refusal:
        return await _show_again(pages, Fields({}), refusal)
    return pages.go("/account/plan?notice=plan-resumed")


@get("/account/plan/orders/{order_id:uuid}", opt=SIGNED_IN)
async def show_order(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    order_id: FromPath[UUID],
) -> Page:
    """Where Stripe's page leads back to, paid or not."""
    account_id = account_of(pages.request_context.actor)
    report = await report_order(services, account_id, OrderId(order_id))
    if pages.is_fragment and read_query(request).text("seen") == report.state:
        return pages.nothing()
    return await _render_order(pages, report)


async def _render_order(pages: Pages, report: OrderReport) -> Page:
    return pages.show(
        "plan/_order.html" if pages.is_fragment else "plan/order.html",
        order=report.order,
        state=report.state,
        is_waiting=report.state in WAITING,
        order_tier=get_tier(report.order.item),
        plan=await find_plan(report.order.account_id),
    )


@get("/account/invoices", opt=for_right(Right.READ_INVOICES))
async def show_invoices(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    account_id = account_of(pages.request_context.actor)
    cursors = pages.cursors.of_list("invoices", account_id)
    pager = Pager(cursors, "/account/invoices", PAGE_SIZE)
    found = await list_invoices(account_id, pager.read(read_query(request)))
    return pages.show(
        "plan/invoices.html", invoices=found.rows, links=pager.links(found, _key_of_invoice)
    )


def _key_of_invoice(invoice: InvoiceRow) -> Key:
    return (str(invoice.id), str(invoice.id))
