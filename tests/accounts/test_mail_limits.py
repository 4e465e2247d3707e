"""Limits on mails that a stranger can trigger: counted by recipient, without revealing anything."""

import pytest

from chenu.accounts.attempts import CHANGE_MAIL_PER_EMAIL, MAIL_PER_EMAIL, MAIL_PER_IP
from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.recovery import request_password_reset
from chenu.accounts.users import find_user_by_email
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import RateLimited
from chenu.flows.services import Services
from tests.api.calls import counted_statements
from tests.effort import counted_calls
from tests.people import Person, make_person
from tests.rows import count, count_jobs, fingerprint, mails_to

TARGET = "target@example.org"


async def ask(person: Person, email: str = TARGET) -> str:
    try:
        await update_profile(person.actor, ProfileChange(email=email))
    except RateLimited:
        return "limited"
    return "asked"


@pytest.mark.parametrize("is_known", [False, True], ids=["unknown", "known"])
@pytest.mark.parametrize("accounts", [1, 3, 6])
async def test_an_address_gets_so_many_mails_whoever_asks(
    services: Services, accounts: int, is_known: bool
) -> None:
    if is_known:
        await make_person("target")
    people = [await make_person(f"zoe{n}") for n in range(accounts)]

    answers = [await ask(person) for _ in range(4) for person in people]

    sent = min(len(answers), CHANGE_MAIL_PER_EMAIL.tries)
    assert len(await mails_to(TARGET)) == sent
    assert answers.count("limited") == len(answers) - sent


@pytest.mark.parametrize(
    "spelling", ["TARGET@example.org", " target@Example.org", "ｔarget@example.org"]
)
async def test_every_spelling_of_an_address_counts_as_one(
    services: Services, spelling: str
) -> None:
    people = [await make_person(f"zoe{n}") for n in range(3)]

    for _ in range(4):
        for person in people:
            await ask(person, spelling)

    assert len(await mails_to(TARGET)) == CHANGE_MAIL_PER_EMAIL.tries


async def test_changes_of_strangers_do_not_keep_the_owner_from_a_reset(services: Services) -> None:
    await make_person("target")
    people = [await make_person(f"zoe{n}") for n in range(3)]
    for _ in range(4):
        for person in people:
            await ask(person)

    await request_password_reset(TARGET, "192.0.2.7")

    assert (await mails_to(TARGET))[-1] == "PASSWORD_RESET"


async def test_one_network_address_cannot_have_many_people_mailed(services: Services) -> None:
    person = await make_person("zoe")
    sql = "INSERT INTO attempt_window (subject, started_at, tries) VALUES ($1, $2, $3)"
    subject = f"{MAIL_PER_IP.name}:{person.actor.ip}"
    await db.execute(sql, subject, system_now(), MAIL_PER_IP.tries)
    before = await fingerprint()

    assert await ask(person) == "limited"

    assert await fingerprint() == before


@pytest.mark.parametrize("name", ["known", "a.b", "target"])
async def test_a_change_does_the_same_for_known_and_unknown_addresses(
    services: Services, name: str
) -> None:
    await make_person(name)
    work = []
    for number, email in enumerate([f"{name}@example.org", f"no{name}@example.org"]):
        asker = await make_person(f"zoe{number}")
        async with counted_statements() as statements:
            await ask(asker, email)
        work.append(list(statements))

    assert work[0] == work[1]
    assert len(await mails_to(f"{name}@example.org")) == 1


async def test_the_owner_is_informed_in_her_language_without_a_link_that_works(
    services: Services,
) -> None:
    owner = await make_person("target")
    await db.execute("UPDATE app_user SET locale = 'en' WHERE id = $1", owner.user_id)
    await ask(await make_person("zoe"))

    sql = "SELECT locale || params::text FROM outbox_mail WHERE to_address = $1"
    assert await db.fetch_value(sql, TARGET) == 'en{"email": "target@example.org"}'


async def test_a_change_to_a_known_address_takes_nothing(services: Services) -> None:
    owner, person = await make_person("target"), await make_person("zoe")

    await ask(person)

    users = [await find_user_by_email(email) for email in (TARGET, person.email)]
    assert [user and user.id for user in users] == [owner.user_id, person.user_id]


@pytest.mark.parametrize("name", ["zoe", "o'neil", "a.b-c"])
async def test_a_reset_runs_the_same_statements_for_known_and_unknown_addresses(
    services: Services, name: str
) -> None:
    await make_person(name)
    work = []
    for email in (f"{name}@example.org", f"no{name}@example.org"):
        async with counted_statements() as statements:
            await request_password_reset(email, "192.0.2.7")
        work.append(list(statements))

    assert work[0] == work[1]
    assert len(work[0]) > 5
    assert await mails_to(f"{name}@example.org") == ["PASSWORD_RESET"]
    assert await mails_to(f"no{name}@example.org") == []


async def test_a_reset_computes_as_much_for_known_and_unknown_addresses(
    services: Services,
) -> None:
    """The least of three times: a connection that has not run a statement yet prepares it first."""
    await make_person("known")
    calls: dict[str, list[int]] = {"known@example.org": [], "nobody@example.org": []}
    for time in range(3):
        for email, efforts in calls.items():
            with counted_calls() as effort:
                await request_password_reset(email, f"192.0.2.{time}")
            efforts.append(effort.calls)

    known, unknown = map(min, calls.values())
    assert abs(known - unknown) < 0.05 * known


async def test_nothing_stays_of_a_reset_for_an_unknown_address(services: Services) -> None:
    before, jobs = await fingerprint(), await count_jobs("mail")

    await request_password_reset("nobody@example.org", "192.0.2.7")

    assert (await fingerprint(), await count_jobs("mail")) == (before, jobs)
    assert await count("attempt_window", "subject = 'mail_email:nobody@example.org'") == 1


async def test_a_person_who_asks_again_and_again_is_limited_as_before(services: Services) -> None:
    person = await make_person("zoe")

    answers = [await ask(person, f"new{n}@example.org") for n in range(MAIL_PER_EMAIL.tries + 2)]

    assert answers == ["asked"] * MAIL_PER_EMAIL.tries + ["limited"] * 2
    assert await mails_to(person.email) == ["EMAIL_CHANGE_NOTICE"] * MAIL_PER_EMAIL.tries
