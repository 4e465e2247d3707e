"""The account's plan of the paid API: what it is, starting one, changing and leaving it."""

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.roles import Right
from chenu.agents.errors import PriceChanged
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.subscription_orders import OrderId
from chenu.billing.subscriptions import find_plan
from chenu.core.errors import BrokenRequest, ChenuError
from chenu.core.ids import new_id
from chenu.flows.api_plans.change import (
    ApiPlanChangeInput,
    cancel_api_plan,
    change_api_plan,
    preview_api_plan,
    resume_api_plan,
)
from chenu.flows.api_plans.start import ApiPlanStartInput, start_api_plan
from chenu.flows.plan_kinds import API_PLAN_NAMES, API_PLANS_SOLD
from chenu.flows.services import Services
from chenu.flows.subscriptions.cards import adopt_card, open_card_page
from chenu.flows.subscriptions.preview import ChangePreview
from chenu.flows.subscriptions.sequence import look_again
from chenu.flows.subscriptions.state import report_order
from chenu.metering.plan_of import get_current_plan
from chenu.metering.plans import API_PLANS, ApiPlanCode
from chenu.tiers.catalogue import Feature, get_tier
from chenu.tiers.entitlements import find_refusal
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
from storefront.plan_state import API_HOME, PLAN_STATES, describe_plan
from storefront.routes.plan import find_open_invoice, render_order
from storefront.routes.plan_change import describe_lines, notice_of, read_agreed
from storefront.routes.sessions import with_retry
from storefront.visitor import account_of

_KIND = SubscriptionKind.API_PLAN
_FIELDS = ("plan", "start_now")
_SOLD = tuple(plan for plan in API_PLANS if plan.monthly_price)
_REFUSED = (*REFUSALS, BrokenRequest)


