"""Clients' idempotency keys: the same request finds the same row, another request conflicts."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from chenu.accounts.actor import AccountId
from chenu.accounts.idempotency import ClientKey, client_key, find_result, remember_result
from chenu.core import db
from chenu.core.errors import IdempotencyConflict, Invalid, InvalidState
from chenu.core.ids import new_id
from chenu.flows.services import Services
from tests.people import make_person
from tests.rows import count

INPUT = {"agent": "a", "amount": 900, "to": None}


@pytest.fixture
async def account(services: Services) -> AccountId:
    account_id = (await make_person("zoe")).actor.account_id
    assert account_id is not None
    return account_id


async def act(key: ClientKey) -> UUID:
    """What a flow does: once per key, in its transaction."""
    async with db.transaction():
        known = await find_result(key)
        if known is not None:
            return known
        made = new_id()
        await asyncio.sleep(0.01)
        await remember_result(key, made)
        return made


async def test_the_same_key_and_request_find_the_same_row(account: AccountId) -> None:
    first = await act(client_key(account, "k", "buy", INPUT))

    second = await act(client_key(account, "k", "buy", dict(reversed(INPUT.items()))))

    assert second == first
    assert await count("idempotency_record") == 1


@pytest.mark.parametrize(
    ("sent", "parameters"),
    [
        ("buy", {**INPUT, "amount": 901}),
        ("buy", {**INPUT, "to": "x"}),
        ("buy", {"agent": "a", "amount": 900}),
        ("refund", INPUT),
    ],
)
async def test_the_same_key_with_other_input_is_a_conflict(
    account: AccountId, sent: str, parameters: dict[str, Any]
) -> None:
    await act(client_key(account, "k", "buy", INPUT))

    with pytest.raises(IdempotencyConflict):
        await act(client_key(account, "k", sent, parameters))

    assert await count("idempotency_record") == 1


async def test_keys_of_two_accounts_have_nothing_to_do_with_each_other(
    account: AccountId,
) -> None:
    other = (await make_person("other")).actor.account_id
    assert other is not None

    first = await act(client_key(account, "k", "buy", INPUT))
    second = await act(client_key(other, "k", "buy", {**INPUT, "amount": 1}))

    assert first != second


async def test_twenty_tasks_with_one_key_make_one_row(account: AccountId) -> None:
    key = client_key(account, "k", "buy", INPUT)

    made = await asyncio.gather(*(act(key) for _ in range(20)))

    assert len(set(made)) == 1
    assert await count("idempotency_record") == 1


async def test_a_refused_request_does_not_use_the_key_up(account: AccountId) -> None:
    key = client_key(account, "k", "buy", INPUT)

    with pytest.raises(InvalidState):
        await _act_and_refuse(key)
    made = await act(client_key(account, "k", "buy", {**INPUT, "amount": 5}))

    assert await act(client_key(account, "k", "buy", {**INPUT, "amount": 5})) == made


async def _act_and_refuse(key: ClientKey) -> None:
    async with db.transaction():
        assert await find_result(key) is None
        await remember_result(key, new_id())
        raise InvalidState("refused")


@pytest.mark.parametrize(
    "key", ["", "   ", "x" * 256, "a\x00b", "a\ud800b", "\x00"], ids=lambda key: repr(key)[:12]
)
def test_a_key_is_one_to_255_plain_characters(key: str) -> None:
    with pytest.raises(Invalid) as refused:
        client_key(AccountId(new_id()), key, "buy", INPUT)

    assert refused.value.path == ("idempotency_key",)


@pytest.mark.parametrize("key", ["k", "x" * 255, "é☃", " k "], ids=lambda key: repr(key)[:12])
async def test_every_other_key_works(account: AccountId, key: str) -> None:
    first = await act(client_key(account, key, "buy", INPUT))

    assert await act(client_key(account, key, "buy", INPUT)) == first


def test_a_request_of_any_characters_can_be_compared() -> None:
    account = AccountId(new_id())

    first = client_key(account, "k", "buy", {"url": "https://a\ud800"})
    second = client_key(account, "k", "buy", {"url": "https://a\ud801"})

    assert first != second
