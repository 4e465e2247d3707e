"""Another API plan, leaving it at the end of its period, and coming back.

An upgrade is paid now and holds at once, a downgrade holds from the next period: as for tiers
(docs/decisions/0025).
"""

from datetime import datetime

import msgspec

from chenu.accounts import idempotency
from chenu.accounts.actor import Actor
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.roles import Right
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core.errors import Invalid
from chenu.core.i18n import mark
from chenu.core.money import Cents
from chenu.flows.api_plans.prices import MONTH, price_of
from chenu.flows.services import Services
from chenu.flows.subscriptions.change import AgreedChange, carry_out_once
from chenu.flows.subscriptions.changes import find_known, remember, set_renewal
from chenu.flows.subscriptions.preview import (
    ChangePreview,
    is_as_chosen,
    make_preview,
    require_changeable,
)
from chenu.flows.subscriptions.sequence import (
    fetch_live_plan,
    get_live_plan,
    require_no_contract,
)
from chenu.tiers.api_plan_codes import ApiPlanCode

_KIND = SubscriptionKind.API_PLAN
_SAME_PLAN = mark("This is your API plan already")


class ApiPlanChangeInput(msgspec.Struct, frozen=True):
    """`proration_date` and `expected_due_now` are those of a preview that was agreed to."""

    plan: ApiPlanCode
    proration_date: datetime | None = None
    expected_due_now: Cents | None = None


async def preview_api_plan(services: Services, actor: Actor, plan: ApiPlanCode) -> ChangePreview:
    """What a change would cost. Raises Invalid for a plan that is not sold or runs already."""
    account_id = actor.require_right(Right.MANAGE_PLAN)
    require_no_contract(actor)
    price_of(plan)
    row = await fetch_live_plan(services, account_id, _KIND)
    require_changeable(row)
    if is_as_chosen(row, plan, MONTH):
        raise Invalid(_SAME_PLAN, path=("plan",))
    return await make_preview(services, row, plan, MONTH)


async def change_api_plan(
    services: Services, actor: Actor, request: ApiPlanChangeInput, idempotency_key: str
) -> SubscriptionRow:
    """The plan as it is afterwards; choosing what is so already changes nothing.

    While `is_payment_waiting` the old plan stays, until its owner has paid on Stripe's page. Raises
    Invalid, InvalidState, PriceChanged, PaymentFailed, ProviderUnavailable.
    """
    account_id = actor.require_right(Right.MANAGE_PLAN)
    require_no_contract(actor)
    key = idempotency.client_key(account_id, idempotency_key, "apiPlanChange", request)
    price_of(request.plan)
    agreed = AgreedChange(
        _KIND, request.plan, MONTH, request.proration_date, request.expected_due_now
    )
    return await carry_out_once(services, agreed, key)


async def cancel_api_plan(
    services: Services, actor: Actor, idempotency_key: str
) -> SubscriptionRow:
    """It ends with its period. Raises InvalidState without one, ProviderUnavailable."""
    account_id = actor.require_right(Right.MANAGE_PLAN)
    key = idempotency.client_key(account_id, idempotency_key, "apiPlanCancel", None)
    return await _set_renewal_once(services, key, cancel=True)


async def resume_api_plan(
    services: Services, actor: Actor, idempotency_key: str
) -> SubscriptionRow:
    """It is renewed as it is: a cancellation is taken back, and so is whatever waits."""
    account_id = actor.require_right(Right.MANAGE_PLAN)
    require_no_contract(actor)
    key = idempotency.client_key(account_id, idempotency_key, "apiPlanResume", None)
    return await _set_renewal_once(services, key, cancel=False)


async def _set_renewal_once(services: Services, key: ClientKey, *, cancel: bool) -> SubscriptionRow:
    known = await find_known(key)
    if known is not None:
        return known
    plan = await set_renewal(services, await get_live_plan(key.account_id, _KIND), cancel=cancel)
    await remember(key, plan)
    return plan
