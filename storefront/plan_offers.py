"""What the page of plans offers to this visitor: prices, and one action for each tier."""

from enum import StrEnum
from urllib.parse import urlencode

import msgspec

from chenu.accounts.actor import Actor, ActorKind
from chenu.accounts.roles import Right
from chenu.billing.recurring import BillingInterval
from chenu.core.errors import Invalid
from chenu.core.money import Cents
from chenu.tiers.catalogue import TIERS, Tier, TierCode

SOLD = tuple(tier for tier in TIERS if tier.monthly_price)
"""What a subscription can be had of."""


class PlanActionKind(StrEnum):
    """CURRENT: the plan of the account that the visitor acts for. START: leads to the plan's page,
    CHANGE: to what another plan than the present one would cost.

    NONE: nothing that this visitor could do about the plan here.
    """

    CURRENT = "CURRENT"
    SIGN_UP = "SIGN_UP"
    START = "START"
    CHANGE = "CHANGE"
    CONTACT = "CONTACT"
    NONE = "NONE"


class PlanAction(msgspec.Struct, frozen=True):
    """`url` is empty where the action leads nowhere."""

    kind: PlanActionKind
    url: str = ""


class PlanOffer(msgspec.Struct, frozen=True):
    """`price` is that of the chosen interval; None: on request."""

    tier: Tier
    price: Cents | None
    action: PlanAction


def read_interval(text: str) -> BillingInterval:
    """A month unless the URL says otherwise; raises Invalid."""
    if not text:
        return BillingInterval.MONTH
    try:
        return BillingInterval(text)
    except ValueError:
        raise Invalid(
            "Prices are for a month or a year: the interval is MONTH or YEAR", path=("interval",)
        ) from None


def list_plan_offers(actor: Actor, interval: BillingInterval) -> tuple[PlanOffer, ...]:
    return tuple(
        PlanOffer(tier, _price(tier, interval), _decide_action(actor, tier, interval))
        for tier in TIERS
    )


def find_current_tier(actor: Actor) -> TierCode | None:
    """The tier of the account that a signed-in visitor acts for."""
    return actor.tier if actor.kind is ActorKind.SESSION else None


def _price(tier: Tier, interval: BillingInterval) -> Cents | None:
    return tier.yearly_price if interval is BillingInterval.YEAR else tier.monthly_price


def _decide_action(actor: Actor, tier: Tier, interval: BillingInterval) -> PlanAction:
    if find_current_tier(actor) == tier.code:
        return PlanAction(PlanActionKind.CURRENT)
    if tier.monthly_price is None:
        return PlanAction(PlanActionKind.CONTACT, "/enterprise")
    if actor.kind is ActorKind.ANONYMOUS and tier.code is TierCode.FREE:
        return PlanAction(PlanActionKind.SIGN_UP, "/sign-up")
    if tier.monthly_price and _may_start(actor):
        chosen = urlencode({"tier": tier.code, "interval": interval})
        path = "/account/plan" if actor.kind is ActorKind.SESSION else "/sign-up"
        return PlanAction(PlanActionKind.START, f"{path}?{chosen}")
    if tier.monthly_price and _may_change(actor):
        query = urlencode({"tier": tier.code, "interval": interval})
        return PlanAction(PlanActionKind.CHANGE, f"/account/plan/change?{query}")
    return PlanAction(PlanActionKind.NONE)


def _may_start(actor: Actor) -> bool:
    """Whoever has no paid plan, and may take one for the account; strangers with an account."""
    if actor.kind is ActorKind.ANONYMOUS:
        return True
    return find_current_tier(actor) is TierCode.FREE and actor.has_right(Right.MANAGE_PLAN)


def _may_change(actor: Actor) -> bool:
    """Whoever manages a plan that is paid; a contract is changed by talking to us."""
    tier = find_current_tier(actor)
    is_paid = tier not in (None, TierCode.FREE, TierCode.ENTERPRISE)
    return is_paid and actor.has_right(Right.MANAGE_PLAN)
