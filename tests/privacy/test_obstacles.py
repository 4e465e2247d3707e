"""What stands in the way of a deletion: said with its reason, and out of the way again."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chenu.accounts.actor import AccountRole, Staff
from chenu.accounts.members import hand_over
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import InvalidState, ProviderUnavailable, Rejected
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.privacy.deletion import delete_person
from chenu.flows.privacy.obstacles import find_obstacles
from chenu.flows.services import Services
from chenu.ledger.accounts import (
    BUYER_PAYMENTS,
    BUYER_REFUNDS_DUE,
    PLATFORM_REVENUE,
    AccountRef,
    creator_payable,
    creator_receivable,
    customer_receivable,
)
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post
from chenu.ledger.operations import NewOperation, OperationKind, create_operation
from chenu.tiers.catalogue import TierCode
from tests.affiliates.bound import bind, make_affiliate
from tests.affiliates.earned import DUE, earn
from tests.flows.sales import open_market, open_page
from tests.people import PASSWORD, Person, make_creator, make_member, make_person, sign_in_again
from tests.privacy.lives import finish
from tests.rows import count, fingerprint, put
from tests.stripe_side import AWAY, StripeSide


async def _book(person: Person, debited: AccountRef, credited: AccountRef) -> None:
    account_id = person.actor.account_id
    assert account_id is not None
    amount = euros(Cents(1250))
    entries = (debit(debited, amount), credit(credited, amount))
    key = f"test:{new_id()}"
    transaction = LedgerTransaction(key, "TEST", account_id, entries)
    await db.run_in_transaction(lambda: post(transaction))


async def _is_owed(services: Services) -> Person:
    person, creator = await make_creator(services)
    await _book(person, BUYER_PAYMENTS, creator_payable(creator.id))
    return person


async def _owes_a_share(services: Services) -> Person:
    person, creator = await make_creator(services)
    await _book(person, creator_receivable(creator.id), PLATFORM_REVENUE)
    return person


async def _earns(services: Services) -> Person:
    person = await make_person("zoe")
    referral = await bind(await make_person("customer"), await make_affiliate(person))
    await earn(referral, 5000, DUE)
    return person


async def _owes(services: Services) -> Person:
    person = await make_person("zoe")
    assert person.actor.account_id is not None
    await _book(person, customer_receivable(person.actor.account_id), PLATFORM_REVENUE)
    return person


async def _awaits_a_refund(services: Services) -> Person:
    person = await make_person("zoe")
    await _book(person, PLATFORM_REVENUE, BUYER_REFUNDS_DUE)
    return person


async def _works_here(services: Services) -> Person:
    return await make_person("zoe", staff=(Staff.REVIEWER,))


async def _has_members(services: Services) -> Person:
    person = await make_person("zoe", TierCode.BUSINESS)
    await make_member(person, "hugo", AccountRole.MEMBER)
    return person


async def _has_a_contract(services: Services) -> Person:
    return await make_person("zoe", TierCode.ENTERPRISE)


async def _is_past_due(services: Services) -> Person:
    return await _make_past_due("TIER", "STARTER")


async def _api_plan_is_past_due(services: Services) -> Person:
    return await _make_past_due("API_PLAN", "BASIC")


async def _make_past_due(kind: str, item: str) -> Person:
    person = await make_person("zoe")
    sql = """
        INSERT INTO subscription (id, account, kind, item, billing_interval, status, gives_access,
            price, stripe_subscription_id, stripe_item_id, period_start, period_end,
            cancel_at_period_end, fetch_number, created_at)
        VALUES ($1, $2, $3, $4, 'MONTH', 'PAST_DUE', true, 900, 'sub_x', 'si_x',
            now(), now(), false, 1, now())
    """
    await db.execute(sql, new_id(), person.actor.account_id, kind, item)
    return person


async def _waits_for_stripe(services: Services) -> Person:
    person = await make_person("zoe")
    account_id = person.actor.account_id
    new = NewOperation(OperationKind.REFUND, "x", {}, subject_id=new_id(), account_id=account_id)
    await create_operation(new)
    return person


Make = Callable[[Services], Awaitable[Person]]
OBSTACLES = {
    "we owe a share": (_is_owed, "We owe you €12.50 for sales", "/creator"),
    "a share is owed to us": (_owes_a_share, "You owe us €12.50", "/support"),
    "we owe commissions": (_earns, "We owe you €50.00 of commissions", "/affiliate"),
    "a payment is owed to us": (_owes, "You owe us €12.50", "/support"),
    "we owe a refund": (_awaits_a_refund, "a refund of €12.50", "/support"),
    "staff": (_works_here, "staff roles", "/support"),
    "members": (_has_members, "has other members", "/account/members"),
    "a contract": (_has_a_contract, "contract", "/support"),
    "past due": (_is_past_due, "not paid", "/account/plan"),
    "an unpaid API plan": (_api_plan_is_past_due, "is not paid", "/account/api-plan"),
    "an open operation": (_waits_for_stripe, "try again", "/account#purchases"),
}


@pytest.mark.parametrize(
    ("make", "words", "url"), [pytest.param(*case, id=name) for name, case in OBSTACLES.items()]
)
async def test_an_obstacle_is_named_with_its_reason_and_nothing_is_deleted(
    services: Services, make: Make, words: str, url: str
) -> None:
    person = await make(services)
    await db.execute("UPDATE app_user SET locale = 'en'")
    person = await sign_in_again(person.user_id, person.email)
    before = await fingerprint()

    [obstacle] = await find_obstacles(person.actor)
    with pytest.raises(InvalidState) as refused:
        await delete_person(services, person.actor, PASSWORD, "DELETE")

    assert words in str(obstacle.error)
    assert words in str(refused.value)
    assert obstacle.url == url
    assert await fingerprint() == before


async def test_what_no_payout_will_pay_stands_in_no_way_and_the_link_earns_no_more(
    services: Services, tmp_path: Path
) -> None:
    person = await make_person("zoe")
    referral = await bind(await make_person("customer"), await make_affiliate(person))
    await earn(referral, 4999, DUE)
    person = await sign_in_again(person.user_id, person.email)

    await delete_person(services, person.actor, PASSWORD, "DELETE")
    await finish(services, tmp_path)

    assert await count("affiliate", "status = 'SUSPENDED'") == 1


async def test_all_obstacles_are_named_at_once(services: Services) -> None:
    person = await make_person("zoe", TierCode.ENTERPRISE, staff=(Staff.FINANCE,))
    await make_member(person, "hugo", AccountRole.MEMBER)

    with pytest.raises(Rejected) as refused:
        await delete_person(services, person.actor, PASSWORD, "DELETE")

    assert len(refused.value.each) == 3


async def test_who_hands_the_account_over_may_go(services: Services, tmp_path: Path) -> None:
    person = await _has_members(services)
    member = await db.fetch_value("SELECT id FROM app_user WHERE email = 'hugo@example.org'")
    await hand_over(person.actor, member, PASSWORD)
    person = await sign_in_again(person.user_id, person.email)

    await delete_person(services, person.actor, PASSWORD, "DELETE")
    await finish(services, tmp_path)

    assert await count("app_user", "deleted_at IS NOT NULL") == 1
    assert await count("account", "owner = $1 AND closed_at IS NULL", member) == 2
    assert await count("membership", "member = $1 AND role = 'OWNER'", member) == 2


async def test_the_roles_taken_away_a_former_reviewer_may_go(services: Services) -> None:
    person = await _works_here(services)
    await db.execute("DELETE FROM staff_role")
    person = await sign_in_again(person.user_id, person.email)

    await delete_person(services, person.actor, PASSWORD, "DELETE")

    assert await count("app_user", "deleted_at IS NOT NULL") == 1


async def test_a_page_that_stripe_does_not_close_stops_the_deletion(
    services: Services, stripe_side: StripeSide
) -> None:
    market = await open_market(services)
    await open_page(services, market)
    await stripe_side.fail(AWAY, "/v1/checkout/*", times=None)

    with pytest.raises(ProviderUnavailable):
        await delete_person(services, market.buyer.actor, PASSWORD, "DELETE")

    assert await count("app_user", "deleted_at IS NOT NULL") == 0
    await stripe_side.heal()
    await put("operation", "next_check_at", system_now(), "next_check_at IS NOT NULL")
    await delete_person(services, market.buyer.actor, PASSWORD, "DELETE")
    assert await count("app_user", "deleted_at IS NOT NULL") == 1


async def test_what_is_owed_to_a_seller_does_not_stop_the_buyer(
    services: Services, stripe_side: StripeSide, tmp_path: Path
) -> None:
    """The transfer of a sale waits for its seller's account, not for its buyer."""
    person = await make_person("zoe")
    new = NewOperation(
        OperationKind.TRANSFER, "x", {}, subject_id=new_id(), account_id=person.actor.account_id
    )
    await create_operation(new)

    assert await find_obstacles(person.actor) == []
