"""What a change of plan costs, before anybody agrees to it: Stripe's own preview, to the cent."""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from chenu.accounts.actor import Actor
from chenu.accounts.roles import Right
from chenu.billing.coupons import find_coupon_by_code
from chenu.billing.gateway import StripeRefusal
from chenu.billing.plan_changes import InvoicePreview, ItemChange, PreviewedLine
from chenu.billing.recurring import BillingInterval, SubscriptionKind, SubscriptionStatus
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core.clock import business_now
from chenu.core.errors import Invalid, InvalidState
from chenu.core.i18n import Locale, mark, translate
from chenu.core.money import Cents
from chenu.flows.plan_kinds import PLAN_KINDS, find_plan_name
from chenu.flows.services import Services
from chenu.flows.subscriptions.plans import price_of
from chenu.flows.subscriptions.sequence import fetch_live_plan, refused, require_no_contract
from chenu.tiers.catalogue import TierCode

_NOT_CHANGEABLE = mark(
    "This plan cannot be changed while its payment is open or paused: pay first, or cancel it"
)
_SAME_PLAN = mark("This is your plan already")


class ChangeTiming(StrEnum):
    """KEEP: the plan that runs is chosen; whatever waits is taken back."""

    KEEP = "KEEP"
    NOW = "NOW"
    LATER = "LATER"


class LineKind(StrEnum):
    UNUSED_TIME = "UNUSED_TIME"
    REMAINING_TIME = "REMAINING_TIME"
    PERIOD = "PERIOD"
    DISCOUNT = "DISCOUNT"
    BALANCE = "BALANCE"


class PreviewLine(msgspec.Struct, frozen=True):
    """`plan`, by name, and `until` are None for what is taken off the whole invoice."""

    kind: LineKind
    amount: Cents
    plan: str | None = None
    until: datetime | None = None


class ChangePreview(msgspec.Struct, frozen=True):
    """`due_now` below zero is credited; the lines add up to it.

    `ends_discount`: the plan's discount is not for the new one, and ends with the change.
    """

    item: str
    interval: BillingInterval
    timing: ChangeTiming
    due_now: Cents
    next_invoice: Cents
    effective_at: datetime
    proration_date: datetime
    lines: tuple[PreviewLine, ...]
    ends_discount: bool = False

    @property
    def tier(self) -> TierCode:
        """Of a change of tier."""
        return TierCode(self.item)


def timing_of(plan: SubscriptionRow, item: str, interval: BillingInterval) -> ChangeTiming:
    """Now when neither plan nor interval goes down, else at the end of the period."""
    current = plan.item, plan.billing_interval
    if (item, interval) == current:
        return ChangeTiming.KEEP
    sold = PLAN_KINDS[plan.kind]
    is_lower = sold.rank(item) < sold.rank(plan.item)
    is_shorter = interval is BillingInterval.MONTH and current[1] is BillingInterval.YEAR
    return ChangeTiming.LATER if is_lower or is_shorter else ChangeTiming.NOW


def require_changeable(plan: SubscriptionRow) -> None:
    """Raises InvalidState unless it is in trial or paid, and collected."""
    is_running = plan.status in (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE)
    if not (is_running and plan.gives_access):
        raise InvalidState(_NOT_CHANGEABLE)


async def preview_plan_change(
    services: Services, actor: Actor, tier: TierCode, interval: BillingInterval
) -> ChangePreview:
    """Raises Invalid for a plan that is not sold here or runs already; InvalidState."""
    account_id = actor.require_right(Right.MANAGE_PLAN)
    require_no_contract(actor)
    price_of(tier, interval)
    plan = await fetch_live_plan(services, account_id)
    require_changeable(plan)
    if is_as_chosen(plan, tier, interval):
        raise Invalid(_SAME_PLAN, path=("tier",))
    return await make_preview(services, plan, tier, interval)


def is_as_chosen(plan: SubscriptionRow, item: str, interval: BillingInterval) -> bool:
    """Whether just this runs, and nothing waits that a choice would take back."""
    is_waiting = plan.is_downgrade_waiting or plan.is_payment_waiting or plan.cancel_at_period_end
    return timing_of(plan, item, interval) is ChangeTiming.KEEP and not is_waiting


