"""Another plan for an account that has one: now and paid, or from the end of the period on.

docs/money.md, "Changing a plan"; docs/decisions/0025.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from chenu.accounts import idempotency
from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.roles import Right
from chenu.agents.errors import PriceChanged
from chenu.billing.recurring import BillingInterval, SubscriptionKind, SubscriptionStatus
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core.clock import business_now
from chenu.core.crash_points import crash_point
from chenu.core.i18n import mark
from chenu.core.money import Cents
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.flows.subscriptions.change_operations import ChangeParams, ScheduleParams
from chenu.flows.subscriptions.changes import find_known, remember, renewal_params
from chenu.flows.subscriptions.plans import price_of
from chenu.flows.subscriptions.preview import (
    ChangePreview,
    ChangeTiming,
    find_price,
    make_preview,
    require_changeable,
)
from chenu.flows.subscriptions.sequence import (
    MOST_CHANGES,
    create_change,
    fetch_live_plan,
    find_waiting,
    finish_open_change,
    get_plan,
    refused,
    require_no_contract,
)
from chenu.ledger.operations import OperationKind, OperationState
from chenu.tiers.catalogue import TierCode

_PREVIEW_HOLDS = timedelta(minutes=15)
_AHEAD = timedelta(minutes=1)
"""Clocks differ by a little."""

_CHANGED = mark(
    "The price has changed since you saw it: please look at it again. Nothing was charged"
)


class ChangeInput(msgspec.Struct, frozen=True):
    """`proration_date` and `expected_due_now` are those of the preview that was agreed to."""

    tier: TierCode
    interval: BillingInterval
    proration_date: datetime | None = None
    expected_due_now: Cents | None = None


class AgreedChange(msgspec.Struct, frozen=True):
    """What a plan of either kind is to become, and what was agreed to of its price."""

    kind: SubscriptionKind
    item: str
    interval: BillingInterval
    proration_date: datetime | None = None
    expected_due_now: Cents | None = None


async def change_plan(
    services: Services, actor: Actor, request: ChangeInput, idempotency_key: str
) -> SubscriptionRow:
    """The plan as it is afterwards; choosing what is so already changes nothing.

    While `is_payment_waiting` the old plan stays, until its owner has paid on Stripe's page. Raises
    Invalid, InvalidState, PriceChanged, PaymentFailed, ProviderUnavailable.
    """
    account_id = actor.require_right(Right.MANAGE_PLAN)
    require_no_contract(actor)
    key = idempotency.client_key(account_id, idempotency_key, "subscriptionChange", request)
    price_of(request.tier, request.interval)
    agreed = AgreedChange(
        SubscriptionKind.TIER,
        request.tier,
        request.interval,
        request.proration_date,
        request.expected_due_now,
    )
    return await carry_out_once(services, agreed, key)


async def carry_out_once(
    services: Services, agreed: AgreedChange, key: ClientKey
) -> SubscriptionRow:
    """Of either kind of plan; a key that was used finds what came of it then."""
    known = await find_known(key)
    if known is not None:
        return known
    crash_point("plan_change.before_intent")
    plan = await _carry_out(services, key.account_id, agreed)
    crash_point("plan_change.before_answer")
    await remember(key, plan)
    return plan


async def _carry_out(
    services: Services, account_id: AccountId, request: AgreedChange
) -> SubscriptionRow:
    for _ in range(MOST_CHANGES):
        plan = await fetch_live_plan(services, account_id, request.kind)
        if _is_so(plan, request):
            await finish_open_change(services, plan)
            return plan
        require_changeable(plan)
        kind, params = await _prepare(services, plan, request)
        operation = await create_change(plan, kind, params)
        if operation is None:
            continue
        crash_point("plan_change.after_intent")
        done = await run_operation(services, operation.id)
        changed = await get_plan(plan)
        if _is_so(changed, request):
            return changed
        if done.state == OperationState.FAILED and changed == plan:
            break
    raise refused()


def _is_so(plan: SubscriptionRow, request: AgreedChange) -> bool:
    """Whether the plan is, or will be, what was chosen, and nothing else waits."""
    wanted = (request.item, request.interval)
    if plan.is_payment_waiting:
        return (plan.pending_item, plan.pending_interval) == wanted
    if plan.cancel_at_period_end:
        return False
    if plan.is_downgrade_waiting:
        return (plan.scheduled_item, plan.scheduled_interval) == wanted
    return (plan.item, plan.billing_interval) == wanted


async def _prepare(
    services: Services, plan: SubscriptionRow, request: AgreedChange
) -> tuple[OperationKind, msgspec.Struct]:
    """The operation for what was agreed to. Raises PriceChanged when that is not what it costs."""
    preview = await _require_agreed(services, plan, request)
    if preview.timing is ChangeTiming.KEEP:
        return OperationKind.SUBSCRIPTION_RENEWAL, renewal_params(plan, cancel=False)
    price_id = await find_price(services, plan.kind, request.item, request.interval)
    stripe_id = plan.stripe_subscription_id
    waiting, resume = find_waiting(plan), plan.cancel_at_period_end
    ends_discount = preview.ends_discount
    if preview.timing is ChangeTiming.LATER:
        new_interval = request.interval is not plan.billing_interval
        params = ScheduleParams(
            stripe_id, price_id, request.interval, new_interval, waiting, resume, ends_discount
        )
        return OperationKind.SUBSCRIPTION_SCHEDULE, params
    is_trial = plan.status is SubscriptionStatus.TRIALING
    moment = None if is_trial else preview.proration_date
    change = ChangeParams(
        stripe_id, plan.stripe_item_id, price_id, moment, waiting, resume, ends_discount
    )
    return OperationKind.SUBSCRIPTION_CHANGE, change


async def _require_agreed(
    services: Services, plan: SubscriptionRow, request: AgreedChange
) -> ChangePreview:
    moment = request.proration_date
    if moment is not None:
        moment = moment.astimezone(UTC).replace(microsecond=0)
        _require_fresh(plan, moment)
    preview = await make_preview(services, plan, request.item, request.interval, moment)
    if request.expected_due_now not in (None, preview.due_now):
        raise PriceChanged(_CHANGED, path=("expected_due_now_minor",))
    return preview


def _require_fresh(plan: SubscriptionRow, moment: datetime) -> None:
    now = business_now()
    is_recent = now - _PREVIEW_HOLDS <= moment <= now + _AHEAD
    if not (is_recent and plan.period_start <= moment <= plan.period_end):
        raise PriceChanged(_CHANGED, path=("proration_date",))
