"""Another plan: chosen, previewed to the cent, agreed to; and the way to Stripe's portal."""

from datetime import UTC, datetime

from litestar import get, post
from litestar.di import NamedDependency

from chenu.accounts.roles import Right
from chenu.agents.errors import PriceChanged
from chenu.billing.recurring import BillingInterval, SubscriptionStatus
from chenu.billing.subscriptions import SubscriptionRow, find_plan
from chenu.core.errors import BrokenRequest, ChenuError, Invalid
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.flows.subscriptions.change import ChangeInput, change_plan
from chenu.flows.subscriptions.portal import open_billing_portal
from chenu.flows.subscriptions.preview import ChangePreview, describe_line, preview_plan_change
from chenu.tiers.catalogue import TIERS, TierCode
from storefront.access import for_right
from storefront.forms import REFUSALS, Fields, FormView, HttpRequest, keep, read_form, read_query
from storefront.pages import Page, Pages
from storefront.plan_state import TIER_HOME
from storefront.visitor import account_of
from storefront.words import tier_name

_FIELDS = ("tier", "interval")
_SOLD = tuple(tier for tier in TIERS if tier.monthly_price)
_LONGEST_NUMBER = 15
_LATEST = 10**10
"""Seconds that a date can be made of."""


@get("/account/plan/change", opt=for_right(Right.MANAGE_PLAN))
async def show_change(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """Without a choice only the form to choose."""
    fields = read_query(request)
    if not fields.text("tier"):
        return await _render(pages, fields)
    return await _show_preview(pages, services, fields)


async def _show_preview(
    pages: Pages, services: Services, fields: Fields, refusal: ChenuError | None = None
) -> Page:
    """`refusal`: why what was agreed to before was not done."""
    try:
        tier, interval = _read_plan(fields)
        preview = await preview_plan_change(services, pages.request_context.actor, tier, interval)
    except (*REFUSALS, BrokenRequest) as error:
        return await _render(pages, fields, refusal=error)
    return await _render(pages, fields, preview=preview, refusal=refusal)


def _read_plan(fields: Fields) -> tuple[TierCode, BillingInterval]:
    tier = fields.read_choice("tier", TierCode)
    return tier, fields.read_choice("interval", BillingInterval)


async def _render(
    pages: Pages,
    fields: Fields,
    *,
    preview: ChangePreview | None = None,
    refusal: ChenuError | None = None,
) -> Page:
    values = keep(fields, _FIELDS)
    form = FormView("change", values)
    if refusal is not None:
        form = pages.refused("change", values, refusal)
    plan = await find_plan(account_of(pages.request_context.actor))
    return pages.show(
        "plan/change.html",
        pages.status(refusal) if refusal else 200,
        form=form,
        plan=plan,
        preview=preview,
        preview_name=tier_name(preview.tier, pages.locale) if preview else "",
        chosen=values,
        plan_home=TIER_HOME,
        is_trial=plan is not None and plan.status is SubscriptionStatus.TRIALING,
        lines=describe_lines(pages, preview),
        sold=_SOLD,
        idempotency_key=new_id().hex,
    )


def describe_lines(pages: Pages, preview: ChangePreview | None) -> list[tuple[str, Cents]]:
    if preview is None:
        return []
    return [(describe_line(line, pages.locale), line.amount) for line in preview.lines]


@post("/account/plan/change", opt=for_right(Right.MANAGE_PLAN))
async def submit_change(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    """What was previewed, and nothing else: another price is shown anew."""
    fields = await read_form(request)
    try:
        plan = await change_plan(
            services,
            pages.request_context.actor,
            _read_change(fields),
            fields.text("idempotency_key"),
        )
    except PriceChanged as changed:
        return await _show_preview(pages, services, fields, changed)
    except (*REFUSALS, BrokenRequest) as refusal:
        return await _render(pages, fields, refusal=refusal)
    return pages.go(f"/account/plan?notice={notice_of(plan)}")


def _read_change(fields: Fields) -> ChangeInput:
    tier, interval = _read_plan(fields)
    agreed_at, due_now = read_agreed(fields)
    return ChangeInput(
        tier=tier,
        interval=interval,
        proration_date=agreed_at,
        expected_due_now=due_now,
    )


def read_agreed(fields: Fields) -> tuple[datetime, Cents]:
    """What a preview said, and when. Raises Invalid."""
    seconds = min(max(_read_number(fields, "proration_date"), 0), _LATEST)
    return datetime.fromtimestamp(seconds, UTC), Cents(_read_number(fields, "expected_due_now"))


def _read_number(fields: Fields, name: str) -> int:
    """Of a hidden field, as the preview wrote it. Raises Invalid."""
    text = fields.text(name)
    digits = text.removeprefix("-")
    if len(text) > _LONGEST_NUMBER or not (digits.isascii() and digits.isdigit()):
        raise Invalid(mark("Please look at the price again before you agree"), path=(name,))
    return int(text)


def notice_of(plan: SubscriptionRow) -> str:
    if plan.is_payment_waiting:
        return "plan-unpaid"
    return "plan-scheduled" if plan.is_downgrade_waiting else "plan-changed"


@post("/account/plan/portal", opt=for_right(Right.MANAGE_PLAN))
async def go_to_portal(pages: NamedDependency[Pages], services: NamedDependency[Services]) -> Page:
    """Card, billing details and invoices, on Stripe's page."""
    try:
        url = await open_billing_portal(services, pages.request_context.actor, pages.locale)
    except (*REFUSALS, BrokenRequest) as refusal:
        return await _render(pages, Fields({}), refusal=refusal)
    return pages.go(url)
