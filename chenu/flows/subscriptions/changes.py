"""Leaving and coming back: cancellation at the period's end, its undoing, and ends at once."""

from dataclasses import dataclass

import msgspec

from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.roles import Right
from chenu.billing.ports import SubscriptionPort
from chenu.billing.recurring import SubscriptionKind, SubscriptionState
from chenu.billing.subscriptions import SubscriptionRow, list_live_subscriptions
from chenu.core.errors import InvalidState
from chenu.core.fetched import Fetched, fetch
from chenu.core.i18n import mark
from chenu.flows.checkout_pages import PaymentFailed
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.flows.subscriptions.mirror import EndParams, adopt_subscription
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation_after,
    find_last,
)

_MOST_CHANGES = 3
"""A change that somebody else has under way comes first."""

_NO_PLAN = mark("This account has no paid plan")
_REFUSED = mark("The payment service did not accept this change. Nothing was changed")


class RenewalParams(msgspec.Struct, frozen=True):
    """`cancel`: it ends at the end of its period instead of being renewed."""

    subscription_id: str
    cancel: bool


@dataclass(frozen=True)
class SubscriptionRenewalHandler(OperationHandler[RenewalParams, Fetched[SubscriptionState]]):
    """Will it be renewed? Saying so twice changes nothing."""

    subscriptions: SubscriptionPort

    kind = OperationKind.SUBSCRIPTION_RENEWAL
    params_type = RenewalParams

    async def call(
        self, operation: OperationRow, params: RenewalParams
    ) -> Fetched[SubscriptionState]:
        return await fetch(
            lambda: self.subscriptions.set_cancel_at_period_end(
                params.subscription_id, operation, cancel=params.cancel
            )
        )

    async def apply(
        self,
        operation: OperationRow,
        params: RenewalParams,
        answer: Fetched[SubscriptionState],
    ) -> None:
        await adopt_subscription(answer)


@dataclass(frozen=True)
class SubscriptionEndHandler(OperationHandler[EndParams, Fetched[SubscriptionState]]):
    """Ends at once a subscription that is there beside another one."""

    subscriptions: SubscriptionPort

    kind = OperationKind.SUBSCRIPTION_END
    params_type = EndParams

    async def call(self, operation: OperationRow, params: EndParams) -> Fetched[SubscriptionState]:
        return await fetch(
            lambda: self.subscriptions.cancel_subscription(params.subscription_id, operation)
        )

    async def apply(
        self, operation: OperationRow, params: EndParams, answer: Fetched[SubscriptionState]
    ) -> None:
        await adopt_subscription(answer)


async def get_live_plan(account_id: AccountId) -> SubscriptionRow:
    """Raises InvalidState without one."""
    live = await list_live_subscriptions(account_id, SubscriptionKind.TIER)
    if not live:
        raise InvalidState(_NO_PLAN)
    return live[0]


async def set_renewal(services: Services, actor: Actor, *, cancel: bool) -> SubscriptionRow:
    """The plan as it is afterwards; asking for what is so already changes nothing.

    Raises InvalidState without a plan, ProviderUnavailable when Stripe is away.
    """
    account_id = actor.require_right(Right.MANAGE_PLAN)
    for _ in range(_MOST_CHANGES):
        plan = await get_live_plan(account_id)
        if plan.cancel_at_period_end == cancel:
            return plan
        operation = await _plan_change(plan, cancel=cancel)
        changed = await run_operation(services, operation.id)
        if changed.state == OperationState.FAILED:
            break
    raise PaymentFailed(_REFUSED)


async def _plan_change(plan: SubscriptionRow, *, cancel: bool) -> OperationRow:
    """Changes of a subscription follow one another: what is asked last is what holds."""
    key = f"renewal:{plan.stripe_subscription_id}"
    last = await find_last((OperationKind.SUBSCRIPTION_RENEWAL,), plan.id, key)
    if last is not None and last.is_open:
        return last
    new = NewOperation(
        OperationKind.SUBSCRIPTION_RENEWAL,
        key,
        RenewalParams(plan.stripe_subscription_id, cancel),
        subject_id=plan.id,
        account_id=plan.account_id,
    )
    return await create_operation_after(new, last)
