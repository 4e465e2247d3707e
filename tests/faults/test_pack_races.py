"""A refund of a pack races spends of its tokens: no token is used and returned, and none is lost.

Many rounds in one process over the real database and the sandbox; the seed is the parameter.
"""

import asyncio
import contextlib
import random
from dataclasses import dataclass
from datetime import timedelta

import pytest

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import InvalidState
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.packs.refunds import RefundPackInput, refund_own_pack
from chenu.flows.services import Services
from chenu.flows.withdrawals.declare import declare_own
from chenu.ledger.amounts import Tokens
from chenu.tokens.holds import HoldId, NewHold, hold_tokens, release_hold, settle_hold
from chenu.tokens.pack_orders import PackOrderRow
from tests.faults.books import require_true_books
from tests.faults.counts import seeds
from tests.flows.packs import buy, open_packs
from tests.flows.plans import catch_up
from tests.people import Person, make_person
from tests.rows import count
from tests.stripe_side import StripeSide

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Ended:
    """What became of one pack, in tokens and cents."""

    spent: int
    taken: int
    taken_base: int
    remaining: int
    returned: int


async def _end_of(order: PackOrderRow) -> Ended:
    sql = """
        SELECT (SELECT coalesce(-sum(e.amount) FILTER (WHERE e.kind = 'SPEND'), 0)::bigint
                FROM token_entry e JOIN token_grant g ON g.id = e.token_grant
                WHERE g.source_id = $1) AS spent,
            (SELECT coalesce(sum(base_tokens + bonus_tokens), 0)::bigint FROM pack_refund
                WHERE pack_order = $1 AND restored_at IS NULL) AS taken,
            (SELECT coalesce(sum(base_tokens), 0)::bigint FROM pack_refund
                WHERE pack_order = $1 AND restored_at IS NULL) AS taken_base,
            (SELECT coalesce(sum(remaining + held), 0)::bigint FROM token_grant
                WHERE source_id = $1) AS remaining,
            (SELECT coalesce(sum(amount), 0)::bigint FROM invoice_refund
                WHERE payment = $2) AS returned
    """
    found = await db.find_one(Ended, sql, order.id, order.payment_id)
    assert found is not None
    return found


async def _run(account_id: AccountId, most: int, used: int) -> None:
    """An agent's run: held, then settled with less, or released."""
    run = HoldId(new_id())
    until = business_now() + timedelta(hours=1)
    new = NewHold(account_id, Tokens(most), run, "race", until)
    held = await db.run_in_transaction(lambda: hold_tokens(new))
    if not held:
        return
    if used:
        await db.run_in_transaction(lambda: settle_hold(account_id, run, Tokens(min(used, held))))
    else:
        await db.run_in_transaction(lambda: release_hold(account_id, run))


async def _give_back(services: Services, person: Person, order: PackOrderRow, draw: int) -> None:
    """By the button, which knows the amount, or by withdrawal, which takes what there is."""
    with contextlib.suppress(InvalidState):
        if draw % 2:
            await declare_own(services, person.actor, order.id)
        else:
            data = RefundPackInput(order.id, Cents(900))
            await refund_own_pack(services, person.actor, data, "race")


@pytest.mark.parametrize("seed", seeds(30))
async def test_a_refund_that_races_spends_returns_what_they_left(
    services: Services, stripe_side: StripeSide, seed: int
) -> None:
    chance = random.Random(seed)
    await stripe_side.reset()
    await open_packs(services)
    person = await make_person(f"r{seed}")
    order = await buy(services, person.actor)
    spends = [(chance.randint(1, 400), chance.randint(0, 400)) for _ in range(8)]

    await asyncio.gather(
        _give_back(services, person, order, seed),
        *(_run(order.account_id, most, used) for most, used in spends),
    )
    await catch_up(services)

    ended = await _end_of(order)
    assert ended.spent + ended.taken + ended.remaining == 1100
    assert ended.returned == 900 * ended.taken_base // 1000
    assert await count("pack_refund") == await count("invoice_refund") <= 1
    await require_true_books()


@pytest.mark.parametrize("seed", seeds(5))
async def test_many_refunds_at_once_return_the_pack_once(
    services: Services, stripe_side: StripeSide, seed: int
) -> None:
    await stripe_side.reset()
    await open_packs(services)
    person = await make_person(f"m{seed}")
    order = await buy(services, person.actor)

    async def ask(number: int) -> None:
        with contextlib.suppress(InvalidState):
            data = RefundPackInput(order.id, Cents(900))
            await refund_own_pack(services, person.actor, data, f"key-{number}")

    await asyncio.gather(*(ask(number) for number in range(10)))
    await catch_up(services)

    assert await count("invoice_refund", "amount = 900") == 1
    assert (await _end_of(order)).taken == 1100
    await require_true_books()
