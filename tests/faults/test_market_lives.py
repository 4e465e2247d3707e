"""Random lives of a whole market: after each step the database has what a pure model has, and
Stripe's balances have what the books have, to the cent.

Hypothesis chooses the steps, and prints those of a life that fails; the seed is the test's
parameter. reliability: F17, with the faults F4 to F8.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chenu.flows.services import Services
from tests.database import OwnedDatabase
from tests.faults.counts import FAULT_SHARE, seeds
from tests.faults.market_life import CLEAN, FAULTS, FORGOTTEN, Trouble
from tests.faults.market_steps import Steps
from tests.faults.market_world import World, open_world

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

LIVES, AT_ONCE = 100, 10
"""So many lives share what they begin with."""

STEPS = 50 if FAULT_SHARE >= 1 else 30

TROUBLES = st.builds(
    Trouble,
    st.sampled_from([CLEAN] * 12 + [*FAULTS, FORGOTTEN, FORGOTTEN]),
    st.integers(1, 4),
    st.sampled_from(["in order"] * 3 + ["shuffled", "shuffled", "lost"]),
)
PICKS = st.integers(0, 999)
WHO = st.sampled_from(["creator", "creator", "dashboard"])
PAYS = st.sampled_from([True, True, False])
AMOUNTS = st.sampled_from([1, 3, 100, 250, 333, 700])


class MarketMachine(RuleBasedStateMachine):
    """Each rule is a step of `Steps`, done on the loop of the tests."""

    world: ClassVar[World]
    loop: ClassVar[asyncio.AbstractEventLoop]

    def _do(self, step: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(step, self.loop).result()

    def _step(self, trouble: Trouble, act: Coroutine[Any, Any, None] | None) -> None:
        if act is not None:
            self._do(self.steps.take(trouble, act))

    @initialize(number=PICKS)
    def begin(self, number: int) -> None:
        self.steps = Steps(self.world, number)
        self._do(self.steps.begin())

    @rule(trouble=TROUBLES, buyer=st.integers(0, 1), kind=st.sampled_from(["once", "monthly"]))
    def buy(self, trouble: Trouble, buyer: int, kind: str) -> None:
        self._step(trouble, self.steps.buy(buyer, kind))

    @rule(trouble=TROUBLES, days=st.sampled_from([1, 2, 4, 9, 16, 25]))
    def advance(self, trouble: Trouble, days: int) -> None:
        self._step(trouble, self.steps.advance(days))

    @precondition(lambda self: self.steps.market.purchases)
    @rule(
        trouble=TROUBLES,
        pick=PICKS,
        amount=AMOUNTS,
        who=WHO,
    )
    def refund_part(self, trouble: Trouble, pick: int, amount: int, who: str) -> None:
        self._step(trouble, self.steps.refund(pick, amount, who))

    @precondition(lambda self: self.steps.market.purchases)
    @rule(trouble=TROUBLES, pick=PICKS)
    def refund_whole(self, trouble: Trouble, pick: int) -> None:
        self._step(trouble, self.steps.refund(pick, None, "creator"))

    @precondition(lambda self: self.steps.market.purchases)
    @rule(trouble=TROUBLES, pick=PICKS)
    def give_back(self, trouble: Trouble, pick: int) -> None:
        self._step(trouble, self.steps.give_back(pick))

    @precondition(lambda self: self.steps.market.purchases or self.steps.market.packs)
    @rule(trouble=TROUBLES, pick=PICKS)
    def dispute(self, trouble: Trouble, pick: int) -> None:
        self._step(trouble, self.steps.dispute(pick))

    @precondition(lambda self: self.steps.market.plans)
    @rule(trouble=TROUBLES, pick=PICKS, amount=st.sampled_from([1, 33, 250, None]))
    def refund_plan(self, trouble: Trouble, pick: int, amount: int | None) -> None:
        self._step(trouble, self.steps.refund_plan(pick, amount))

    @precondition(lambda self: self.steps.market.plans)
    @rule(trouble=TROUBLES, pick=PICKS)
    def dispute_plan(self, trouble: Trouble, pick: int) -> None:
        self._step(trouble, self.steps.dispute_plan(pick))

    @precondition(lambda self: self.steps.acts.disputes)
    @rule(trouble=TROUBLES, pick=PICKS, end=st.sampled_from(["won", "won", "lost"]))
    def decide(self, trouble: Trouble, pick: int, end: str) -> None:
        self._step(trouble, self.steps.decide(pick, end))

    @precondition(lambda self: self.steps.market.purchases or self.steps.market.plans)
    @rule(trouble=TROUBLES, pick=PICKS, what=st.sampled_from(["cancel", "resume", "card"]))
    def renewal(self, trouble: Trouble, pick: int, what: str) -> None:
        self._step(trouble, self.steps.change_renewal(pick, what))

    @rule(most=st.integers(1, 2), days=st.sampled_from([3, 20, 60]), forever=st.booleans())
    def add_coupon(self, most: int, days: int, forever: bool) -> None:
        self._step(Trouble(), self.steps.add_coupon(most, days, forever))

    @rule(
        trouble=TROUBLES,
        customer=st.integers(0, 1),
        coupon=PICKS,
        pays=PAYS,
    )
    def begin_plan(self, trouble: Trouble, customer: int, coupon: int, pays: bool) -> None:
        self._step(trouble, self.steps.begin_plan(customer, coupon, pays))

    @rule(trouble=TROUBLES, customer=st.integers(0, 1), pays=PAYS)
    def begin_api_plan(self, trouble: Trouble, customer: int, pays: bool) -> None:
        self._step(trouble, self.steps.begin_api_plan(customer, pays))

    @rule(trouble=TROUBLES)
    def buy_pack(self, trouble: Trouble) -> None:
        self._step(trouble, self.steps.acts.buy_pack())

    @precondition(lambda self: self.steps.market.packs)
    @rule(trouble=TROUBLES, pick=PICKS)
    def return_pack(self, trouble: Trouble, pick: int) -> None:
        self._step(trouble, self.steps.return_pack(pick))

    @rule(amount=st.sampled_from([1, 40, 100, 700]))
    def spend(self, amount: int) -> None:
        self._step(Trouble(), self.steps.spend(amount))

    @rule(amount=st.sampled_from([10, 100]), days=st.sampled_from([None, 2, 12]))
    def grant(self, amount: int, days: int | None) -> None:
        self._step(Trouble(), self.steps.grant(amount, days))

    def teardown(self) -> None:
        if hasattr(self, "steps"):
            self._do(self.steps.end())


@pytest.mark.parametrize("number", seeds(LIVES // AT_ONCE))
async def test_a_market_is_what_its_model_says_after_each_step(
    services: Services, database: OwnedDatabase, number: int
) -> None:
    async with open_world(services, database) as world:
        parts = {"world": world, "loop": asyncio.get_running_loop()}
        machine = seed(number)(type("SeededMarketMachine", (MarketMachine,), parts))
        how = settings(
            max_examples=AT_ONCE,
            stateful_step_count=STEPS,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )

        await asyncio.to_thread(run_state_machine_as_test, machine, settings=how)
