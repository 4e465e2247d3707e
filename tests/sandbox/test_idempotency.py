import asyncio
from typing import Any

import httpx
import pytest
import stripe

from tests.sandbox.playground import ACCOUNT, Playground

HEADERS = {"authorization": "Bearer sk_test_x", "idempotency-key": "key:1"}


async def test_the_same_request_finds_the_stored_answer(play: Playground) -> None:
    options: Any = {"idempotency_key": "customer:7"}
    wanted: Any = {"email": "a@example.org", "metadata": {"a": "1", "b": "2"}}
    turned: Any = {"metadata": {"b": "2", "a": "1"}, "email": "a@example.org"}

    first = await play.stripe.v1.customers.create_async(wanted, options)
    again = await play.stripe.v1.customers.create_async(turned, options)

    assert again.id == first.id
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert again.last_response.headers["original-request"] == first.last_response.request_id
    assert await play.event_types() == ["customer.created"]


@pytest.mark.parametrize(
    ("path", "form"),
    [("/v1/customers", {"email": "b@example.org"}), ("/v1/products", {"name": "a"})],
    ids=["other body", "other path"],
)
async def test_a_key_with_another_request_is_refused(
    loose: Playground, path: str, form: dict[str, str]
) -> None:
    await loose.http.post("/v1/customers", data={"email": "a@example.org"}, headers=HEADERS)

    answer = await loose.http.post(path, data=form, headers=HEADERS)

    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "idempotency_error"


async def test_two_at_once_with_one_key_conflict(loose: Playground) -> None:
    await loose.control("faults", {"effect": "latency", "seconds": 0.2, "path": "/v1/customers"})
    form = {"email": "a@example.org"}

    slow, quick = await asyncio.gather(
        loose.http.post("/v1/customers", data=form, headers=HEADERS),
        _soon(loose, form),
    )

    assert slow.status_code == 200
    assert quick.status_code == 409
    assert quick.json()["error"]["code"] == "idempotency_key_in_use"


async def _soon(loose: Playground, form: dict[str, str]) -> httpx.Response:
    await asyncio.sleep(0.05)
    return await loose.http.post("/v1/customers", data=form, headers=HEADERS)


async def test_a_decline_is_replayed_as_a_decline(play: Playground) -> None:
    options: Any = {"idempotency_key": "pi:1"}
    wanted: Any = {
        "amount": 1000,
        "currency": "eur",
        "payment_method": "pm_card_visa_chargeDeclined",
        "confirm": True,
        "return_url": "http://shop.test/back",
    }

    for _ in range(2):
        with pytest.raises(stripe.CardError):
            await play.stripe.v1.payment_intents.create_async(wanted, options)

    assert (await play.event_types()).count("charge.failed") == 1


async def test_an_error_of_execution_is_replayed_for_a_day(play: Playground) -> None:
    account, options = await play.account(), {"idempotency_key": "affpay:1"}
    wanted: Any = {"amount": 500, "currency": "eur", "destination": account.id}
    with pytest.raises(stripe.InvalidRequestError) as first:
        await play.stripe.v1.transfers.create_async(wanted, options)
    await play.sale(1000, card="4000000000000077")

    with pytest.raises(stripe.InvalidRequestError) as replayed:
        await play.stripe.v1.transfers.create_async(wanted, options)
    await play.advance("P1D")
    transfer = await play.stripe.v1.transfers.create_async(wanted, options)

    assert first.value.code == replayed.value.code == "balance_insufficient"
    headers: Any = replayed.value.headers
    assert headers["idempotent-replayed"] == "true"
    assert transfer.amount == 500


async def test_a_refusal_before_execution_leaves_the_key_free(loose: Playground) -> None:
    wrong = await loose.http.post("/v1/customers", data={"emial": "a"}, headers=HEADERS)
    right = await loose.http.post("/v1/customers", data={"email": "a@b.eu"}, headers=HEADERS)

    assert (wrong.status_code, right.status_code) == (400, 200)
    assert right.headers["idempotency-key"] == "key:1"
    assert "idempotent-replayed" not in right.headers


async def test_keys_belong_to_one_account_and_one_day(play: Playground) -> None:
    options: Any = {"idempotency_key": "customer:7"}
    first = await play.stripe.v1.customers.create_async({"email": "a@example.org"}, options)

    await play.advance("P1D")
    second = await play.stripe.v1.customers.create_async({"email": "a@example.org"}, options)

    assert first.id != second.id


async def test_reading_ignores_keys(play: Playground) -> None:
    customer = await play.customer()

    for _ in range(2):
        found = await play.http.get(f"/v1/customers/{customer.id}", headers=HEADERS)
        assert found.status_code == 200
        assert "idempotency-key" not in found.headers


async def test_v2_replays_success_and_tries_failure_again(play: Playground) -> None:
    options: Any = {"idempotency_key": "acct:7"}
    first = await play.stripe.v2.core.accounts.create_async(ACCOUNT, options)
    again = await play.stripe.v2.core.accounts.create_async(ACCOUNT, options)
    charge = await play.sale()
    transfer = await play.stripe.v1.transfers.create_async(
        {
            "amount": 100,
            "currency": "eur",
            "destination": (await play.account()).id,
            "source_transaction": charge.id,
        }
    )
    close = play.stripe.v2.core.accounts.close_async
    with pytest.raises(stripe.CannotProceedError):
        await close(transfer.destination, {}, {"idempotency_key": "close"})
    await play.stripe.v1.transfers.reversals.create_async(transfer.id)

    closed = await close(transfer.destination, {}, {"idempotency_key": "close"})

    assert again.id == first.id
    assert closed.closed
