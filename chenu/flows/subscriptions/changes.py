"""Leaving and coming back: cancellation at the period's end, its undoing, and ends at once."""

from dataclasses import dataclass

import msgspec

from chenu.accounts import idempotency
from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.roles import Right
from chenu.billing.gateway import StripeRefusal
from chenu.billing.plan_changes import WaitingChange
from chenu.billing.ports import PlanChangePort, SubscriptionPort
from chenu.billing.recurring import SubscriptionState, SubscriptionStatus
from chenu.billing.subscriptions import (
    SubscriptionId,
    SubscriptionRow,
    find_subscription_by_stripe_id,
    list_subscriptions_by_id,
)
from chenu.core import db
from chenu.core.errors import ChenuError, Invalid, reject_if_any
from chenu.core.fetched import Fetched, fetch
from chenu.core.i18n import mark
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.operations.runner import run_operation
from chenu.flows.plan_kinds import PLAN_KINDS
from chenu.flows.services import Services
from chenu.flows.subscription_ends import EndParams, create_end_operation
from chenu.flows.subscriptions.mirror import adopt_subscription
from chenu.flows.subscriptions.plan_contracts import return_unwanted
from chenu.flows.subscriptions.sequence import (
    MOST_CHANGES,
    create_change,
    fetch_again,
    find_waiting,
    finish_open_change,
    get_live_plan,
    get_plan,
    refused,
    require_no_contract,
)
from chenu.ledger.operations import OperationKind, OperationRow, OperationState

_MOST_REASON = 500


class RenewalParams(msgspec.Struct, frozen=True):
    """`cancel`: it ends at the end of its period instead of being renewed."""

    subscription_id: str
    cancel: bool
    reason: str | None = None
    waiting: WaitingChange = WaitingChange()


@dataclass(frozen=True)
class SubscriptionRenewalHandler(OperationHandler[RenewalParams, Fetched[SubscriptionState]]):
    """Will it be renewed as it is? Saying so twice changes nothing."""

    changes: PlanChangePort
    subscriptions: SubscriptionPort

    kind = OperationKind.SUBSCRIPTION_RENEWAL
    params_type = RenewalParams

    async def call(
        self, operation: OperationRow, params: RenewalParams
    ) -> Fetched[SubscriptionState]:
        await self.changes.drop_waiting(params.waiting, operation)
        return await fetch(
            lambda: self.subscriptions.set_cancel_at_period_end(
                params.subscription_id, operation, cancel=params.cancel, reason=params.reason
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
    """Ends at once, for whoever asked for it or has a second one."""

    subscriptions: SubscriptionPort

    kind = OperationKind.SUBSCRIPTION_END
    params_type = EndParams

    async def call(self, operation: OperationRow, params: EndParams) -> Fetched[SubscriptionState]:
        return await fetch(lambda: self._end(operation, params.subscription_id))

    async def _end(self, operation: OperationRow, subscription_id: str) -> SubscriptionState:
        """Stripe keeps no idempotency key for a DELETE: a second try is refused as gone."""
        try:
            return await self.subscriptions.cancel_subscription(subscription_id, operation)
        except StripeRefusal:
            state = await self.subscriptions.get_subscription(subscription_id)
            if state.status is not SubscriptionStatus.CANCELED:
                raise
            return state

    async def apply(
        self, operation: OperationRow, params: EndParams, answer: Fetched[SubscriptionState]
    ) -> None:
        await adopt_subscription(answer)
        ended = await find_subscription_by_stripe_id(params.subscription_id)
        if params.is_second and ended is not None and ended.kind in PLAN_KINDS:
            await return_unwanted(ended)


class CancelInput(msgspec.Struct, frozen=True):
    """`at_period_end` False: at once, without the days that are left."""

    at_period_end: bool = True
    reason: str | None = None


async def cancel_plan(
    services: Services, actor: Actor, request: CancelInput, idempotency_key: str
) -> SubscriptionRow:
    """The plan as it is afterwards; asking for what is so already changes nothing.

    Raises InvalidState without a plan, ProviderUnavailable when Stripe is away.
    """
    account_id = actor.require_right(Right.MANAGE_PLAN)
    key = idempotency.client_key(account_id, idempotency_key, "subscriptionCancel", request)
    reject_if_any(_check_reason(request.reason))
    known = await find_known(key)
    if known is not None:
        return known
    if request.at_period_end:
        plan = await get_live_plan(account_id)
        plan = await set_renewal(services, plan, cancel=True, reason=request.reason)
    else:
        plan = await _end_now(services, account_id)
    await remember(key, plan)
    return plan


async def resume_plan(services: Services, actor: Actor) -> SubscriptionRow:
    """The plan is renewed as it is: a cancellation is taken back, and so is whatever waits.

    Raises InvalidState without one, ProviderUnavailable.
    """
    account_id = actor.require_right(Right.MANAGE_PLAN)
    require_no_contract(actor)
    return await set_renewal(services, await get_live_plan(account_id), cancel=False)


def _check_reason(reason: str | None) -> list[ChenuError]:
    if reason is None or len(reason) <= _MOST_REASON:
        return []
    message = mark("Please enter at most {count} characters")
    return [Invalid(message, path=("reason",), count=_MOST_REASON)]


@db.transactional
async def find_known(key: ClientKey) -> SubscriptionRow | None:
    """The plan that this key changed before. Raises IdempotencyConflict."""
    known = await idempotency.find_result(key)
    rows = await list_subscriptions_by_id([SubscriptionId(known)]) if known else []
    return rows[0] if rows else None


@db.transactional
async def remember(key: ClientKey, plan: SubscriptionRow) -> None:
    if await idempotency.find_result(key) is None:
        await idempotency.remember_result(key, plan.id)


async def _end_now(services: Services, account_id: AccountId) -> SubscriptionRow:
    plan = await get_live_plan(account_id)
    operation = await create_end_operation(plan)
    ended = await run_operation(services, operation.id)
    if ended.state == OperationState.FAILED:
        raise refused()
    return await get_plan(plan)


async def set_renewal(
    services: Services, subscription: SubscriptionRow, *, cancel: bool, reason: str | None = None
) -> SubscriptionRow:
    """Of any kind, as it is afterwards. Raises InvalidState once it has ended."""
    row = subscription
    for _ in range(MOST_CHANGES):
        if is_renewal_set(row, cancel=cancel):
            await finish_open_change(services, row)
            return row
        operation = await create_renewal_operation(row, cancel=cancel, reason=reason)
        done = await run_operation(services, operation.id) if operation else None
        before, row = row, await fetch_again(services, row)
        if done is not None and done.state == OperationState.FAILED and row == before:
            break
    raise refused()


async def create_renewal_operation(
    plan: SubscriptionRow, *, cancel: bool, reason: str | None
) -> OperationRow | None:
    """As sequence.create_change."""
    params = renewal_params(plan, cancel=cancel, reason=reason)
    return await create_change(plan, OperationKind.SUBSCRIPTION_RENEWAL, params)


def renewal_params(
    plan: SubscriptionRow, *, cancel: bool, reason: str | None = None
) -> RenewalParams:
    return RenewalParams(plan.stripe_subscription_id, cancel, reason, find_waiting(plan))


def is_renewal_set(plan: SubscriptionRow, *, cancel: bool) -> bool:
    """A schedule that has done its work only stands in the way of a cancellation."""
    waits = plan.is_downgrade_waiting or plan.is_payment_waiting
    return plan.cancel_at_period_end == cancel and not waits
