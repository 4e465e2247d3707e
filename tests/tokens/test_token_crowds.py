"""Many at once on one account: each grant once, and never more than there is."""

import asyncio

from chenu.accounts.actor import AccountId
from chenu.core.errors import InvalidState
from chenu.flows.services import Services
from chenu.ledger.amounts import Tokens
from chenu.tokens.grants import GrantKind
from chenu.tokens.holds import release_hold, settle_hold
from chenu.tokens.wallet import get_wallet
from tests.tokens.granting import give, hold, list_violations, make_account, revoke, spend


async def spend_some(account_id: AccountId, amount: int) -> int:
    spent = await spend(account_id, amount)
    return amount if spent.status == "DONE" else 0


async def test_twenty_tasks_grant_once(services: Services) -> None:
    account_id = await make_account()

    made = await asyncio.gather(*(give(account_id, 100, key="pack:1") for _ in range(20)))

    assert len({each.id for each in made}) == 1
    assert (await get_wallet(account_id)).available == 100


async def test_holds_and_spends_at_once_take_no_more_than_there_is(services: Services) -> None:
    account_id = await make_account()
    await give(account_id, 60, GrantKind.MONTHLY, days=30)
    await give(account_id, 40, GrantKind.PACK)

    held, spent = await asyncio.gather(
        asyncio.gather(*(hold(account_id, 7) for _ in range(10))),
        asyncio.gather(*(spend_some(account_id, 7) for _ in range(10))),
    )

    taken = sum(amount for _, amount in held) + sum(spent)
    assert 94 <= taken <= 100
    assert (await get_wallet(account_id)).available == 100 - taken
    assert await list_violations() == []


async def test_a_refund_that_races_spends_takes_only_what_is_unspent(services: Services) -> None:
    account_id = await make_account()
    pack = await give(account_id, 50, GrantKind.PACK)

    taken, *spent = await asyncio.gather(
        revoke(pack.id, 50, "refund:1", debt=False), *(spend_some(account_id, 1) for _ in range(30))
    )

    assert taken + sum(spent) == 50
    assert (await get_wallet(account_id)).available == 0
    assert await list_violations() == []


async def test_a_hold_ends_once_whoever_ends_it(services: Services) -> None:
    account_id = await make_account()
    await give(account_id, 50)
    hold_id, _ = await hold(account_id, 40)

    async def settle() -> bool:
        try:
            return (await settle_hold(account_id, hold_id, Tokens(30))).used == 30
        except InvalidState:  # it was released first
            return False

    ended = await asyncio.gather(
        *(settle() for _ in range(5)), *(release_hold(account_id, hold_id) for _ in range(5))
    )

    left = (await get_wallet(account_id)).available
    assert any(ended)
    assert left in (20, 50)
    assert await list_violations() == []
