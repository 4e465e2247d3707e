"""Which grant pays: what only this agent may use, earliest expiry, free before bought, oldest."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from chenu.ledger.amounts import Tokens
from chenu.tokens.grants import GrantKind
from chenu.tokens.holds import settle_hold
from chenu.tokens.wallet import EntryKind, list_entries, list_grants
from tests.tokens.granting import give, hold, make_account, spend

AGENT, OTHER = new_id(), new_id()
MONTHLY, TRIAL, PACK = GrantKind.MONTHLY, GrantKind.TRIAL, GrantKind.PACK
BONUS, PROMOTION, ADJUSTMENT = GrantKind.PACK_BONUS, GrantKind.PROMOTION, GrantKind.ADJUSTMENT

Described = tuple[GrantKind, int | None, UUID | None]
"""Kind, the day on which it expires, and the agent that alone may use it."""

ORDERS: dict[str, tuple[Sequence[Described], Sequence[int]]] = {
    "earliest expiry": ([(MONTHLY, 30, None), (MONTHLY, 10, None), (TRIAL, 20, None)], [1, 2, 0]),
    "no expiry last": ([(BONUS, None, None), (MONTHLY, 3000, None)], [1, 0]),
    "free before bought": ([(PACK, None, None), (BONUS, None, None)], [1, 0]),
    "expiry before what is free": ([(BONUS, None, None), (PACK, 10, None)], [1, 0]),
    "the oldest": ([(ADJUSTMENT, None, None)] * 3, [0, 1, 2]),
    "the oldest of two packs": ([(PACK, None, None), (PACK, None, None)], [0, 1]),
    "an agent's own first": ([(MONTHLY, 1, None), (PROMOTION, None, AGENT)], [1, 0]),
    "an agent's own by expiry": ([(PROMOTION, 9, AGENT), (PROMOTION, 5, AGENT)], [1, 0]),
    "never another agent's": ([(PROMOTION, 1, OTHER), (PACK, None, None)], [1]),
    "a promotion for all": ([(PROMOTION, None, None), (MONTHLY, 1, None)], [1, 0]),
    "a plan, its trial and a pack": (
        [(PACK, None, None), (BONUS, None, None), (MONTHLY, 20, None), (TRIAL, 14, None)],
        [3, 2, 1, 0],
    ),
}


@pytest.mark.parametrize(("described", "order"), ORDERS.values(), ids=ORDERS.keys())
async def test_a_run_is_paid_in_the_burn_order(
    services: Services, described: Sequence[Described], order: Sequence[int]
) -> None:
    account_id, now = await make_account(), business_now()
    grants = [
        await give(
            account_id,
            10,
            kind,
            expires_at=None if day is None else now + timedelta(days=day),
            agent_id=agent_id,
        )
        for kind, day, agent_id in described
    ]

    hold_id, held = await hold(account_id, 15, AGENT)
    await settle_hold(account_id, hold_id, Tokens(6))
    await spend(account_id, 10 * len(order) - 6, AGENT)

    page = await list_entries(account_id, PageRequest(100))
    paying = [
        (each.kind, [grant.id for grant in grants].index(each.grant_id))
        for each in reversed(page.rows)
        if each.grant_id is not None
    ]
    paid_by_hold = [number for kind, number in paying if kind is EntryKind.HOLD]
    spent = [number for kind, number in paying if kind is EntryKind.SPEND]
    assert held == min(15, 10 * len(order))
    assert paid_by_hold == list(order)[: len(paid_by_hold)]
    assert list(dict.fromkeys(spent)) == list(order)
    unusable = [each.agent_id for each in await list_grants(account_id)]
    assert unusable == [OTHER] * (len(grants) - len(order))
