"""The project's own contract check: it finds what is wrong, and nothing in what is right."""

from pathlib import Path
from typing import Any

import pytest

from chenu.sandbox.contract.check import check_exchange, check_lines, main
from chenu.sandbox.contract.responses import check_object
from chenu.sandbox.engine.json_types import dumps, loads
from tests.sandbox.playground import Playground, build, close

ERROR = {"error": {"type": "api_error", "message": "x"}}


async def _customer(play: Playground) -> dict[str, Any]:
    body: dict[str, Any] = (await play.customer()).to_dict()
    return body


async def test_what_the_sandbox_says_is_true_to_stripe(tmp_path: Path) -> None:
    record = tmp_path / "exchanges.jsonl"
    playground = build(record)
    try:
        charge = await playground.sale(1000, invoice_creation={"enabled": True})
        account = await playground.account()
        await playground.stripe.v1.transfers.create_async(
            {
                "amount": 500,
                "currency": "eur",
                "destination": account.id,
                "source_transaction": charge.id,
            }
        )
        await playground.stripe.v1.refunds.create_async({"charge": charge.id})
        await playground.advance("P20D")
        events = tmp_path / "events.jsonl"
        events.write_text((await playground.http.get("/_sandbox/events.jsonl")).text)
    finally:
        await close(playground)

    assert main(["check", str(record), str(events)]) == 0


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"colour": "red"}, "unknown"),
        ({"created": "today"}, "type"),
        ({"tax_exempt": "always"}, "type"),
        ({"livemode": None}, "type"),
        ({"invoice_settings": {"colour": 1}}, "unknown"),
        ({"object": "client"}, "type"),
        ({"address": "Paris"}, "type"),
        ({"preferred_locales": [1]}, "type"),
    ],
    ids=str,
)
async def test_an_object_that_is_wrong_is_found(
    play: Playground, change: dict[str, Any], kind: str
) -> None:
    found = check_object(await _customer(play) | change)

    assert [text.partition(":")[0] for text in found] == [kind]


async def test_keys_that_are_not_there_are_found(play: Playground) -> None:
    body = await _customer(play)
    del body["phone"], body["livemode"]

    assert sorted(check_object(body)) == [
        "absent: customer.livemode is sent by Stripe",
        "absent: customer.phone is sent by Stripe",
        "missing: customer.livemode is always there",
    ]


async def test_the_object_inside_an_event_is_checked(play: Playground) -> None:
    await play.customer()
    event = (await play.stripe.v1.events.list_async()).data[0].to_dict()
    event["data"]["object"]["colour"] = "red"

    assert check_object(event) == ["unknown: event.data.object.colour is not a field of Customer"]


@pytest.mark.parametrize(
    ("exchange", "sides"),
    [
        ({"path": "/v1/nothing", "status": 404}, ["request"]),
        ({"form": {"emial": "a"}, "status": 200, "response": None}, ["request", "lax"]),
        ({"form": {"emial": "a"}, "status": 400}, ["request"]),
        ({"status": 200, "response": {"object": "product"}}, ["response"]),
        ({"status": 200, "response": []}, ["response"]),
        ({"status": 418, "response": ERROR}, ["response"]),
        ({"status": 402, "response": ERROR}, ["response"]),
        ({"status": 500, "response": {}}, ["response"]),
        ({"path": "/v2/core/accounts", "status": 400, "response": {"error": {}}}, ["response"]),
    ],
    ids=["no call", "lax", "refused", "other object", "array", "teapot", "402", "no error", "v2"],
)  # fmt: skip
def test_an_exchange_that_is_wrong_is_found(exchange: dict[str, Any], sides: list[str]) -> None:
    whole = {"method": "POST", "path": "/v1/customers", "form": {}, **exchange}

    assert [violation.side for violation in check_exchange(whole)] == sides


def test_a_list_needs_its_keys_and_their_objects() -> None:
    exchange = {
        "method": "GET",
        "path": "/v1/customers",
        "status": 200,
        "response": {"object": "list", "data": [{"object": "product"}], "colour": "red"},
    }

    texts = [violation.text for violation in check_exchange(exchange)]

    assert [text.partition(":")[0] for text in texts] == ["type", "type", "unknown", "type"]


def test_the_command_line_counts_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "exchanges.jsonl"
    line = dumps({"method": "GET", "path": "/v1/nothing", "status": 404, "form": {}}).decode()
    file.write_text(f"{line}\n\n{line}\n")

    assert main(["check", str(file)]) == 1
    assert "2 request" in capsys.readouterr().out
    assert main([]) == 2


async def test_exchanges_are_dumped_as_they_are_recorded(play: Playground) -> None:
    await play.customer()

    lines = (await play.http.get("/_sandbox/exchanges")).text.splitlines()

    record = loads(lines[-1])
    assert (record["method"], record["path"], record["status"]) == ("POST", "/v1/customers", 200)
    assert record["form"]["email"] == "zoe@example.org"
    assert list(check_lines(lines)) == []
