"""Leaving and coming back: cancellation at the period's end, its undoing, and ends at once."""

from dataclasses import dataclass

import msgspec

from chenu.accounts import idempotency
from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.roles import Right
from chenu.billing.ports import SubscriptionPort
from chenu.billing.recurring import SubscriptionKind, SubscriptionState
from chenu.billing.subscriptions import (
    SubscriptionId,
    SubscriptionRow,
    list_live_subscriptions,
    list_subscriptions_by_id,
)
from chenu.core import db
from chenu.core.errors import ChenuError, Invalid, InvalidState, reject_if_any
from chenu.core.fetched import Fetched, fetch
from chenu.core.i18n import mark
from chenu.flows.checkout_pages import PaymentFailed
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.flows.subscriptions.mirror import (
    EndParams,
    adopt_subscription,
    create_end_operation,
)
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation_after,
    find_last,
)
from chenu.tiers.catalogue import TierCode

_MOST_CHANGES = 3
"""A change that somebody else has under way comes first."""

_MOST_REASON = 500

_HAS_CONTRACT = mark("A contract runs for this account: it needs no plan beside it")
_NO_PLAN = mark("This account has no paid plan")
_REFUSED = mark("The payment service did not accept this change. Nothing was changed")


class RenewalParams(msgspec.Struct, frozen=True):
    """`cancel`: it ends at the end of its period instead of being renewed."""

    subscription_id: str
    cancel: bool
    reason: str | None = None


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
    known = await _find_known(key)
    if known is not None:
        return known
    if request.at_period_end:
        plan = await _set_renewal(services, account_id, cancel=True, reason=request.reason)
    else:
        plan = await _end_now(services, account_id)
    await _remember(key, plan)
    return plan


async def resume_plan(services: Services, actor: Actor) -> SubscriptionRow:
    """The plan is renewed after all. Raises InvalidState without one, ProviderUnavailable."""
    account_id = actor.require_right(Right.MANAGE_PLAN)
    if actor.tier is TierCode.ENTERPRISE:
        raise InvalidState(_HAS_CONTRACT)
    return await _set_renewal(services, account_id, cancel=False)


def _check_reason(reason: str | None) -> list[ChenuError]:
    if reason is None or len(reason) <= _MOST_REASON:
        return []
    message = mark("Please enter at most {count} characters")
    return [Invalid(message, path=("reason",), count=_MOST_REASON)]


@db.transactional
async def _find_known(key: ClientKey) -> SubscriptionRow | None:
    """What this key cancelled before. Raises IdempotencyConflict."""
    known = await idempotency.find_result(key)
    rows = await list_subscriptions_by_id([SubscriptionId(known)]) if known else []
    return rows[0] if rows else None


@db.transactional
async def _remember(key: ClientKey, plan: SubscriptionRow) -> None:
    if await idempotency.find_result(key) is None:
        await idempotency.remember_result(key, plan.id)


async def _end_now(services: Services, account_id: AccountId) -> SubscriptionRow:
    plan = await get_live_plan(account_id)
    operation = await create_end_operation(plan)
    ended = await run_operation(services, operation.id)
    if ended.state == OperationState.FAILED:
        raise PaymentFailed(_REFUSED)
    return (await list_subscriptions_by_id([plan.id]))[0]


async def _set_renewal(
    services: Services, account_id: AccountId, *, cancel: bool, reason: str | None = None
) -> SubscriptionRow:
    for _ in range(_MOST_CHANGES):
        plan = await get_live_plan(account_id)
        if plan.cancel_at_period_end == cancel:
            return plan
        operation = await create_renewal_operation(plan, cancel=cancel, reason=reason)
        changed = await run_operation(services, operation.id)
        if changed.state == OperationState.FAILED:
            break
    raise PaymentFailed(_REFUSED)


async def create_renewal_operation(
    plan: SubscriptionRow, *, cancel: bool, reason: str | None
) -> OperationRow:
    """Changes of a subscription follow one another: what is asked last is what holds."""
    key = f"renewal:{plan.stripe_subscription_id}"
    last = await find_last((OperationKind.SUBSCRIPTION_RENEWAL,), plan.id, key)
    if last is not None and last.is_open:
        return last
    new = NewOperation(
        OperationKind.SUBSCRIPTION_RENEWAL,
        key,
        RenewalParams(plan.stripe_subscription_id, cancel, reason),
        subject_id=plan.id,
        account_id=plan.account_id,
    )
    return await create_operation_after(new, last)
