"""A pure model of one account's tokens: what is left where, after each change.

It has no database and asks nothing of the product. Time is in hours.
"""

from dataclasses import dataclass, field


@dataclass
class ModelGrant:
    """`agent` and `expires_at` None: for all agents, and for ever."""

    number: int
    agent: int | None
    is_paid: bool
    expires_at: float | None
    left: int = 0
    held: int = 0
    spent: int = 0
    repaid: int = 0
    """What of it filled a debt."""
    debt: int = 0
    owed: int = 0
    """What ever became a debt of it."""

    @property
    def burn_key(self) -> tuple[bool, bool, float, bool, int]:
        never = self.expires_at is None
        return (self.agent is None, never, self.expires_at or 0, self.is_paid, self.number)


@dataclass
class ModelHold:
    most: int
    agent: int | None
    only: ModelGrant | None
    slices: list[tuple[ModelGrant, int]]


@dataclass
class ModelWallet:
    now: float = 0
    grants: list[ModelGrant] = field(default_factory=list)

    @property
    def available(self) -> int:
        return sum(each.left for each in self.grants if each.agent is None) - sum(
            each.debt for each in self.grants
        )

    @property
    def held(self) -> int:
        return sum(each.held for each in self.grants)

    @property
    def promotional(self) -> int:
        return sum(each.left for each in self.grants if each.agent is not None)

    def expire(self) -> None:
        for each in self.grants:
            if each.expires_at is not None and each.expires_at <= self.now:
                each.left = 0

    def grant(
        self, amount: int, *, agent: int | None, is_paid: bool, expires_at: float | None
    ) -> ModelGrant:
        self.expire()
        made = ModelGrant(len(self.grants), agent, is_paid, expires_at, left=amount)
        self.grants.append(made)
        self._repay()
        return made

    def spend(self, amount: int, agent: int | None) -> bool:
        self.expire()
        if sum(each.left for each in self._usable(agent, None)) < amount:
            return False
        self._burn(amount, agent, None)
        return True

    def hold(self, most: int, agent: int | None, only: ModelGrant | None) -> ModelHold | None:
        self.expire()
        held = ModelHold(most, agent, only, [])
        for each in self._usable(agent, only):
            part = min(each.left, most - sum(amount for _, amount in held.slices))
            if part:
                each.left -= part
                each.held += part
                held.slices.append((each, part))
        return held if held.slices else None

    def close(self, hold: ModelHold, wanted: int) -> int:
        """What was taken; a release wants nothing."""
        self.expire()
        rest = used = min(wanted, hold.most)
        for each, amount in hold.slices:
            part = min(rest, amount)
            rest -= part
            each.held -= amount
            each.spent += part
            each.left += amount - part
        rest -= self._burn(rest, hold.agent, hold.only)
        self.expire()
        self._repay()
        return used - rest

    def revoke(self, each: ModelGrant, amount: int, *, debt: bool) -> int:
        self.expire()
        taken = min(each.left, amount)
        each.left -= taken
        if debt:
            owed = max(0, min(amount - taken, each.held + each.spent + each.repaid - each.owed))
            each.debt += owed
            each.owed += owed
        self._repay()
        return taken

    def end(self, each: ModelGrant) -> int:
        self.expire()
        left, each.left = each.left, 0
        each.expires_at = self.now if each.expires_at is None else min(each.expires_at, self.now)
        return left

    def _usable(self, agent: int | None, only: ModelGrant | None) -> list[ModelGrant]:
        found = [
            each
            for each in self.grants
            if each.left and each.agent in (None, agent) and only in (None, each)
        ]
        return sorted(found, key=lambda each: each.burn_key)

    def _burn(self, amount: int, agent: int | None, only: ModelGrant | None) -> int:
        taken = 0
        for each in self._usable(agent, only):
            part = min(each.left, amount - taken)
            each.left -= part
            each.spent += part
            taken += part
        return taken

    def _repay(self) -> None:
        """The oldest debt first, from what would be burnt first."""
        for debtor in self.grants:
            for payer in self._usable(None, None):
                part = min(debtor.debt, payer.left)
                payer.left -= part
                payer.repaid += part
                debtor.debt -= part
