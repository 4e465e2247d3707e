"""The account's plan: what it is, starting one, leaving it, coming back."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.billing.contracts import find_running_contract
from chenu.billing.invoices import InvoiceRow, list_open_invoices
from chenu.billing.subscription_orders import OrderId
from chenu.billing.subscriptions import SubscriptionRow, find_plan
from chenu.core.errors import BrokenRequest, ChenuError, Invalid
from chenu.core.i18n import translate
from chenu.core.ids import new_id
from chenu.flows.coupons.codes import CouponOffer, TypedCode
from chenu.flows.plan_kinds import name_plan
from chenu.flows.services import Services
from chenu.flows.subscriptions.cards import adopt_card, open_card_page
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan, resume_plan
from chenu.flows.subscriptions.discounts import quote_plan
from chenu.flows.subscriptions.sequence import look_again
from chenu.flows.subscriptions.start import COUPON_CODE, is_trial_due, start_subscription
from chenu.flows.subscriptions.state import OrderReport, OrderState, report_order
from chenu.tiers.catalogue import TRIAL_DAYS, get_tier
from storefront.access import SIGNED_IN, for_right
from storefront.forms import (
    REFUSALS,
    REFUSED_TRIES,
    Fields,
    FormView,
    HttpRequest,
    keep,
    read_form,
    read_query,
)
from storefront.pages import Page, Pages
from storefront.plan_choice import CHOICE_FIELDS, read_choice, start_input
from storefront.plan_offers import SOLD
from storefront.plan_state import HOMES, PLAN_STATES, TIER_HOME, describe_plan
from storefront.routes.sessions import with_retry
from storefront.visitor import account_of

WAITING = (OrderState.OPEN, OrderState.CONFIRMING)
"""States that may change by themselves: the page is refreshed every two seconds."""


@get("/account/plan", opt=SIGNED_IN)
async def show_plan(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """A link may choose tier and interval in the form."""
    await look_again(services, account_of(pages.request_context.actor))
    form = FormView("plan", keep(read_query(request), CHOICE_FIELDS))
    return await _render_plan(pages, form)


async def _render_plan(
    pages: Pages, form: FormView, status: int = 200, quoted: CouponOffer | None = None
) -> Page:
    actor = pages.request_context.actor
    account_id = account_of(actor)
    plan = await find_plan(account_id)
    state = describe_plan(plan) if plan else None
    return pages.show(
        "plan/page.html",
        status,
        form=form,
        quoted=quoted,
        plan=plan,
        contract=await find_running_contract(account_id),
        state=state,
        state_words=PLAN_STATES[state] if state else "",
        plan_tier=get_tier(plan.item) if plan else None,
        scheduled_tier=get_tier(plan.scheduled_item) if plan and plan.scheduled_item else None,
        pending_tier=get_tier(plan.pending_item) if plan and plan.pending_item else None,
        open_invoice=await find_open_invoice(plan),
        plan_home=TIER_HOME,
        tier=get_tier(actor.tier),
        may_change=actor.has_right(Right.MANAGE_PLAN),
        may_see_invoices=actor.has_right(Right.READ_INVOICES),
        sold=SOLD,
        trial_days=TRIAL_DAYS if await is_trial_due(account_id) else 0,
        idempotency_key=new_id().hex,
    )


async def find_open_invoice(plan: SubscriptionRow | None) -> InvoiceRow | None:
    """Not that of a change that waits for its payment, which has a link of its own."""
    if plan is None or not plan.is_live:
        return None
    found = await list_open_invoices(plan.stripe_subscription_id)
    others = [each for each in found if each.stripe_invoice_id != plan.pending_invoice_id]
    return others[0] if others else None


@post("/account/plan/start", opt=for_right(Right.MANAGE_PLAN))
async def start_plan(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """On to Stripe's page, or back here with what a code would do."""
    fields = await read_form(request)
    try:
        if fields.text("step") == "quote":
            return await _show_quote(pages, fields)
        order = await start_subscription(
            services,
            pages.request_context.actor,
            start_input(read_choice(fields), pages.locale),
            fields.text("idempotency_key"),
        )
    except (*REFUSED_TRIES, BrokenRequest) as refusal:
        return with_retry(await _show_again(pages, fields, refusal), refusal)
    page = order.checkout_url if order.is_pending else None
    return pages.go(page or f"/account/plan/orders/{order.id}")


async def _show_quote(pages: Pages, fields: Fields) -> Page:
    """Raises Invalid, CouponRejected, RateLimited."""
    chosen = read_choice(fields)
    if chosen.coupon_code is None:
        raise Invalid("Please enter a code", path=COUPON_CODE)
    typed = TypedCode(chosen.coupon_code, COUPON_CODE)
    actor = pages.request_context.actor
    quoted = await quote_plan(actor, typed, chosen.tier, chosen.interval)
    return await _render_plan(pages, FormView("plan", keep(fields, CHOICE_FIELDS)), quoted=quoted)


async def _show_again(pages: Pages, fields: Fields, refusal: ChenuError) -> Page:
    form = pages.refused("plan", keep(fields, CHOICE_FIELDS), refusal)
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


@post("/account/plan/card", opt=for_right(Right.MANAGE_PLAN))
async def change_card(pages: NamedDependency[Pages], services: NamedDependency[Services]) -> Page:
    """On to Stripe's page."""
    try:
        url = await open_card_page(services, pages.request_context.actor, pages.locale)
    except REFUSALS as refusal:
        return await _show_again(pages, Fields({}), refusal)
    return pages.go(url)


@get("/account/plan/card", opt=for_right(Right.MANAGE_PLAN))
async def show_card(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """Where Stripe's page leads back to, with another card or without."""
    before = read_query(request).text("before")
    report = await adopt_card(services, pages.request_context.actor, before)
    return pages.show(
        "plan/card.html", report=report, state=report.state, plan=report.plan, plan_home=TIER_HOME
    )


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
    return await render_order(pages, report)


async def render_order(pages: Pages, report: OrderReport) -> Page:
    """Of a plan of either kind."""
    order = report.order
    return pages.show(
        "plan/_order.html" if pages.is_fragment else "plan/order.html",
        order=order,
        state=report.state,
        is_waiting=report.state in WAITING,
        order_name=translate(pages.locale, name_plan(order.kind, order.item)),
        plan=await find_plan(order.account_id, order.kind),
        plan_home=HOMES[order.kind],
    )
