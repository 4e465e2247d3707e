"""Tries to sign in: a stranger locks nobody out of a browser of theirs, successes cost nothing."""

import asyncio

import pytest

from chenu.accounts.attempts import SIGN_IN_PER_ADDRESS, SIGN_IN_PER_DEVICE, SIGN_IN_PER_EMAIL
from chenu.accounts.devices import MAX_PEOPLE, remember_device
from chenu.accounts.errors import WrongCredentials
from chenu.accounts.recovery import change_password
from chenu.accounts.sessions import revoke_sessions
from chenu.accounts.users import Browser, sign_in
from chenu.core.errors import ChenuError, RateLimited
from chenu.flows.services import Services
from tests.people import PASSWORD, Person, make_person

EMAIL = "zoe@example.org"
STRANGER = Browser("Firefox", "198.51.100.9")
ELSEWHERE = "192.0.2.7"
WRONG = "a wrong password"


async def use_up(email: str = EMAIL) -> None:
    """A stranger's tries, until the address takes no more from anywhere."""
    for _ in range(SIGN_IN_PER_EMAIL.tries):
        with pytest.raises(WrongCredentials):
            await sign_in(email, WRONG, STRANGER)
    with pytest.raises(RateLimited):
        await sign_in(email, PASSWORD, Browser("Firefox", ELSEWHERE))


def signed_out(devices: str) -> Browser:
    return Browser("Firefox", ELSEWHERE, devices=devices)


async def test_a_browser_that_signed_in_before_is_not_locked_out(services: Services) -> None:
    person = await make_person("zoe")
    devices = await remember_device(person.user_id, "")
    await use_up()

    session = await sign_in(EMAIL, PASSWORD, signed_out(devices))

    assert session.token


async def test_the_cookie_of_a_session_that_goes_on_shows_the_browser_as_well(
    services: Services,
) -> None:
    person = await make_person("zoe")
    await use_up()

    session = await sign_in(EMAIL, PASSWORD, Browser("F", ELSEWHERE, session_token=person.token))

    assert session.token


async def _of_somebody_else(person: Person) -> str:
    return await remember_device((await make_person("otto")).user_id, "")


async def _forged(person: Person) -> str:
    name = (await remember_device(person.user_id, "")).partition(".")[0]
    return f"{name}.{'A' * 43}"


async def _of_an_old_password(person: Person) -> str:
    devices = await remember_device(person.user_id, "")
    await change_password(person.actor, PASSWORD, "another good password")
    return devices


async def _nonsense(person: Person) -> str:
    return "~.~..\ud800é~" + "x" * 5_000


@pytest.mark.parametrize("make", [_of_somebody_else, _forged, _of_an_old_password, _nonsense])
async def test_another_browser_stays_locked_out(services: Services, make: object) -> None:
    person = await make_person("zoe")
    devices = await make(person)  # type: ignore[operator]
    await use_up()

    for password in (PASSWORD, "another good password"):
        with pytest.raises(RateLimited):
            await sign_in(EMAIL, password, signed_out(devices))


async def test_the_cookie_of_a_session_that_was_ended_shows_nothing(services: Services) -> None:
    person = await make_person("zoe")
    await revoke_sessions(person.user_id)
    await use_up()

    with pytest.raises(RateLimited):
        await sign_in(EMAIL, PASSWORD, Browser("F", ELSEWHERE, session_token=person.token))


async def test_a_stolen_browser_has_as_few_tries(services: Services) -> None:
    person = await make_person("zoe")
    browser = signed_out(await remember_device(person.user_id, ""))

    async def attempt() -> ChenuError | None:
        try:
            await sign_in(EMAIL, WRONG, browser)
        except ChenuError as error:
            return error
        return None

    answers = await asyncio.gather(*(attempt() for _ in range(20)))

    wrong = [answer for answer in answers if isinstance(answer, WrongCredentials)]
    assert len(wrong) == SIGN_IN_PER_DEVICE.tries
    assert sum(isinstance(answer, RateLimited) for answer in answers) == 20 - len(wrong)


async def test_a_household_signs_in_as_often_as_it_likes(services: Services) -> None:
    for name in ("zoe", "otto", "mia"):
        await make_person(name)
    home = Browser("Firefox", "203.0.113.5")

    for turn in range(SIGN_IN_PER_ADDRESS.tries // 3 + 2):
        for name in ("zoe", "otto", "mia"):
            assert await sign_in(f"{name}@example.org", PASSWORD, home), turn


@pytest.mark.parametrize("address", ["203.0.113.5", "2001:db8::1"])
async def test_only_failures_are_counted_exactly(services: Services, address: str) -> None:
    """Successes in between give nothing back but their own try."""
    await make_person("zoe")
    home = Browser("Firefox", address)
    for number in range(SIGN_IN_PER_ADDRESS.tries):
        if number % 7 == 0:
            await sign_in(EMAIL, PASSWORD, home)
        with pytest.raises(WrongCredentials):
            await sign_in(f"nobody{number}@example.org", WRONG, home)

    with pytest.raises(RateLimited):
        await sign_in(EMAIL, PASSWORD, home)


async def test_a_browser_remembers_its_last_people(services: Services) -> None:
    devices = ""
    people = [await make_person(f"person{number}") for number in range(MAX_PEOPLE + 2)]
    for person in [*people, people[-1]]:
        devices = await remember_device(person.user_id, devices)

    assert len(devices.split("~")) == MAX_PEOPLE
    for person in (people[-1], people[2]):
        await use_up(person.email)
        assert await sign_in(person.email, PASSWORD, signed_out(devices))