async def make_preview(
    services: Services,
    plan: SubscriptionRow,
    item: str,
    interval: BillingInterval,
    proration_date: datetime | None = None,
) -> ChangePreview:
    """By default for a change at this second. Raises PaymentFailed if Stripe refuses."""
    moment = proration_date or _second_in_period(plan)
    timing = timing_of(plan, item, interval)
    ends_discount = await _ends_discount(plan, item, interval)
    change = ItemChange(
        plan.stripe_subscription_id,
        plan.stripe_item_id,
        await find_price(services, plan.kind, item, interval),
        None,
        ends_discount,
    )
    following = await _ask(services, change)
    lines: tuple[PreviewLine, ...] = ()
    due_now = Cents(0)
    if timing is ChangeTiming.NOW and plan.status is not SubscriptionStatus.TRIALING:
        invoice = await _ask(services, replace(change, proration_date=moment))
        lines, due_now = _lines_of(invoice), _due_of(invoice)
    return ChangePreview(
        item=item,
        interval=interval,
        timing=timing,
        due_now=due_now,
        next_invoice=Cents(max(following.total, 0)),
        effective_at=plan.period_end if timing is ChangeTiming.LATER else moment,
        proration_date=moment,
        lines=lines,
        ends_discount=ends_discount,
    )


async def _ends_discount(plan: SubscriptionRow, item: str, interval: BillingInterval) -> bool:
    """A discount that was given in Stripe's dashboard is for every plan; ours are for tiers."""
    if plan.discount_code is None or plan.kind is not SubscriptionKind.TIER:
        return False
    coupon = await find_coupon_by_code(plan.discount_code)
    return coupon is not None and not coupon.is_for(TierCode(item), interval)


async def find_price(
    services: Services, kind: SubscriptionKind, item: str, interval: BillingInterval
) -> str:
    """Raises PaymentFailed where bootstrap-stripe has not made it."""
    key = PLAN_KINDS[kind].lookup_key(item, interval)
    price_id = await services.subscriptions.find_price_by_key(key)
    if price_id is None:
        raise refused()
    return price_id


def _second_in_period(plan: SubscriptionRow) -> datetime:
    """Clocks differ by a little; Stripe takes no moment outside of the period."""
    now = business_now().replace(microsecond=0)
    return min(max(now, plan.period_start), plan.period_end)


async def _ask(services: Services, change: ItemChange) -> InvoicePreview:
    try:
        return await services.subscriptions.preview_change(change)
    except StripeRefusal as refusal:
        raise refused() from refusal


def _due_of(invoice: InvoicePreview) -> Cents:
    return invoice.total if invoice.total < 0 else invoice.amount_due


def _lines_of(invoice: InvoicePreview) -> tuple[PreviewLine, ...]:
    """A discount and the balance of the customer are lines of their own."""
    lines = [_line_of(line) for line in invoice.lines]
    if invoice.discount:
        lines.append(PreviewLine(LineKind.DISCOUNT, Cents(-invoice.discount)))
    balance = _due_of(invoice) - invoice.total
    if balance:
        lines.append(PreviewLine(LineKind.BALANCE, Cents(balance)))
    return tuple(lines)


def _line_of(line: PreviewedLine) -> PreviewLine:
    kind = LineKind.PERIOD
    if line.is_proration:
        kind = LineKind.UNUSED_TIME if line.amount < 0 else LineKind.REMAINING_TIME
    plan = find_plan_name(line.product_id or "")
    return PreviewLine(kind, line.amount, plan, line.period_end)


_WORDS = {
    LineKind.UNUSED_TIME: mark("Unused time on {tier}"),
    LineKind.REMAINING_TIME: mark("{tier} for the rest of the period"),
    LineKind.PERIOD: mark("{tier} for a whole period"),
    LineKind.DISCOUNT: mark("Discount"),
    LineKind.BALANCE: mark("Your balance"),
}


def describe_line(line: PreviewLine, locale: Locale) -> str:
    """In the viewer's language, as Stripe's own words are English."""
    plan = translate(locale, line.plan) if line.plan else ""
    return translate(locale, _WORDS[line.kind], tier=plan)
