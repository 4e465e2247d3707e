"""The worker's tasks for budgets: what is due, what has expired, and the mails that warn."""

from datetime import timedelta
from typing import Any

import pytest

from chenu.accounts.actor import AccountId
from chenu.accounts.budget_dates import count_due_budgets, mark_budget_due
from chenu.core import db
from chenu.core.clock import CLOCK, business_now, system_now
from chenu.core.mail_kinds import MailTopic
from chenu.core.mail_preferences import choose_topics
from chenu.flows.budgets import due
from chenu.flows.budgets.due import expire_due_grants, settle_due_budgets
from chenu.flows.budgets.warnings import warn_of_use
from chenu.flows.services import Services
from chenu.ledger.amounts import Tokens
from chenu.tiers.catalogue import TierCode
from chenu.tokens.budget_warnings import find_percent, find_token_warning
from chenu.tokens.grants import GrantKind
from tests.people import Person, make_person
from tests.rows import count, mails_to
from tests.tokens.granting import give, hold, spend

DAY = timedelta(days=1)


def account_of(person: Person) -> AccountId:
    assert person.actor.account_id is not None
    return person.actor.account_id


async def make_due(name: str) -> Person:
    person = await make_person(name, TierCode.FREE)
    await mark_budget_due(account_of(person))
    return person


async def make_granted(name: str = "zoe") -> Person:
    person = await make_due(name)
    await settle_due_budgets()
    return person


async def look() -> None:
    await warn_of_use(business_now())


def pass_days(days: float) -> None:
    CLOCK.move_to_offset(CLOCK.offset + days * DAY)


async def test_everybody_who_is_due_gets_a_budget(services: Services) -> None:
    people = [await make_due(name) for name in ("zoe", "ali", "eve")]
    assert await count_due_budgets() == 3

    await settle_due_budgets()

    assert await count_due_budgets() == 0
    assert await count("token_grant", "granted = 500") == len(people)


async def test_expired_tokens_are_booked_though_nobody_looks(services: Services) -> None:
    person = await make_granted()
    await give(account_of(person), 30, GrantKind.ADJUSTMENT, days=3)
    pass_days(3.1)

    await expire_due_grants()

    assert await count("token_entry", "kind = 'EXPIRE' AND amount = -30") == 1


@pytest.mark.parametrize("work", ["settle_budget", "expire_grants"])
async def test_a_poison_account_waits_and_its_neighbour_is_served(
    services: Services, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    make = make_due if work == "settle_budget" else make_granted
    people = [await make(name) for name in ("zoe", "ali")]
    for person in people:
        await give(account_of(person), 30, GrantKind.ADJUSTMENT, days=1)
    pass_days(1.5)
    poison, real = account_of(people[0]), getattr(due, work)

    async def fail(account_id: AccountId) -> Any:
        if account_id == poison:
            raise KeyError("poison")
        return await real(account_id)

    monkeypatch.setattr(due, work, fail)

    await settle_due_budgets()
    await expire_due_grants()
    await settle_due_budgets()
    await expire_due_grants()

    failed = "account = $1 AND attempts = 1 AND last_error = 'KeyError' AND next_attempt_at > $2"
    assert await count("token_budget", failed, poison, system_now()) == 1
    neighbour = account_of(people[1])
    assert await count("token_grant", "account = $1 AND granted = 500", neighbour) == 1
    assert await count("token_entry", "kind = 'EXPIRE' AND account_id = $1", neighbour) == 1


@pytest.mark.parametrize(
    ("budget", "used", "percent"),
    [
        (500, 0, None),
        (500, 399, None),
        (500, 400, 80),
        (500, 499, 80),
        (500, 500, 100),
        (3, 2, None),
        (1, 1, 100),
        (0, 0, None),
    ],
)
def test_a_percentage_is_reached_when_so_much_is_used(
    budget: int, used: int, percent: int | None
) -> None:
    assert find_percent(Tokens(budget), Tokens(used)) == percent


async def test_each_percentage_is_mailed_once(services: Services) -> None:
    person = await make_granted()
    await spend(account_of(person), 399)
    await look()
    assert await mails_to(person.email) == []

    for amount in (1, 50, 50):
        await spend(account_of(person), amount)
        await look()
        await look()

    assert await mails_to(person.email) == ["TOKENS_USED", "TOKENS_USED"]
    percents = [80, 100]
    rows = await db.fetch_records(
        "SELECT (params ->> 'percent')::int AS percent FROM outbox_mail ORDER BY id"
    )
    assert [row["percent"] for row in rows] == percents


async def test_what_is_used_up_at_once_is_mailed_once(services: Services) -> None:
    person = await make_granted()

    await spend(account_of(person), 500)
    await look()
    await look()

    assert await mails_to(person.email) == ["TOKENS_USED"]
    assert await count("outbox_mail", "params ->> 'percent' = '100'") == 1


async def test_the_next_budget_is_warned_of_anew(services: Services) -> None:
    person = await make_granted()
    await spend(account_of(person), 450)
    await look()
    pass_days(31.5)
    await settle_due_budgets()

    await spend(account_of(person), 450)
    await look()

    assert await mails_to(person.email) == ["TOKENS_USED", "TOKENS_USED"]


async def test_tokens_of_a_pack_and_those_that_are_only_held_are_not_warned_of(
    services: Services,
) -> None:
    person = await make_granted()
    await give(account_of(person), 1_000, GrantKind.PACK)
    await hold(account_of(person), 500)
    await spend(account_of(person), 900)

    await look()

    assert await mails_to(person.email) == []
    assert await find_token_warning(account_of(person)) is None


async def test_a_warning_can_be_turned_off(services: Services) -> None:
    person = await make_granted()
    await choose_topics(person.email, set(MailTopic) - {MailTopic.TOKENS})

    await spend(account_of(person), 450)
    await look()

    assert await mails_to(person.email) == []


async def test_a_spend_while_the_worker_was_down_is_warned_of_later(services: Services) -> None:
    person = await make_granted()
    since = business_now()
    await spend(account_of(person), 450)
    pass_days(2)

    await warn_of_use(since)

    assert await mails_to(person.email) == ["TOKENS_USED"]


async def test_the_banner_says_what_is_used_and_until_when(services: Services) -> None:
    person = await make_granted()
    assert await find_token_warning(account_of(person)) is None

    await spend(account_of(person), 420)

    warning = await find_token_warning(account_of(person))
    assert warning is not None
    assert (warning.percent, warning.used, warning.budget) == (80, 420, 500)
    assert warning.resets_at > business_now()
    assert not warning.is_used_up
