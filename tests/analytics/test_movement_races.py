"""Accounts whose plans, API plans and contracts change at once: no movement is lost or doubled."""

import asyncio
import random
from uuid import UUID

import pytest

from chenu.accounts.actor import AccountId
from chenu.analytics.movements import record_movement
from chenu.billing.mrr import RecurringFacts, RecurringKind
from chenu.billing.recurring import BillingInterval
from chenu.billing.recurring_states import record_state
from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.revenue_invariants import REVENUE
from chenu.flows.services import Services
from chenu.ledger.invariants import check_all
from chenu.tiers.catalogue import TierCode
from tests.faults.counts import seeds
from tests.people import make_person
from tests.rows import count

ACCOUNTS, CHANGES, AT_ONCE = 12, 25, 8
KINDS = (RecurringKind.TIER, RecurringKind.API_PLAN, RecurringKind.CONTRACT)
PRICES = (900, 2900, 9900, 29000)


def draw(chance: random.Random, kind: RecurringKind) -> RecurringFacts:
    """A price, or nothing any more."""
    is_live = chance.random() < 0.7
    if kind is RecurringKind.CONTRACT:
        status = "RUNNING" if is_live else "ENDED"
    else:
        status = "ACTIVE" if is_live else "CANCELED"
    interval, price = chance.choice(list(BillingInterval)), Cents(chance.choice(PRICES))
    return RecurringFacts(kind, "PRO", status, is_live, interval, price)


async def change(
    account_id: AccountId, source: UUID, facts: RecurringFacts, gate: asyncio.Semaphore
) -> None:
    async def write() -> None:
        await record_state(account_id, source, facts)
        await record_movement(account_id)
        await record_movement(account_id)

    async with gate:
        await db.run_in_transaction(write)


@pytest.mark.faults
@pytest.mark.parametrize("seed", seeds(5))
async def test_changes_at_once_leave_one_chain_for_each_account(
    services: Services, seed: int
) -> None:
    chance, gate = random.Random(seed), asyncio.Semaphore(AT_ONCE)
    people = [await make_person(f"p{number}", TierCode.FREE) for number in range(ACCOUNTS)]
    accounts = [person.actor.account_id for person in people]
    sources = {(account, kind): new_id() for account in accounts for kind in KINDS}
    work = []
    for _ in range(ACCOUNTS * CHANGES):
        (account, kind), source = chance.choice(list(sources.items()))
        assert account is not None
        work.append(change(account, source, draw(chance, kind), gate))

    await asyncio.gather(*work)

    # sources that no subscription or contract stands for are no finding: none is missing a state
    assert [found for found in await check_all(REVENUE) if not found.ok] == []
    assert await count("mrr_movement") == await count(
        "recurring_state", "mrr <> mrr_before OR mrr_gross <> mrr_gross_before"
    )
    assert await count("mrr_movement") > ACCOUNTS * 5
