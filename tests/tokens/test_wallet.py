"""A wallet: what grants, spends, holds, ends and revocations leave in it and in the books."""

from datetime import timedelta

import asyncpg
import pytest

from chenu.accounts.actor import AccountId
from chenu.core.clock import CLOCK
from chenu.core.ids import new_id
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from chenu.ledger.amounts import Tokens
from chenu.tokens.grants import GrantKind, expire_grants, list_accounts_with_due_grants
from chenu.tokens.holds import release_hold, settle_hold
from chenu.tokens.wallet import get_wallet, list_entries, list_grants
from tests.rows import fingerprint
from tests.tokens.granting import (
    Wanted,
    end,
    give,
    hold,
    list_violations,
    make_account,
    revoke,
    spend,
    spend_all,
)


async def available(account_id: AccountId) -> int | None:
    return (await get_wallet(account_id)).available


async def lines(account_id: AccountId) -> list[str]:
    """The entries, oldest first: kind, amount and balance."""
    page = await list_entries(account_id, PageRequest(100))
    return [f"{each.kind} {each.amount} {each.balance_after}" for each in reversed(page.rows)]


async def assert_books_hold() -> None:
    assert await list_violations() == []


async def test_a_grant_can_be_spent_once(services: Services) -> None:
    account_id = await make_account()
    await give(account_id, 100, key="pack:1")
    await give(account_id, 100, key="pack:1")

    assert await available(account_id) == 100
    assert (await spend(account_id, 60)).status == "DONE"
    refused = await spend(account_id, 41)
    assert (refused.status, refused.balance_after) == ("REFUSED", 40)
    assert await lines(account_id) == ["GRANT 100 100", "SPEND -60 40"]
    await assert_books_hold()


async def test_a_spend_over_two_grants_says_which_paid_what(services: Services) -> None:
    account_id = await make_account()
    paid = await give(account_id, 100, GrantKind.PACK)
    monthly = await give(account_id, 50, GrantKind.MONTHLY, days=30)

    await spend(account_id, 70)

    page = await list_entries(account_id, PageRequest(2))
    assert [(each.grant_id, each.amount) for each in page.rows] == [
        (paid.id, -20),
        (monthly.id, -50),
    ]
    assert [each.remaining for each in await list_grants(account_id)] == [80]
    await assert_books_hold()


async def test_a_batch_answers_each_of_its_spends(services: Services) -> None:
    ada, bob = await make_account("ada"), await make_account("bob")
    await give(ada, 10)
    await give(bob, 5)

    spent = await spend_all(
        Wanted(ada, 4, key="a"),
        Wanted(bob, 6),
        Wanted(ada, 7),
        Wanted(ada, 6, key="b"),
        Wanted(ada, 6, key="b"),
        Wanted(bob, 5),
        Wanted(AccountId(new_id()), 1),
    )

    assert [(each.status, each.balance_after) for each in spent] == [
        ("DONE", 6),
        ("REFUSED", 5),
        ("REFUSED", 6),
        ("DONE", 0),
        ("KNOWN", 0),
        ("DONE", 0),
        ("REFUSED", 0),
    ]
    [again, other] = await spend_all(
        Wanted(ada, 4, key="a"), Wanted(ada, 6, key="b", input_hash=b"?")
    )
    assert (again.status, again.entry_id, again.balance_after) == ("KNOWN", spent[0].entry_id, 6)
    assert other.status == "CONFLICT"
    await assert_books_hold()


async def test_tokens_of_one_agent_are_used_first_and_by_no_other(services: Services) -> None:
    account_id, agent, other = await make_account(), new_id(), new_id()
    await give(account_id, 150, GrantKind.PROMOTION, agent_id=agent)
    await give(account_id, 10)

    assert await available(account_id) == 10
    assert (await spend(account_id, 11, other)).status == "REFUSED"
    await spend(account_id, 100, agent)
    await spend(account_id, 55, agent)

    assert await available(account_id) == 5
    assert await lines(account_id) == [
        "GRANT 150 150",
        "GRANT 10 10",
        "SPEND -100 50",
        "SPEND -50 0",
        "SPEND -5 5",
    ]
    await assert_books_hold()


