"""The API plan of an account: as it stands, started, changed, left and taken up again."""

from datetime import datetime
from typing import Annotated

import strawberry

from chenu.billing.recurring import SubscriptionStatus
from chenu.billing.subscriptions import SubscriptionRow
from chenu.flows.api_plans.change import (
    ApiPlanChangeInput as ChangeRequest,
)
from chenu.flows.api_plans.change import (
    cancel_api_plan,
    change_api_plan,
    resume_api_plan,
)
from chenu.flows.api_plans.start import ApiPlanStartInput as StartRequest
from chenu.flows.api_plans.start import start_api_plan
from chenu.flows.api_plans.view import ApiPlanState, describe_api_plan
from chenu.metering import plans
from chenu.metering.plan_of import plan_of
from chenu.metering.plans import ApiPlanCode
from chenu_graphql.context import Context, Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import field, input_argument, input_field
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import HOLDER, PARENT
from chenu_graphql.purchases import Checkout, checkout_of
from chenu_graphql.scalars import URL
from chenu_graphql.tiers import ApiPlan

_KEY = "Same key and input: same answer. Same key and other input: IDEMPOTENCY_CONFLICT."
_PLAN = "BASIC or PRO."
_URL = "Our own address or an allowed origin; null: our own page."

_State = strawberry.Parent[ApiPlanState]


def _plan(root: _State) -> plans.ApiPlan:
    return root.plan


@strawberry.type(description="The plan of the paid API that an account has: FREE until it buys.")
class ApiSubscription:
    plan: ApiPlan = field("What its calls may be.", HOLDER, _plan)
    status: SubscriptionStatus = field("Where it stands; FREE is always ACTIVE.", HOLDER)
    current_period_end: datetime | None = field(
        "When it is renewed, or ends; null where nothing is paid by card.", HOLDER
    )
    cancel_at_period_end: bool = field("Whether it ends instead of being renewed.", HOLDER)


def describe(ctx: Context, row: SubscriptionRow) -> ApiPlanState:
    return describe_api_plan(row.account_id, row, plan_of(ctx.actor))


@strawberry.input(description="A plan of the paid API to start.")
class ApiPlanStartInput:
    plan: ApiPlanCode = input_field(_PLAN)
    idempotency_key: strawberry.ID = input_field(_KEY)
    success_url: URL | None = input_field(_URL, default=None)
    cancel_url: URL | None = input_field(_URL, default=None)


@strawberry.type(description="Where to begin the API plan.")
class ApiPlanStartPayload:
    checkout: Checkout | None = field(
        "Stripe's page; null once the plan has begun or the page has closed.", PARENT
    )
    user_errors: list[UserError] = user_errors()


async def resolve_start(
    info: Info, data: Annotated[ApiPlanStartInput, input_argument()]
) -> Payload:
    """Nothing is charged here: the plan begins on Stripe's page."""
    ctx = info.context
    request = StartRequest(
        data.plan, ctx.locale, success_url=data.success_url, cancel_url=data.cancel_url
    )
    order = await start_api_plan(ctx.services, ctx.actor, request, data.idempotency_key)
    return Payload(checkout=checkout_of(order))


@strawberry.type(description="The API plan as it is afterwards.")
class ApiPlanPayload:
    api_subscription: ApiSubscription | None = field("The plan.", PARENT)
    payment_url: URL | None = field(
        "Where the customer confirms the payment (3-D Secure); the old plan stays until then.",
        PARENT,
    )
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="Another API plan than the one that runs.")
class ApiPlanChangeInput:
    plan: ApiPlanCode = input_field(_PLAN)
    idempotency_key: strawberry.ID = input_field(_KEY)


async def resolve_change(
    info: Info, data: Annotated[ApiPlanChangeInput, input_argument()]
) -> Payload:
    """An upgrade is paid now, pro rata; a downgrade holds from the next period on."""
    ctx = info.context
    row = await change_api_plan(
        ctx.services, ctx.actor, ChangeRequest(data.plan), data.idempotency_key
    )
    return Payload(api_subscription=describe(ctx, row), payment_url=row.pending_payment_url)


@strawberry.input(description="To leave an API plan, or to take it up again.")
class ApiPlanCancelInput:
    idempotency_key: strawberry.ID = input_field(_KEY)


async def resolve_cancel(
    info: Info, data: Annotated[ApiPlanCancelInput, input_argument()]
) -> Payload:
    ctx = info.context
    row = await cancel_api_plan(ctx.services, ctx.actor, data.idempotency_key)
    return Payload(api_subscription=describe(ctx, row))


async def resolve_resume(
    info: Info, data: Annotated[ApiPlanCancelInput, input_argument()]
) -> Payload:
    ctx = info.context
    row = await resume_api_plan(ctx.services, ctx.actor, data.idempotency_key)
    return Payload(api_subscription=describe(ctx, row))
