"""What purchases, plans, coupons and tokens must be after whatever happens: pure rules.

It has no database, asks nothing of the product, and knows Stripe only as a calendar. The wallet is
`tests/tokens/burn_model.py`. reliability: F17.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.tokens.burn_model import ModelGrant, ModelWallet

DRAFT = timedelta(hours=1)
"""An invoice of a renewal is charged so long after its period began."""

RETRIES = (timedelta(days=3), timedelta(days=5), timedelta(days=7))
RETURNABLE = timedelta(days=14)
AGENT_PRICE, AGENT_SHARE = 999, 700
MONTHLY_PRICE, MONTHLY_SHARE = 900, 630
BOUND = 0
"""The customer whose plans' charges an affiliate has a tenth of."""
PLAN_PRICES = {"tier": 900, "api": 4900}
"""A plan of the account, and one of the paid API beside it."""

PLAN_NAMES = {"tier": "STARTER", "api": "BASIC"}
PLAN_DISCOUNT = 450
PACK_PRICE, PACK_BASE, PACK_BONUS = 900, 1000, 100


@dataclass
class Charge:
    """`taken` is what a bank has; `dispute` is open, won or lost, or empty."""

    paid: int
    share: int = 0
    refunded: int = 0
    taken: int = 0
    dispute: str = ""

    @property
    def left(self) -> int:
        return 0 if self.taken else self.paid - self.refunded

    @property
    def share_due(self) -> int:
        """What the creator has to give back, of all that was returned together."""
        return self.share * (self.refunded + self.taken) // self.paid

    @property
    def commission(self) -> int:
        """A tenth of what is kept, half up."""
        return (self.paid - self.refunded - self.taken + 5) // 10

    @property
    def is_free(self) -> bool:
        """Stripe refunds nothing that a bank has ever looked at, and no bank looks twice."""
        return not self.dispute and self.left > 0

    def open_dispute(self) -> None:
        self.dispute, self.taken = "open", self.left

    def end_dispute(self, end: str) -> None:
        self.dispute = end
        if end == "won":
            self.taken = 0

    def row(self) -> tuple[int, int, int, int, int]:
        return self.paid, self.share, self.refunded, self.taken, self.share_due


@dataclass
class Term:
    """A subscription by the month; at the times of `attempts` its open invoice is charged."""

    anchor: datetime
    status: str = "ACTIVE"
    is_ending: bool = False
    card_works: bool = True
    has_failed: bool = False
    periods: int = 1
    attempts: list[datetime] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return self.status != "CANCELED"

    @property
    def period_end(self) -> datetime:
        years, month = divmod(self.anchor.month - 1 + self.periods, 12)
        year = self.anchor.year + years
        day = min(self.anchor.day, monthrange(year, month + 1)[1])
        return self.anchor.replace(year=year, month=month + 1, day=day)

    def pass_time(self, now: datetime) -> int:
        """How many invoices were paid until then."""
        paid = 0
        while self.is_live:
            moment = min([self.period_end, *self.attempts])
            if moment > now:
                break
            if moment == self.period_end:
                self._begin_period(moment)
            else:
                paid += self._charge(moment)
        return paid

    def _begin_period(self, now: datetime) -> None:
        if self.is_ending:
            self.status = "CANCELED"
            return
        self.periods += 1
        self.attempts, self.has_failed = [now + DRAFT], False

    def _charge(self, now: datetime) -> bool:
        self.attempts.pop(0)
        if self.card_works:
            self.attempts, self.status = [], "ACTIVE"
            return True
        if not self.has_failed:
            self.has_failed, self.status = True, "PAST_DUE"
            self.attempts = [now + days for days in RETRIES]
        elif not self.attempts:
            self.status = "CANCELED"
        return False


@dataclass
class Purchase:
    """Of an agent; `term` None: bought once."""

    paid_at: datetime
    charges: list[Charge]
    term: Term | None = None

    @property
    def is_disputed(self) -> bool:
        return any(each.taken for each in self.charges)

    @property
    def is_returned(self) -> bool:
        return self.charges[-1].refunded == self.charges[-1].paid

    @property
    def status(self) -> str:
        if self.is_disputed or self.is_returned:
            return "DISPUTED" if self.is_disputed else "REFUNDED"
        if self.term is None:
            return "PARTIALLY_REFUNDED" if self.charges[0].refunded else "PAID"
        if not self.term.is_live:
            return "ENDED"
        if self.term.status == "PAST_DUE":
            return "PAST_DUE"
        return "CANCELED" if self.term.is_ending else "ACTIVE"

    @property
    def is_usable(self) -> bool:
        return self.status not in ("DISPUTED", "REFUNDED", "ENDED")

    def refund(self, charge: Charge, amount: int) -> None:
        charge.refunded += amount
        if self.term and self.is_returned:
            self.term.status = "CANCELED"

    def open_dispute(self, charge: Charge) -> None:
        """Nobody is charged for another month of what is frozen."""
        charge.open_dispute()
        if self.term:
            self.term.is_ending = True

    def end_dispute(self, charge: Charge, end: str) -> None:
        charge.end_dispute(end)
        if self.term and end == "lost":
            self.term.status = "CANCELED"