async def test_an_unlimited_account_leaves_its_grants_and_records_its_use(
    services: Services,
) -> None:
    account_id = await make_account()
    await give(account_id, 10)

    [spent] = await spend_all(Wanted(account_id, 5000, is_unlimited=True))

    assert (spent.status, spent.balance_after) == ("DONE", 10)
    assert await available(account_id) == 10
    assert await lines(account_id) == ["GRANT 10 10", "SPEND -5000 10"]
    await assert_books_hold()


@pytest.mark.parametrize(
    ("used", "taken", "left", "is_capped"),
    [(0, 0, 100, False), (30, 30, 70, False), (60, 60, 40, False), (90, 80, 20, True)],
    ids=["nothing", "part of the hold", "the hold", "more than the run may"],
)
async def test_a_hold_is_settled_with_what_was_used(
    services: Services, used: int, taken: int, left: int, is_capped: bool
) -> None:
    account_id = await make_account()
    await give(account_id, 60)
    hold_id, held = await hold(account_id, 80)
    await give(account_id, 40)

    assert held == 60
    assert (await get_wallet(account_id)).held == 60
    settled = await settle_hold(account_id, hold_id, Tokens(used))

    assert (settled.used, settled.capped) == (taken, is_capped)
    assert await available(account_id) == left
    assert await settle_hold(account_id, hold_id, Tokens(1)) == settled
    await assert_books_hold()


async def test_a_settlement_takes_no_more_than_there_is(services: Services) -> None:
    account_id = await make_account()
    await give(account_id, 60)
    hold_id, _ = await hold(account_id, 80)

    settled = await settle_hold(account_id, hold_id, Tokens(80))

    assert (settled.used, settled.capped) == (60, True)
    assert await lines(account_id) == ["GRANT 60 60", "HOLD -60 0", "RELEASE 60 60", "SPEND -60 0"]
    await assert_books_hold()


async def test_what_expires_while_it_is_held_can_be_used_by_that_run_alone(
    services: Services,
) -> None:
    account_id = await make_account()
    await give(account_id, 60, GrantKind.MONTHLY, days=1)
    hold_id, _ = await hold(account_id, 50)

    CLOCK.move_to_offset(timedelta(days=2))
    assert await list_accounts_with_due_grants() == [account_id]
    assert await available(account_id) == 0
    settled = await settle_hold(account_id, hold_id, Tokens(30))

    assert settled.used == 30
    assert await available(account_id) == 0
    assert await list_accounts_with_due_grants() == []
    assert await lines(account_id) == [
        "GRANT 60 60",
        "HOLD -50 10",
        "EXPIRE -10 0",
        "RELEASE 50 50",
        "SPEND -30 20",
        "EXPIRE -20 0",
    ]
    await assert_books_hold()


async def test_expired_tokens_are_booked_by_whoever_comes_first(services: Services) -> None:
    account_id = await make_account()
    await give(account_id, 60, GrantKind.MONTHLY, days=1)
    await give(account_id, 5)

    CLOCK.move_to_offset(timedelta(days=2))
    spent = await spend(account_id, 6)

    assert (spent.status, spent.balance_after) == ("REFUSED", 5)
    assert await expire_grants(account_id) == 0
    assert await lines(account_id) == ["GRANT 60 60", "GRANT 5 65", "EXPIRE -60 5"]
    await assert_books_hold()


async def test_a_released_hold_comes_back_whole(services: Services) -> None:
    account_id = await make_account()
    await give(account_id, 60)
    hold_id, _ = await hold(account_id, 50)

    assert await release_hold(account_id, hold_id)

    assert not await release_hold(account_id, hold_id)
    assert await available(account_id) == 60
    await assert_books_hold()


