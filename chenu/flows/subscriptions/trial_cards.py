"""One trial a card: one that was in another person's trial ends this one, without a charge.

The card is looked at whenever Stripe tells of a subscription in trial or of its customer, so that a
card that is added later counts as well. docs/decisions/0032.
"""

from dataclasses import dataclass

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import find_account_of_customer
from chenu.billing.gateway import StripeRefusal
from chenu.billing.inbox import InboxEvent
from chenu.billing.ports import SubscriptionPort
from chenu.billing.recurring import SubscriptionKind, SubscriptionState, SubscriptionStatus
from chenu.billing.subscriptions import (
    TRIAL_USED,
    SubscriptionRow,
    find_subscription_by_stripe_id,
    list_live_subscriptions,
    record_refusal,
)
from chenu.billing.trials import claim_trial_card
from chenu.core import db
from chenu.core.errors import InvalidState
from chenu.core.fetched import Fetched, fetch
from chenu.flows.event_types import EventOutcome
from chenu.flows.mirrors.postal_addresses import follow_address
from chenu.flows.operation_handlers import OperationHandler, get_subject
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.flows.subscriptions.affiliate_cards import check_affiliate_card
from chenu.flows.subscriptions.mirror import adopt_subscription, lock_subscriptions
from chenu.flows.subscriptions.trial_refusals import TrialRefusalParams, refuse_trial
from chenu.ledger.operations import OperationKind, OperationRow


@dataclass(frozen=True)
class TrialRefusalHandler(OperationHandler[TrialRefusalParams, Fetched[SubscriptionState]]):
    """Ends a trial at once; one that has been charged meanwhile is paid for, and stays."""

    subscriptions: SubscriptionPort

    kind = OperationKind.TRIAL_REFUSAL
    params_type = TrialRefusalParams

    async def call(
        self, operation: OperationRow, params: TrialRefusalParams
    ) -> Fetched[SubscriptionState]:
        return await fetch(lambda: self._end(operation, params.subscription_id))

    async def _end(self, operation: OperationRow, subscription_id: str) -> SubscriptionState:
        state = await self.subscriptions.get_subscription(subscription_id)
        if state.status is not SubscriptionStatus.TRIALING:
            return state
        try:
            return await self.subscriptions.cancel_subscription(subscription_id, operation)
        except StripeRefusal:
            ended = await self.subscriptions.get_subscription(subscription_id)
            if ended.status is SubscriptionStatus.TRIALING:
                raise
            return ended  # by another process a moment before

    async def apply(
        self,
        operation: OperationRow,
        params: TrialRefusalParams,
        answer: Fetched[SubscriptionState],
    ) -> None:
        if answer.value.status is not SubscriptionStatus.CANCELED:
            await record_refusal(get_subject(operation), None)
        await adopt_subscription(answer)

    async def on_refused(
        self, operation: OperationRow, params: TrialRefusalParams, refusal: StripeRefusal
    ) -> None:
        """The trial goes on, until Stripe tells of it again or an operator tries again."""
        await record_refusal(get_subject(operation), None)

    async def renew(
        self, operation: OperationRow, params: TrialRefusalParams
    ) -> TrialRefusalParams:
        """Raises InvalidState when the trial is over."""
        plan = await find_subscription_by_stripe_id(params.subscription_id)
        if plan is None or plan.status is not SubscriptionStatus.TRIALING:
            raise InvalidState("This trial is over")
        await record_refusal(plan.id, TRIAL_USED)
        return params


async def check_trial_card(services: Services, subscription_id: str) -> None:
    """Ends the trial if its card was in another one. Raises OutcomeUnknown, StripeRefusal."""
    plan = await find_subscription_by_stripe_id(subscription_id)
    if plan is None or plan.status is not SubscriptionStatus.TRIALING:
        return
    card = await services.cards.find_card(subscription_id)
    if card is None or card.fingerprint is None:
        return
    refusal = await _claim_or_refuse(plan, card.fingerprint)
    if refusal is not None:
        await run_operation(services, refusal.id)


@db.transactional
async def _claim_or_refuse(plan: SubscriptionRow, fingerprint: str) -> OperationRow | None:
    """The operation that ends the trial; None where the card is this trial's own."""
    await lock_subscriptions(plan.account_id, plan.kind)
    if await claim_trial_card(fingerprint, plan.stripe_subscription_id):
        return None
    return await refuse_trial(plan)


async def follow_customer(services: Services, event: InboxEvent) -> EventOutcome:
    """A card that was added to the customer is charged at the end of a trial, and an address that
    was typed is printed on invoices.
    """
    account_id = await find_account_of_customer(event.object_id)
    if account_id is None:
        return EventOutcome.IGNORED
    await follow_address(services, account_id)
    for plan in await _list_plans(account_id):
        await check_affiliate_card(services, plan.stripe_subscription_id)
        await check_trial_card(services, plan.stripe_subscription_id)
    return EventOutcome.HANDLED


async def _list_plans(account_id: AccountId) -> list[SubscriptionRow]:
    tiers = await list_live_subscriptions(account_id, SubscriptionKind.TIER)
    return tiers + await list_live_subscriptions(account_id, SubscriptionKind.API_PLAN)
