"""Sign-in limits: a stranger cannot lock a person out of a browser that they have used."""

import asyncio

import pytest

from chenu.accounts.attempts import SIGN_IN_PER_DEVICE, SIGN_IN_PER_EMAIL, SIGN_IN_PER_IP
from chenu.accounts.devices import MAX_PEOPLE, remember_device, renew_device
from chenu.accounts.errors import WrongCredentials
from chenu.accounts.recovery import change_password
from chenu.accounts.sessions import revoke_sessions
from chenu.accounts.users import Browser, sign_in
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import RateLimited
from chenu.flows.services import Services
from tests.people import PASSWORD, Person, make_person
from tests.rows import count

HOME = "192.0.2.7"


async def _fill(subject: str, tries: int) -> None:
    sql = "INSERT INTO attempt_window (subject, started_at, tries) VALUES ($1, $2, $3)"
    await db.execute(sql, subject, system_now(), tries)


async def _lock_out(person: Person) -> None:
    """Uses up the attempts for the person's email address and for their network."""
    await _fill(f"{SIGN_IN_PER_EMAIL.name}:{person.email}", SIGN_IN_PER_EMAIL.tries)
    await _fill(f"{SIGN_IN_PER_IP.name}:{HOME}", SIGN_IN_PER_IP.tries)


@pytest.mark.parametrize("tries", [1, SIGN_IN_PER_IP.tries, SIGN_IN_PER_IP.tries + 5])
async def test_those_who_sign_in_do_not_use_up_their_network(
    services: Services, tries: int
) -> None:
    people = [await make_person(name) for name in ("ana", "ben", "cleo")]

    for n in range(tries):
        await sign_in(people[n % 3].email, PASSWORD, Browser("", HOME))

    assert await count("attempt_window", "tries > 0") == 0


@pytest.mark.parametrize("ip", [HOME, "2001:db8::1", "::ffff:192.0.2.9"])
async def test_only_failed_tries_stay_counted_whatever_runs_at_once(
    services: Services, ip: str
) -> None:
    people = [await make_person(f"person{n}") for n in range(6)]
    tries = [(person.email, PASSWORD) for person in people] + [("no@example.org", "wrong")] * 4

    tasks = (sign_in(email, password, Browser("", ip)) for email, password in tries)
    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert sum(isinstance(answer, WrongCredentials) for answer in answers) == 4
    sql = "SELECT tries FROM attempt_window WHERE subject LIKE 'sign_in_address%'"
    assert await db.fetch_value(sql) == 4


@pytest.mark.parametrize("shown", ["session", "device", "both", "device of several"])
async def test_a_stranger_cannot_lock_out_a_browser_that_was_used_before(
    services: Services, shown: str
) -> None:
    person, other = await make_person("zoe"), await make_person("ana")
    devices = await remember_device(person.user_id, "")
    if shown == "device of several":
        devices = await remember_device(other.user_id, devices)
    browser = Browser(
        "",
        HOME,
        session_token=person.token if shown in ("session", "both") else "",
        devices="" if shown == "session" else devices,
    )
    await _lock_out(person)

    session = await sign_in(person.email, PASSWORD, browser)

    assert session.owner == person.user_id


@pytest.mark.parametrize(
    "shown",
    [
        "nothing",
        "another's device",
        "another's session",
        "forged",
        "cut",
        "another's name",
        "odd",
        "beyond ASCII",
        "far too many",
        "ended session",
        "old password's",
    ],
)
async def test_a_browser_that_is_not_the_persons_gets_no_tries_of_its_own(
    services: Services, shown: str
) -> None:
    person, other = await make_person("zoe"), await make_person("ana")
    own = await remember_device(person.user_id, "")
    others = await remember_device(other.user_id, "")
    name, _, signature = own.partition(".")
    devices = {
        "another's device": others,
        "forged": f"{name}.{'A' * len(signature)}",
        "cut": own[:-1],
        "another's name": f"{others.partition('.')[0]}.{signature}",
        "odd": "~~.~\x00.\r\n~" + own + "x",
        "beyond ASCII": "é.ÿ~" + own.replace(".", "·"),
        "far too many": "~".join([others] * MAX_PEOPLE + [own]),
        "old password's": own,
    }.get(shown, "")
    tokens = {"another's session": other.token, "ended session": person.token}
    if shown == "ended session":
        await revoke_sessions(person.user_id)
    if shown == "old password's":
        await change_password(person.actor, PASSWORD, "another good password")
    await _lock_out(person)

    for password in (PASSWORD, "another good password"):
        with pytest.raises(RateLimited):
            await sign_in(
                person.email,
                password,
                Browser("", HOME, session_token=tokens.get(shown, ""), devices=devices),
            )


@pytest.mark.parametrize("shown", ["session", "device"])
async def test_a_stolen_device_has_exactly_ten_tries_from_wherever(
    services: Services, shown: str
) -> None:
    person = await make_person("zoe")
    devices = await remember_device(person.user_id, "") if shown == "device" else ""
    token = person.token if shown == "session" else ""

    tasks = (
        sign_in(person.email, "wrong", Browser("", f"192.0.2.{n}", token, devices))
        for n in range(25)
    )
    answers = await asyncio.gather(*tasks, return_exceptions=True)

    wrong = [answer for answer in answers if isinstance(answer, WrongCredentials)]
    limited = [answer for answer in answers if isinstance(answer, RateLimited)]
    assert (len(wrong), len(limited)) == (SIGN_IN_PER_DEVICE.tries, 25 - SIGN_IN_PER_DEVICE.tries)


async def test_a_stolen_device_locks_out_neither_other_devices_nor_the_address(
    services: Services,
) -> None:
    person = await make_person("zoe")
    stolen, own = [await remember_device(person.user_id, "") for _ in range(2)]
    for _ in range(SIGN_IN_PER_DEVICE.tries + 1):
        with pytest.raises((WrongCredentials, RateLimited)):
            await sign_in(person.email, "wrong", Browser("", "203.0.113.9", devices=stolen))

    for devices in (own, ""):
        assert (await sign_in(person.email, PASSWORD, Browser("", HOME, devices=devices))).token


@pytest.mark.parametrize("sent", ["\x00\r\n", "é~ÿ", "x" * 5_000, 'a"; Path=/evil'])
async def test_nothing_that_we_did_not_make_is_sent_back(services: Services, sent: str) -> None:
    person = await make_person("zoe")

    devices = await renew_device(person.user_id, sent)

    assert devices is not None
    assert len(devices.split("~")) == 1
    assert sent not in devices


async def test_a_browser_remembers_the_last_people_once_each(services: Services) -> None:
    people = [await make_person(f"person{n}") for n in range(MAX_PEOPLE + 2)]
    devices = ""
    for person in [*people, people[-1], people[-2]]:
        devices = await remember_device(person.user_id, devices)

    assert len(set(devices.split("~"))) == MAX_PEOPLE
    await _lock_out(people[-1])
    assert (await sign_in(people[-1].email, PASSWORD, Browser("", HOME, devices=devices))).token