async def test_a_revocation_takes_what_is_unspent_once(services: Services) -> None:
    account_id = await make_account()
    pack = await give(account_id, 100, GrantKind.PACK)
    await spend(account_id, 60)

    assert await revoke(pack.id, 100, "refund:1", debt=False) == 40
    assert await revoke(pack.id, 100, "refund:1", debt=False) == 40

    assert await available(account_id) == 0
    assert await lines(account_id) == ["GRANT 100 100", "SPEND -60 40", "REVOKE -40 0"]
    await assert_books_hold()


async def test_a_debt_is_filled_by_the_next_grants(services: Services) -> None:
    account_id = await make_account()
    pack = await give(account_id, 100, GrantKind.PACK)
    await spend(account_id, 60)

    assert await revoke(pack.id, 100, "dispute:1", debt=True) == 40
    assert await available(account_id) == -60
    refused = await spend(account_id, 1)
    assert (refused.status, refused.balance_after) == ("REFUSED", -60)
    await give(account_id, 50)
    assert await available(account_id) == -10
    await give(account_id, 50)

    assert await available(account_id) == 40
    assert await revoke(pack.id, 100, "dispute:1", debt=True) == 40
    assert await revoke(pack.id, 100, "dispute:2", debt=True) == 0
    assert (await lines(account_id))[-3:] == ["GRANT 50 40", "ADJUST 10 50", "ADJUST -10 40"]
    await assert_books_hold()


async def test_a_debt_takes_what_else_is_in_the_wallet_at_once(services: Services) -> None:
    account_id = await make_account()
    pack = await give(account_id, 100, GrantKind.PACK)
    await spend(account_id, 60)
    await give(account_id, 1000, GrantKind.MONTHLY, days=30)

    await revoke(pack.id, 100, "dispute:1", debt=True)

    assert await available(account_id) == 940
    await assert_books_hold()


async def test_what_a_run_holds_of_a_disputed_pack_repays_it_when_it_comes_back(
    services: Services,
) -> None:
    account_id = await make_account()
    pack = await give(account_id, 100, GrantKind.PACK)
    hold_id, _ = await hold(account_id, 70)

    assert await revoke(pack.id, 100, "dispute:1", debt=True) == 30
    assert await available(account_id) == -70
    await settle_hold(account_id, hold_id, Tokens(20))

    assert await available(account_id) == -20
    await assert_books_hold()


async def test_an_ended_grant_says_what_was_left_of_it(services: Services) -> None:
    account_id = await make_account()
    grant = await give(account_id, 100, GrantKind.MONTHLY, days=20)
    await spend(account_id, 30)

    assert await end(grant.id, "end:1") == 70
    assert await end(grant.id, "end:1") == 70

    assert await available(account_id) == 0
    assert (await lines(account_id))[-1] == "EXPIRE -70 0"
    await assert_books_hold()


async def test_a_debt_of_tokens_for_one_agent_waits_for_the_next_grant(services: Services) -> None:
    account_id, agent = await make_account(), new_id()
    promotion = await give(account_id, 10, GrantKind.PROMOTION, agent_id=agent)
    await spend(account_id, 10, agent)

    await revoke(promotion.id, 10, "fraud:1", debt=True)
    owed = await available(account_id)
    await give(account_id, 15)

    assert (owed, await available(account_id)) == (-10, 5)
    await assert_books_hold()


async def test_what_came_back_to_a_disputed_pack_is_not_owed_twice(services: Services) -> None:
    account_id = await make_account()
    pack = await give(account_id, 100, GrantKind.PACK)
    hold_id, _ = await hold(account_id, 70)
    await revoke(pack.id, 100, "dispute:1", debt=True)
    await release_hold(account_id, hold_id)

    assert await revoke(pack.id, 100, "dispute:2", debt=True) == 0

    assert await available(account_id) == 0
    await assert_books_hold()


@pytest.mark.parametrize("amount", [0, -5])
async def test_a_spend_of_nothing_is_an_error_that_changes_nothing(
    services: Services, amount: int
) -> None:
    account_id = await make_account()
    await give(account_id, 10)
    before = await fingerprint()

    with pytest.raises(asyncpg.DataError):
        await spend(account_id, amount)

    assert await fingerprint() == before
