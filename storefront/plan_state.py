"""What a subscription's state means to those who pay for it."""

from enum import StrEnum

import msgspec

from chenu.billing.recurring import SubscriptionKind, SubscriptionStatus
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core.i18n import mark
from chenu.flows.plan_kinds import API_PLANS_SOLD, TIER_PLANS


class PlanHome(msgspec.Struct, frozen=True):
    """The page on which an account's plan of one kind stands, and what it is called."""

    url: str
    title: str


TIER_HOME = PlanHome(TIER_PLANS.page, mark("Your plan"))
API_HOME = PlanHome(API_PLANS_SOLD.page, mark("Your API plan"))
HOMES = {SubscriptionKind.TIER: TIER_HOME, SubscriptionKind.API_PLAN: API_HOME}


class PlanState(StrEnum):
    """RETRYING: a payment failed and is tried again, the plan stays meanwhile.

    UNPAID: it gives nothing until its open invoice is paid. UNCONFIRMED: its first payment is not
    done. PAUSED: it gives nothing until it is resumed at Stripe. REFUSED: we ended it, because its
    owner or its card had a trial before.
    """

    TRIAL = "TRIAL"
    ACTIVE = "ACTIVE"
    ENDING = "ENDING"
    RETRYING = "RETRYING"
    UNPAID = "UNPAID"
    UNCONFIRMED = "UNCONFIRMED"
    PAUSED = "PAUSED"
    ENDED = "ENDED"
    REFUSED = "REFUSED"


PLAN_STATES = {
    PlanState.TRIAL: mark("In trial"),
    PlanState.ACTIVE: mark("Active"),
    PlanState.ENDING: mark("Cancelled"),
    PlanState.RETRYING: mark("Payment failed, tried again"),
    PlanState.UNPAID: mark("Unpaid"),
    PlanState.UNCONFIRMED: mark("First payment not done"),
    PlanState.PAUSED: mark("Paused"),
    PlanState.ENDED: mark("Ended"),
    PlanState.REFUSED: mark("Ended"),
}

_WITHOUT_ACCESS = {
    SubscriptionStatus.UNPAID: PlanState.UNPAID,
    SubscriptionStatus.INCOMPLETE: PlanState.UNCONFIRMED,
}


def describe_plan(plan: SubscriptionRow) -> PlanState:
    if not plan.is_live:
        return PlanState.REFUSED if plan.refusal_code else PlanState.ENDED
    if not plan.gives_access:
        return _WITHOUT_ACCESS.get(plan.status, PlanState.PAUSED)
    if plan.status is SubscriptionStatus.PAST_DUE:
        return PlanState.RETRYING
    if plan.cancel_at_period_end:
        return PlanState.ENDING
    return PlanState.TRIAL if plan.status is SubscriptionStatus.TRIALING else PlanState.ACTIVE