@get("/account/api-plan", opt=SIGNED_IN)
async def show_api_plan(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """A link may choose the plan in the form."""
    await look_again(services, account_of(pages.request_context.actor), _KIND)
    return await _render(pages, FormView("api-plan", keep(read_query(request), _FIELDS)))


async def _render(pages: Pages, form: FormView, status: int = 200) -> Page:
    actor = pages.request_context.actor
    plan = await find_plan(account_of(actor), _KIND)
    state = describe_plan(plan) if plan else None
    return pages.show(
        "api_plan/page.html",
        status,
        form=form,
        plan=plan,
        state=state,
        state_words=PLAN_STATES[state] if state else "",
        current=await get_current_plan(account_of(actor)),
        keys_refusal=find_refusal(actor.entitlements, Feature.API_ACCESS),
        names=API_PLAN_NAMES,
        open_invoice=await find_open_invoice(plan),
        tier=get_tier(actor.tier),
        may_change=actor.has_right(Right.MANAGE_PLAN),
        may_see_invoices=actor.has_right(Right.READ_INVOICES),
        offered=API_PLANS,
        sold=_SOLD,
        idempotency_key=new_id().hex,
        plan_home=API_HOME,
    )


async def _show_again(pages: Pages, fields: Fields, refusal: ChenuError) -> Page:
    form = pages.refused("api-plan", keep(fields, _FIELDS), refusal)
    return await _render(pages, form, pages.status(refusal))


@post("/account/api-plan/start", opt=for_right(Right.MANAGE_PLAN))
async def start_plan_of_api(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """On to Stripe's page."""
    fields = await read_form(request)
    try:
        data = ApiPlanStartInput(
            fields.read_choice("plan", ApiPlanCode),
            pages.locale,
            starts_now=fields.is_ticked("start_now"),
        )
        key = fields.text("idempotency_key")
        order = await start_api_plan(services, pages.request_context.actor, data, key)
    except (*REFUSED_TRIES, BrokenRequest) as refusal:
        return with_retry(await _show_again(pages, fields, refusal), refusal)
    page = order.checkout_url if order.is_pending else None
    return pages.go(page or f"/account/api-plan/orders/{order.id}")


@post("/account/api-plan/cancel", opt=for_right(Right.MANAGE_PLAN))
async def leave_api_plan(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    fields = await read_form(request)
    try:
        key = fields.text("idempotency_key")
        await cancel_api_plan(services, pages.request_context.actor, key)
    except _REFUSED as refusal:
        return await _show_again(pages, fields, refusal)
    return pages.go("/account/api-plan?notice=plan-canceled")


@post("/account/api-plan/resume", opt=for_right(Right.MANAGE_PLAN))
async def take_api_plan_up_again(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    fields = await read_form(request)
    try:
        key = fields.text("idempotency_key")
        await resume_api_plan(services, pages.request_context.actor, key)
    except _REFUSED as refusal:
        return await _show_again(pages, fields, refusal)
    return pages.go("/account/api-plan?notice=plan-resumed")


@get("/account/api-plan/change", opt=for_right(Right.MANAGE_PLAN))
async def show_api_plan_change(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """Without a choice only the form to choose."""
    fields = read_query(request)
    if not fields.text("plan"):
        return await _render_change(pages, fields)
    return await _show_preview(pages, services, fields)


async def _show_preview(
    pages: Pages, services: Services, fields: Fields, refusal: ChenuError | None = None
) -> Page:
    """`refusal`: why what was agreed to before was not done."""
    try:
        code = fields.read_choice("plan", ApiPlanCode)
        preview = await preview_api_plan(services, pages.request_context.actor, code)
    except _REFUSED as error:
        return await _render_change(pages, fields, refusal=error)
    return await _render_change(pages, fields, preview=preview, refusal=refusal)


async def _render_change(
    pages: Pages,
    fields: Fields,
    *,
    preview: ChangePreview | None = None,
    refusal: ChenuError | None = None,
) -> Page:
    values = keep(fields, ("plan",))
    form = FormView("change", values)
    if refusal is not None:
        form = pages.refused("change", values, refusal)
    return pages.show(
        "api_plan/change.html",
        pages.status(refusal) if refusal else 200,
        form=form,
        plan=await find_plan(account_of(pages.request_context.actor), _KIND),
        preview=preview,
        preview_name=API_PLANS_SOLD.names[preview.item] if preview else "",
        chosen=values,
        is_trial=False,
        lines=describe_lines(pages, preview),
        names=API_PLAN_NAMES,
        sold=_SOLD,
        idempotency_key=new_id().hex,
        plan_home=API_HOME,
    )


@post("/account/api-plan/change", opt=for_right(Right.MANAGE_PLAN))
async def submit_api_plan_change(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """What was previewed, and nothing else: another price is shown anew."""
    fields = await read_form(request)
    try:
        code = fields.read_choice("plan", ApiPlanCode)
        data = ApiPlanChangeInput(code, *read_agreed(fields))
        key = fields.text("idempotency_key")
        plan = await change_api_plan(services, pages.request_context.actor, data, key)
    except PriceChanged as changed:
        return await _show_preview(pages, services, fields, changed)
    except _REFUSED as refusal:
        return await _render_change(pages, fields, refusal=refusal)
    return pages.go(f"/account/api-plan?notice={notice_of(plan)}")


@post("/account/api-plan/card", opt=for_right(Right.MANAGE_PLAN))
async def change_card_of_api_plan(
    pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """On to Stripe's page."""
    try:
        url = await open_card_page(services, pages.request_context.actor, pages.locale, _KIND)
    except REFUSALS as refusal:
        return await _show_again(pages, Fields({}), refusal)
    return pages.go(url)


@get("/account/api-plan/card", opt=for_right(Right.MANAGE_PLAN))
async def show_card_of_api_plan(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """Where Stripe's page leads back to, with another card or without."""
    before = read_query(request).text("before")
    report = await adopt_card(services, pages.request_context.actor, before, _KIND)
    return pages.show(
        "plan/card.html", report=report, state=report.state, plan=report.plan, plan_home=API_HOME
    )


@get("/account/api-plan/orders/{order_id:uuid}", opt=SIGNED_IN)
async def show_api_plan_order(
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