@dataclass
class Plan:
    """`is_discounted`: every month; else only the first one may be."""

    kind: str
    term: Term
    charges: list[Charge]
    is_discounted: bool = False

    @property
    def name(self) -> str:
        return PLAN_NAMES[self.kind] if self.term.is_live else "FREE"


@dataclass
class Coupon:
    most: int
    redeem_by: datetime
    is_forever: bool
    users: list[int] = field(default_factory=list)

    def allows(self, customer: int, now: datetime) -> bool:
        return len(self.users) < self.most and customer not in self.users and now < self.redeem_by


@dataclass
class Pack:
    paid_at: datetime
    charge: Charge
    bonus: ModelGrant
    base: ModelGrant

    def refund(self, wallet: ModelWallet) -> None:
        """All that is unspent, for its part of the price."""
        wallet.revoke(self.bonus, PACK_BONUS, debt=False)
        base = wallet.revoke(self.base, PACK_BASE, debt=False)
        self.charge.refunded += PACK_PRICE * base // PACK_BASE

    @property
    def worth(self) -> int:
        return min(PACK_PRICE * self.base.left // PACK_BASE, self.charge.left)

    def open_dispute(self, wallet: ModelWallet) -> None:
        """All tokens are taken; those that were spent are owed."""
        self.charge.open_dispute()
        grants = ((self.bonus, PACK_BONUS), (self.base, PACK_BASE))
        spent = [amount - wallet.revoke(grant, amount, debt=False) for grant, amount in grants]
        for (grant, _), amount in zip(grants, spent, strict=True):
            wallet.revoke(grant, amount, debt=True)


@dataclass
class Market:
    """Everything that customers have, oldest first."""

    began: datetime
    purchases: dict[tuple[int, str], list[Purchase]] = field(default_factory=dict)
    """By buyer and agent."""
    plans: dict[tuple[int, str], list[Plan]] = field(default_factory=dict)
    """By customer and kind."""
    coupons: list[Coupon] = field(default_factory=list)
    packs: list[Pack] = field(default_factory=list)
    wallet: ModelWallet = field(default_factory=ModelWallet)

    def pass_time(self, now: datetime) -> None:
        self.wallet.now = (now - self.began) / timedelta(hours=1)
        self.wallet.expire()
        for purchase in self.all_purchases():
            for _ in range(purchase.term.pass_time(now) if purchase.term else 0):
                purchase.charges.append(Charge(MONTHLY_PRICE, MONTHLY_SHARE))
        for plan in self.all_plans():
            price = PLAN_PRICES[plan.kind] - PLAN_DISCOUNT * plan.is_discounted
            plan.charges += [Charge(price) for _ in range(plan.term.pass_time(now))]

    def all_purchases(self) -> list[Purchase]:
        return [each for bought in self.purchases.values() for each in bought]

    def all_plans(self) -> list[Plan]:
        return [each for bought in self.plans.values() for each in bought]

    def plan_charges(self, customer: int, kind: str) -> list[Charge]:
        return [each for plan in self.plans.get((customer, kind), []) for each in plan.charges]

    def charges(self) -> list[Charge]:
        agents = [each for bought in self.all_purchases() for each in bought.charges]
        plans = [each for plan in self.all_plans() for each in plan.charges]
        return [*agents, *plans, *(pack.charge for pack in self.packs)]

    @property
    def net_paid(self) -> int:
        """What buyers have paid, without what went back to them or to their banks."""
        return sum(each.paid - each.refunded - each.taken for each in self.charges())

    @property
    def shares(self) -> int:
        """What creators have earned for good, in cents."""
        return sum(each.share - each.share_due for each in self.charges())

    @property
    def commissions(self) -> int:
        """What the affiliate has earned for good, in cents."""
        charges = [each for kind in PLAN_PRICES for each in self.plan_charges(BOUND, kind)]
        return sum(each.commission for each in charges)

    def add_pack(self, now: datetime) -> None:
        base = self.wallet.grant(PACK_BASE, agent=None, is_paid=True, expires_at=None)
        bonus = self.wallet.grant(PACK_BONUS, agent=None, is_paid=False, expires_at=None)
        self.packs.append(Pack(now, Charge(PACK_PRICE), bonus, base))

    def win_pack(self, pack: Pack) -> None:
        """Its tokens come back as new ones, which fill debts first."""
        pack.charge.end_dispute("won")
        self.wallet.grant(PACK_BASE, agent=None, is_paid=True, expires_at=None)
        self.wallet.grant(PACK_BONUS, agent=None, is_paid=False, expires_at=None)
