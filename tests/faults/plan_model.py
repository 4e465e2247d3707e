"""What a plan must be like after any life: pure rules, without the product and without Stripe."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

TRIAL = timedelta(days=14)
DRAFT = timedelta(hours=1)
"""An invoice of a renewal is charged so long after its period began."""

RETRIES = (timedelta(days=3), timedelta(days=5), timedelta(days=7))
PRICES = {"STARTER": 900, "PRO": 2900}
ACTIONS = (
    "cancel at end",
    "resume",
    "cancel now",
    "pause",
    "go on",
    "upgrade",
    "card fails",
    "card works",
    "refund by staff",
    "refund of a part by staff",
    "refund at Stripe",
    "refund of a part at Stripe",
    "credit note at Stripe",
    "dispute",
    "dispute is won",
    "dispute is lost",
)
LONGEST_DELAY = timedelta(hours=72)
"""Until we must have heard of what happened at Stripe."""


@dataclass
class Charge:
    """`dispute` is its state, empty without one."""

    amount: int
    paid_at: datetime
    refunds: list[int] = field(default_factory=list)
    dispute: str = ""

    @property
    def left(self) -> int:
        return 0 if self.dispute else self.amount - sum(self.refunds)


def add_months(anchor: datetime, months: int) -> datetime:
    """The anchor's day, or the last one of a shorter month."""
    years, month = divmod(anchor.month - 1 + months, 12)
    year = anchor.year + years
    day = min(anchor.day, monthrange(year, month + 1)[1])
    return anchor.replace(year=year, month=month + 1, day=day)


@dataclass
class PlanModel:
    """One plan by the month; `attempts` are the times at which its open invoice is charged."""

    began: datetime
    has_trial: bool
    has_card: bool
    tier: str = "STARTER"
    status: str = "ACTIVE"
    is_paused: bool = False
    is_ending: bool = False
    card_works: bool = True
    has_failed: bool = False
    periods: int = 0
    due: int = 0
    attempts: list[datetime] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = self.began
        self.anchor = self.began + TRIAL if self.has_trial else self.began
        if self.has_trial:
            self.status = "TRIALING"
        else:
            self.charges.append(Charge(PRICES[self.tier], self.began))
            self.periods = 1

    @property
    def period_end(self) -> datetime:
        return add_months(self.anchor, self.periods)

    @property
    def tier_shown(self) -> str:
        return "FREE" if self.status == "CANCELED" or self.is_paused else self.tier

    def pass_time(self, until: datetime) -> None:
        self.now = until
        while self.status != "CANCELED":
            attempt = self.attempts[0] if self.attempts else None
            moment = min(self.period_end, attempt) if attempt else self.period_end
            if moment > until:
                return
            if moment == attempt:
                self._charge(moment)
            else:
                self._begin_period(moment)

    def _begin_period(self, now: datetime) -> None:
        if self.is_ending or (self.status == "TRIALING" and not self.has_card):
            self.status = "CANCELED"
            return
        self.status = "ACTIVE"
        self.periods += 1
        if not self.is_paused:
            self.due, self.attempts, self.has_failed = PRICES[self.tier], [now + DRAFT], False

    def _charge(self, now: datetime) -> None:
        self.attempts.pop(0)
        if self.card_works:
            self.charges.append(Charge(self.due, now))
            self.attempts, self.status = [], "ACTIVE"
        elif not self.has_failed:
            self.has_failed, self.status = True, "PAST_DUE"
            self.attempts = [now + days for days in RETRIES]
        elif not self.attempts:
            self.status = "CANCELED"

    def allows(self, action: str) -> bool:
        """What somebody at Stripe's dashboard, our staff or a bank could do just now."""
        if is_about_money(action):
            return self.find_charge(action) is not None
        if self.status == "CANCELED":
            return False
        is_settled = not self.attempts and self.status in ("ACTIVE", "TRIALING")
        allowed = {
            "cancel at end": not self.is_ending,
            "resume": self.is_ending,
            "cancel now": True,
            "pause": is_settled and not self.is_paused,
            "go on": is_settled and self.is_paused,
            "upgrade": is_settled and self.tier == "STARTER",
            "card fails": self.status == "ACTIVE" and not self.attempts and self.card_works,
            "card works": self.status in ("ACTIVE", "PAST_DUE") and not self.card_works,
        }
        return allowed[action]

    def find_charge(self, action: str) -> int | None:
        """The place of the newest charge that this can be done to; staff must have heard of it."""
        known_since = self.now - LONGEST_DELAY if "staff" in action else self.now
        for place, charge in reversed(list(enumerate(self.charges))):
            is_open = charge.dispute == "open" if " is " in action else charge.left > 0
            if is_open and charge.paid_at <= known_since:
                return place
        return None

    def do(self, action: str) -> None:
        place = self.find_charge(action) if is_about_money(action) else None
        if place is not None:
            self._return(action, self.charges[place])
            return
        changes: dict[str, tuple[str, object]] = {
            "cancel at end": ("is_ending", True),
            "resume": ("is_ending", False),
            "cancel now": ("status", "CANCELED"),
            "pause": ("is_paused", True),
            "go on": ("is_paused", False),
            "upgrade": ("tier", "PRO"),
            "card fails": ("card_works", False),
            "card works": ("card_works", True),
        }
        name, value = changes[action]
        setattr(self, name, value)

    def _return(self, action: str, charge: Charge) -> None:
        """The plan goes on whatever is returned of its charges."""
        if action.startswith("dispute"):
            charge.dispute = action.removeprefix("dispute is ") if " is " in action else "open"
        else:
            charge.refunds.append(amount_of(action, charge.left))

    def outcome(self) -> tuple[str, str, Sequence[tuple[int, Sequence[int]]]]:
        """With each charge, and what was returned of it; a dispute changes nothing."""
        charges = sorted((each.amount, sorted(each.refunds)) for each in self.charges)
        return self.status, self.tier_shown, charges


def is_about_money(action: str) -> bool:
    return action.startswith(("refund", "credit note", "dispute"))


def amount_of(action: str, left: int) -> int:
    """What a refund returns, in cents; a third is a part."""
    return left // 3 or left if "part" in action else left
