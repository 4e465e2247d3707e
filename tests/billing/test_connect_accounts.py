"""Our mirror of Connect accounts: one a person, its country fixed once Stripe has it."""

import asyncio

import pytest

from chenu.billing import connect_accounts
from chenu.billing.gateway import ConnectState
from chenu.core.fetched import Fetched, FetchNumber
from chenu.flows.services import Services
from tests.people import make_person
from tests.rows import count, fingerprint


async def test_a_person_has_one_account_whatever_runs_at_once(services: Services) -> None:
    person = await make_person("zoe")

    started = (connect_accounts.start(person.user_id, "fr") for _ in range(10))
    accounts = await asyncio.gather(*started)

    assert len({account.id for account in accounts}) == 1
    assert (accounts[0].transfers_status, accounts[0].can_be_paid) == ("NOT_STARTED", False)


async def test_the_country_may_change_until_stripe_has_the_account(services: Services) -> None:
    person = await make_person("zoe")
    await connect_accounts.start(person.user_id, "fr")

    before = await connect_accounts.start(person.user_id, "be")
    await connect_accounts.record_stripe_id(person.user_id, "acct_1")
    after = await connect_accounts.start(person.user_id, "de")

    assert (before.country, after.country) == ("be", "be")
    assert (after.stripe_account_id, after.transfers_status) == ("acct_1", "restricted")


async def test_the_first_account_at_stripe_stays_the_one(services: Services) -> None:
    person = await make_person("zoe")
    await connect_accounts.start(person.user_id, "fr")
    await connect_accounts.record_stripe_id(person.user_id, "acct_1")
    before = await fingerprint()

    await connect_accounts.record_stripe_id(person.user_id, "acct_2")

    assert await fingerprint() == before


@pytest.mark.parametrize(
    ("status", "closed", "can_be_paid"),
    [
        ("active", False, True),
        ("active", True, False),
        ("pending", False, False),
        ("restricted", False, False),
        ("rejected", False, False),
        ("unsupported", False, False),
    ],
)
async def test_the_mirror_follows_what_stripe_says(
    services: Services, status: str, closed: bool, can_be_paid: bool
) -> None:
    person = await make_person("zoe")
    await connect_accounts.start(person.user_id, "fr")
    await connect_accounts.record_stripe_id(person.user_id, "acct_1")

    state = ConnectState("acct_1", status, ("individual.first_name",), closed)
    owner = await connect_accounts.store_state(Fetched(state, FetchNumber(1)))
    account = await connect_accounts.find_by_stripe_id("acct_1")

    assert owner == person.user_id
    assert account is not None
    assert account.can_be_paid is can_be_paid is state.can_be_paid
    assert account.requirements == ["individual.first_name"]


async def test_an_account_that_is_not_ours_is_ignored(services: Services) -> None:
    state = ConnectState("acct_of_others", "active", (), is_closed=False)

    assert await connect_accounts.store_state(Fetched(state, FetchNumber(1))) is None
    assert await count("connect_account") == 0


@pytest.mark.parametrize("number", [1, 2], ids=["older", "the same"])
async def test_an_answer_that_is_not_newer_is_not_adopted(services: Services, number: int) -> None:
    person = await make_person("zoe")
    await connect_accounts.start(person.user_id, "fr")
    await connect_accounts.record_stripe_id(person.user_id, "acct_1")
    active = ConnectState("acct_1", "active", (), is_closed=False)
    await connect_accounts.store_state(Fetched(active, FetchNumber(2)))
    before = await fingerprint()

    stale = ConnectState("acct_1", "restricted", ("x",), is_closed=True)
    owner = await connect_accounts.store_state(Fetched(stale, FetchNumber(number)))

    assert owner is None
    assert await fingerprint() == before


async def test_the_account_after_a_closed_one_starts_without_answers(services: Services) -> None:
    person = await make_person("zoe")
    await connect_accounts.start(person.user_id, "fr")
    await connect_accounts.record_stripe_id(person.user_id, "acct_1")
    closed = ConnectState("acct_1", "active", (), is_closed=True)
    await connect_accounts.store_state(Fetched(closed, FetchNumber(9)))

    await connect_accounts.record_stripe_id(person.user_id, "acct_2")
    late = await connect_accounts.store_state(Fetched(closed, FetchNumber(10)))
    active = ConnectState("acct_2", "active", (), is_closed=False)
    owner = await connect_accounts.store_state(Fetched(active, FetchNumber(11)))

    assert (late, owner) == (None, person.user_id)
