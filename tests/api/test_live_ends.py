"""When an event stream or WebSocket without events is ended."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from chenu.accounts.api_keys import revoke_api_key
from chenu.accounts.recovery import change_password, request_password_reset, reset_password
from chenu.accounts.service_keys import create_service_key, revoke_service_keys
from chenu.accounts.sessions import revoke_session
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.global_id import encode_id
from chenu.flows.services import Services
from tests.accounts.mailed import last_mailed_token
from tests.api.serving import served, socket
from tests.api.watching import WATCH, cookie_of, key_of, make_purchase, none_is_counted, stream
from tests.people import PASSWORD, Person, sign_in_again

SOON = 0.2
NEW_PASSWORD = "a better one by far"


@pytest.fixture
async def hurried(services: Services) -> AsyncIterator[str]:
    """The product, which asks often whether a session still holds."""
    async with served(services, live_check_seconds=SOON) as url:
        yield url


async def sign_out(person: Person) -> None:
    assert person.actor.session_id is not None
    await revoke_session(person.user_id, person.actor.session_id)


async def change_elsewhere(person: Person) -> None:
    other = await sign_in_again(person.user_id, person.email)
    await change_password(other.actor, PASSWORD, NEW_PASSWORD)


async def reset(person: Person) -> None:
    await request_password_reset(person.email, "192.0.2.1")
    await reset_password(await last_mailed_token("PASSWORD_RESET"), NEW_PASSWORD)


async def grow_old(person: Person) -> None:
    await db.execute("UPDATE user_session SET expires_at = $1", system_now() - timedelta(1))


async def be_removed(person: Person) -> None:
    await db.execute("DELETE FROM membership WHERE member = $1", person.user_id)


async def revoke_key(person: Person) -> None:
    key_id = await db.fetch_value("SELECT id FROM api_key")
    await revoke_api_key(person.actor, key_id)


async def expire_key(person: Person) -> None:
    await db.execute("UPDATE api_key SET expires_at = $1", system_now() - timedelta(1))


ENDS: dict[str, tuple[str, Callable[[Person], Awaitable[None]]]] = {
    "signed out": ("session", sign_out),
    "password changed elsewhere": ("session", change_elsewhere),
    "password reset": ("session", reset),
    "session over": ("session", grow_old),
    "no member any more": ("session", be_removed),
    "key revoked": ("key", revoke_key),
    "key expired": ("key", expire_key),
}


@pytest.mark.parametrize(("by", "end"), ENDS.values(), ids=ENDS.keys())
async def test_a_socket_ends_where_nothing_happens(
    hurried: str, services: Services, by: str, end: Callable[[Person], Awaitable[None]]
) -> None:
    buyer, purchase = await make_purchase(services)
    is_key = by == "key"
    headers = await key_of(services, buyer) if is_key else cookie_of(services, buyer, hurried)

    async with socket(hurried, headers) as idle, socket(hurried, headers) as watching:
        await idle.begin()
        await watching.begin()
        await watching.subscribe("1", WATCH, id=encode_id("Purchase", purchase.id))
        await end(buyer)
        codes = [await idle.closed(), await watching.closed()]

    assert codes == [4403, 4403]
    await none_is_counted(services)


@pytest.mark.parametrize(("by", "end"), ENDS.values(), ids=ENDS.keys())
async def test_a_stream_ends_where_nothing_happens(
    hurried: str, services: Services, by: str, end: Callable[[Person], Awaitable[None]]
) -> None:
    buyer, purchase = await make_purchase(services)
    is_key = by == "key"
    headers = await key_of(services, buyer) if is_key else cookie_of(services, buyer, hurried)

    async with stream(hurried, headers, encode_id("Purchase", purchase.id)) as answer:
        assert answer.status_code == 200
        await end(buyer)
        text = "".join([part async for part in answer.aiter_text()])

    assert "event: next" not in text
    assert text.endswith("event: complete\r\ndata: \r\n\r\n")
    await none_is_counted(services)


async def test_a_key_that_came_with_the_init_ends_its_socket(
    hurried: str, services: Services
) -> None:
    buyer, _ = await make_purchase(services)
    params = await key_of(services, buyer)

    async with socket(hurried) as idle:
        await idle.begin(**params)
        await revoke_key(buyer)
        code = await idle.closed()

    assert code == 4403


async def test_an_apps_key_ends_its_socket(hurried: str, services: Services) -> None:
    buyer, _ = await make_purchase(services)
    secret = await create_service_key("app", services.settings.secret)
    account = encode_id("Account", buyer.actor.account_id or buyer.user_id)
    headers = {"Authorization": f"Bearer {secret}", "Chenu-Account": account}

    async with socket(hurried, headers) as idle:
        await idle.begin()
        await revoke_service_keys(secret[: len("chenu_service_") + 6])
        code = await idle.closed()

    assert code == 4403


async def test_what_still_holds_stays_open(hurried: str, services: Services) -> None:
    buyer, purchase = await make_purchase(services)
    thief = await sign_in_again(buyer.user_id, buyer.email)
    mine = cookie_of(services, buyer, hurried)

    async with (
        socket(hurried, mine) as stored,
        socket(hurried, cookie_of(services, thief, hurried)) as ended,
        stream(hurried, mine, encode_id("Purchase", purchase.id)) as events,
    ):
        await stored.begin()
        await ended.begin()
        await change_password(buyer.actor, PASSWORD, NEW_PASSWORD)
        assert await ended.closed() == 4403
        await stored.send("ping")
        assert await stored.receive() == {"type": "pong"}
        comments = events.aiter_text()
        assert await anext(comments) == ": ping\r\n\r\n"


async def test_a_socket_that_says_nothing_is_closed(services: Services) -> None:
    async with (
        served(services, head_seconds=SOON) as url,
        socket(url) as silent,
        socket(url) as pinging,
    ):
        await pinging.send("ping")
        codes = [await silent.closed(), await pinging.closed()]

    assert codes == [4408, 4408]
    await none_is_counted(services)


async def test_nothing_lasts_for_ever(services: Services) -> None:
    buyer, purchase = await make_purchase(services)
    headers = await key_of(services, buyer)

    async with (
        served(services, live_seconds=SOON) as url,
        socket(url, headers) as client,
        stream(url, headers, encode_id("Purchase", purchase.id)) as answer,
    ):
        await client.begin()
        code = await client.closed()
        text = "".join([part async for part in answer.aiter_text()])

    assert code == 4410
    assert text == "event: complete\r\ndata: \r\n\r\n"
    await none_is_counted(services)
