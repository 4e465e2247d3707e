"""The plan that somebody chose, in forms and URLs: it travels along until it can begin."""

from enum import StrEnum
from urllib.parse import urlencode

import msgspec

from chenu.accounts.actor import Actor
from chenu.billing.recurring import BillingInterval
from chenu.core.errors import BrokenRequest, ChenuError, Invalid, reject_if_any
from chenu.core.i18n import Locale, mark
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.flows.subscriptions.plans import price_of
from chenu.flows.subscriptions.start import StartInput, start_subscription
from chenu.tiers.catalogue import TierCode
from storefront.forms import REFUSALS, Fields

CHOICE_FIELDS = ("tier", "interval", "trial", "start_now", "coupon_code")
_NOT_BEGUN = "plan-not-begun"


class PlanChoice(msgspec.Struct, frozen=True):
    """`trial` False: pay from the first day. `starts_now`: before the days of withdrawal end."""

    tier: TierCode
    interval: BillingInterval
    trial: bool
    starts_now: bool = False
    coupon_code: str | None = None

    @property
    def fields(self) -> dict[str, str]:
        trial = "yes" if self.trial else "no"
        found = {"tier": str(self.tier), "interval": str(self.interval), "trial": trial}
        if self.starts_now:
            found["start_now"] = "on"
        if self.coupon_code is not None:
            found["coupon_code"] = self.coupon_code
        return found

    @property
    def plan_path(self) -> str:
        """The account's page of the plan, with the choice in its form."""
        return f"/account/plan?{urlencode(self.fields)}"


def find_choice(fields: Fields) -> PlanChoice | None:
    """None where no plan was chosen. Raises Rejected, naming each wrong field."""
    return read_choice(fields) if fields.text("tier") else None


def read_choice(fields: Fields) -> PlanChoice:
    """Raises Rejected, naming each wrong field."""
    errors = [*_check(fields, "tier", TierCode), *_check(fields, "interval", BillingInterval)]
    reject_if_any(errors)
    choice = PlanChoice(
        TierCode(fields.text("tier")),
        BillingInterval(fields.text("interval")),
        trial=fields.text("trial") != "no",
        starts_now=fields.is_ticked("start_now"),
        coupon_code=fields.text("coupon_code").strip() or None,
    )
    price_of(choice.tier, choice.interval)
    return choice


def _check(fields: Fields, name: str, choices: type[StrEnum]) -> list[ChenuError]:
    if fields.text(name) in set(choices):
        return []
    message = mark("Please choose one of: {allowed}")
    return [Invalid(message, path=(name,), allowed=", ".join(choices))]


def start_input(choice: PlanChoice, locale: Locale) -> StartInput:
    return StartInput(
        choice.tier,
        choice.interval,
        locale,
        trial=choice.trial,
        starts_now=choice.starts_now,
        coupon_code=choice.coupon_code,
    )


async def begin_chosen(services: Services, actor: Actor, choice: PlanChoice, locale: Locale) -> str:
    """The payment page's URL; where none could be opened, the page that offers it again."""
    data = start_input(choice, locale)
    try:
        order = await start_subscription(services, actor, data, new_id().hex)
    except (*REFUSALS, BrokenRequest):
        return f"{choice.plan_path}&notice={_NOT_BEGUN}"
    return order.checkout_url or f"/account/plan/orders/{order.id}"
