"""A17: guessed, mistyped and dead keys cannot be distinguished from each other."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.credentials import API_KEY_HEAD, SERVICE_KEY_HEAD, new_key
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import counted_statements
from tests.people import make_person
from tests.rows import fingerprint, put

Mistake = Callable[[str], str]


def _swap(key: str) -> str:
    """Swaps the first two different neighbours, from the middle on."""
    at = next(i for i in range(20, len(key) - 1) if key[i] != key[i + 1])
    return f"{key[:at]}{key[at + 1]}{key[at]}{key[at + 2 :]}"


MISTYPED: dict[str, Mistake] = {
    "wrong checksum": lambda key: key[:-1] + ("a" if key[-1] != "a" else "b"),
    "two letters changed places": _swap,
    "one letter less": lambda key: key[:-1],
    "one letter more": lambda key: f"{key}0",
    "another case": lambda key: key[:20] + key[20:].swapcase(),
    "only the head": lambda _: API_KEY_HEAD,
    "no head": lambda key: key.removeprefix(API_KEY_HEAD),
    "the other head": lambda key: key.replace(API_KEY_HEAD, SERVICE_KEY_HEAD),
    "nothing": lambda _: "",
    "letters beyond ASCII": lambda key: f"{key}é",
    "100,000 letters": lambda key: key + "a" * 100_000,
    "an injection": lambda key: f"{key}' OR '1'='1",
}
DEAD = ["never made", "revoked", "expired", "its maker left", "rotated two days ago"]


async def _make_key(services: Services) -> str:
    person = await make_person("maker", tier=TierCode.PRO)
    pepper = services.settings.secret
    return (await create_api_key(person.actor, "k", [ApiScope.READ], None, pepper)).secret


async def _kill(how: str, secret: str) -> str:
    """The key after it was invalidated in this way."""
    past = system_now() - timedelta(days=1)
    if how == "never made":
        return new_key(API_KEY_HEAD).secret
    if how == "its maker left":
        await put("api_key", "created_by", (await make_person("gone")).user_id)
    elif how == "rotated two days ago":
        await db.execute("UPDATE api_key SET previous_hash = secret_hash, secret_hash = 'x'")
        await put("api_key", "previous_until", past)
    else:
        await put("api_key", "revoked_at" if how == "revoked" else "expires_at", past)
    return secret


async def _ask(
    client: httpx.AsyncClient, secret: str, path: str = "/graphql"
) -> tuple[httpx.Response, list[str]]:
    """The answer, and the statements except those of the tests' movable clock."""
    headers = {b"authorization": f"Bearer {secret}".encode()}
    body = {"query": "{ viewer { email } }"}
    async with counted_statements() as statements:
        answer = await client.post(path, json=body, headers=headers)
    return answer, [each for each in statements if "business_clock" not in each]


def _seen(answer: httpx.Response) -> tuple[int, object, set[str]]:
    """All that a caller sees, except the request's id."""
    body = answer.json()
    for error in body["errors"]:
        del error["extensions"]["requestId"]
    return answer.status_code, body, set(answer.headers)


@pytest.mark.parametrize("mistake", MISTYPED.values(), ids=MISTYPED.keys())
async def test_a_mistyped_key_never_reaches_the_database(
    client: httpx.AsyncClient, services: Services, mistake: Mistake
) -> None:
    secret = await _make_key(services)
    before = await fingerprint()

    answer, statements = await _ask(client, mistake(secret))

    assert answer.status_code == 401
    assert statements == []
    assert await fingerprint() == before


@pytest.mark.parametrize("how", DEAD)
async def test_a_dead_key_looks_like_a_mistyped_one(
    client: httpx.AsyncClient, services: Services, how: str
) -> None:
    secret = await _make_key(services)
    alive, _ = await _ask(client, secret)
    mistyped, _ = await _ask(client, MISTYPED["wrong checksum"](secret))
    dead_key = await _kill(how, secret)
    before = await fingerprint()

    dead, statements = await _ask(client, dead_key)

    assert alive.json()["data"] == {"viewer": {"email": "maker@example.org"}}
    assert _seen(dead) == _seen(mistyped)
    assert len(statements) == 1
    assert await fingerprint() == before


async def test_all_dead_keys_cost_the_same_statement(
    client: httpx.AsyncClient, services: Services
) -> None:
    """There is no timing difference between an unknown key and a revoked one."""
    secret = await _make_key(services)
    asked = set()

    for how in DEAD:
        _, statements = await _ask(client, await _kill(how, secret))
        asked.add(tuple(statements))

    assert len(asked) == 1


@pytest.mark.parametrize("path", ["/account", "/library", "/", "/creator"])
async def test_a_bad_key_opens_no_page_either(
    client: httpx.AsyncClient, services: Services, path: str
) -> None:
    """Not even a public one: an invalid key is never treated as anonymous."""
    secret = MISTYPED["wrong checksum"](await _make_key(services))

    answer = await client.get(path, headers={"authorization": f"Bearer {secret}"})

    assert answer.status_code == 401
