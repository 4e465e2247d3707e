"""Random lives of wallets: after each change the database has what a pure model of the burn order
has, and in the end all books hold. The seed is the test's parameter.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.clock import CLOCK, business_now
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.ledger.amounts import Tokens
from chenu.tokens.grants import GrantId, GrantKind
from chenu.tokens.holds import HoldId, NewHold, hold_tokens, release_hold, settle_hold
from chenu.tokens.wallet import get_wallet
from tests.faults.counts import seeds
from tests.tokens.burn_model import ModelGrant, ModelHold, ModelWallet
from tests.tokens.granting import (
    Wanted,
    end,
    give,
    list_violations,
    make_account,
    revoke,
    spend_all,
)

pytestmark = pytest.mark.faults

STEPS = 25
KINDS = (GrantKind.PACK, GrantKind.PACK_BONUS, GrantKind.PROMOTION, GrantKind.ADJUSTMENT)
"""Those that come alone: MONTHLY and TRIAL ones, which burn like the free ones, have a budget."""
AGENTS = (new_id(), new_id())


@dataclass(frozen=True)
class _Left:
    id: GrantId
    remaining: int
    held: int
    spent: int
    debt: int


class Life:
    """One account, in the database and in the model; `random` decides what happens to it."""

    def __init__(self, account_id: AccountId, seed: int) -> None:
        self.account_id = account_id
        self.random = random.Random(seed)
        self.began = business_now()
        self.model = ModelWallet()
        self.ids = list[GrantId]()
        self.holds = list[tuple[HoldId, ModelHold]]()

    async def step(self) -> None:
        steps = (
            *(self.grant, self.grant, self.spend, self.spend, self.spend_several, self.hold),
            *(self.hold, self.settle, self.release, self.wait, self.revoke, self.end),
        )
        await self.random.choice(steps)()

    def amount(self) -> int:
        return self.random.choice((1, 3, 10, 40, 100, 250))

    def agent(self) -> int | None:
        return self.random.choice((None, 0, 1))

    def _moment(self, hours: float | None) -> datetime | None:
        """Whole hours, at which things happen, never meet half ones."""
        return None if hours is None else self.began + timedelta(hours=hours)

    async def grant(self) -> None:
        kind = self.random.choice(KINDS)
        agent = self.agent() if kind is GrantKind.PROMOTION else None
        hours = self.random.choice((None, None, 1.5, 3.5, 8.5, 24.5))
        expires_at = None if hours is None else self.model.now + hours
        amount = self.amount()
        self.model.grant(amount, agent=agent, is_paid=kind.is_paid, expires_at=expires_at)
        made = await give(
            self.account_id,
            amount,
            kind,
            expires_at=self._moment(expires_at),
            agent_id=_id_of(agent),
        )
        self.ids.append(made.id)

    async def spend(self) -> None:
        await self._spend([(self.amount(), self.agent())])

    async def spend_several(self) -> None:
        """In one batch, which answers as if they came one after the other."""
        await self._spend([(self.amount(), self.agent()) for _ in range(4)])

    async def _spend(self, wanted: list[tuple[int, int | None]]) -> None:
        expected = [self.model.spend(amount, agent) for amount, agent in wanted]
        spent = await spend_all(
            *(Wanted(self.account_id, amount, _id_of(agent)) for amount, agent in wanted)
        )
        assert [each.status == "DONE" for each in spent] == expected

    async def hold(self) -> None:
        most, agent = self.amount(), self.agent()
        number = self.random.randrange(len(self.ids)) if self.ids else 0
        only = self.model.grants[number] if self.ids and self.random.random() < 0.2 else None
        held = self.model.hold(most, agent, only)
        hold_id = HoldId(new_id())
        new = NewHold(
            self.account_id,
            Tokens(most),
            hold_id,
            "A run",
            business_now(),
            agent_id=_id_of(agent),
            only_grant=self.ids[number] if only else None,
        )
        amount = await db.run_in_transaction(lambda: hold_tokens(new))
        assert amount == (sum(part for _, part in held.slices) if held else 0)
        if held:
            self.holds.append((hold_id, held))

    def _take_hold(self) -> tuple[HoldId, ModelHold] | None:
        return self.holds.pop(self.random.randrange(len(self.holds))) if self.holds else None

    async def settle(self) -> None:
        if (taken := self._take_hold()) is None:
            return
        hold_id, hold = taken
        used = self.random.choice((0, 1, hold.most // 2, hold.most, hold.most + 5))
        expected = self.model.close(hold, used)
        settled = await settle_hold(self.account_id, hold_id, Tokens(used))
        assert (settled.used, settled.capped) == (expected, expected < used)

    async def release(self) -> None:
        if (taken := self._take_hold()) is None:
            return
        self.model.close(taken[1], 0)
        assert await release_hold(self.account_id, taken[0])

    async def wait(self) -> None:
        hours = self.random.choice((1, 2, 6))
        self.model.now += hours
        CLOCK.move_to_offset(CLOCK.offset + timedelta(hours=hours))

    def _pick_grant(self) -> tuple[GrantId, ModelGrant] | None:
        if not self.ids:
            return None
        number = self.random.randrange(len(self.ids))
        return self.ids[number], self.model.grants[number]

    async def revoke(self) -> None:
        if (picked := self._pick_grant()) is None:
            return
        amount, debt = self.amount(), self.random.random() < 0.5
        expected = self.model.revoke(picked[1], amount, debt=debt)
        key = str(new_id())
        assert await revoke(picked[0], amount, key, debt=debt) == expected

    async def end(self) -> None:
        if (picked := self._pick_grant()) is None:
            return
        expected = self.model.end(picked[1])
        assert await end(picked[0], str(new_id())) == expected

    async def compare(self) -> None:
        self.model.expire()
        wallet = await get_wallet(self.account_id)
        model = self.model
        found = (wallet.available, wallet.held, wallet.promotional)
        assert found == (model.available, model.held, model.promotional)
        sql = "SELECT id, remaining, held, spent, debt FROM token_grant WHERE account = $1"
        rows = {row.id: row for row in await db.fetch_all(_Left, sql, self.account_id)}
        for grant_id, each in zip(self.ids, model.grants, strict=True):
            row = rows[grant_id]
            left = (row.remaining, row.held, row.spent, row.debt)
            assert left == (each.left, each.held, each.spent, each.debt)


def _id_of(agent: int | None) -> UUID | None:
    return None if agent is None else AGENTS[agent]


@pytest.mark.parametrize("seed", seeds(500))
async def test_a_random_life_leaves_what_the_burn_order_says(services: Services, seed: int) -> None:
    life = Life(await make_account(), seed)

    for _ in range(STEPS):
        await life.step()
        await life.compare()

    assert await list_violations() == []
