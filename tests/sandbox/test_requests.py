"""What the front door refuses: keys, versions, unknown calls, parameters of the wrong kind."""

from base64 import b64encode
from typing import Any

import pytest
import stripe

from tests.sandbox.playground import Playground

KEY = {"authorization": "Bearer sk_test_x"}


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("Bearer sk_live_abc", 401),
        ("Bearer nonsense", 401),
        ("Bearer sk_test_", 401),
        ("Bearer pk_test_abc", 401),
        ("Bearer rk_test_abc", 403),
        ("Bearer sk_test_abc", 200),
        ("Basic " + b64encode(b"sk_test_abc:").decode(), 200),
        ("Basic %%%", 401),
    ],
)
async def test_only_test_keys_open_the_door(
    loose: Playground, header: str | None, status: int
) -> None:
    headers = {"authorization": header} if header else {}

    answer = await loose.http.get("/v1/balance", headers=headers)

    assert answer.status_code == status
    if status != 200:
        assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_only_one_version_is_spoken(loose: Playground) -> None:
    answer = await loose.http.get("/v1/balance", headers={**KEY, "stripe-version": "2024-06-20"})

    assert answer.status_code == 400
    assert "2026-10-28.endive" in answer.json()["error"]["message"]


async def test_every_answer_names_its_request_and_version(play: Playground) -> None:
    customer = await play.customer()

    headers = customer.last_response.headers
    assert headers["request-id"].startswith("req_")
    assert headers["stripe-version"] == "2026-10-28.endive"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/quotes"), ("GET", "/v1/nothing"), ("PUT", "/v1/balance"), ("GET", "/v2/x/y")],
)
async def test_what_is_not_played_is_404_and_names_the_sandbox(
    loose: Playground, method: str, path: str
) -> None:
    answer = await loose.http.request(method, path, headers=KEY)

    assert answer.status_code == 404
    assert "sandbox" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "form", "code", "param"),
    [
        ("/v1/customers", {"emial": "a"}, "parameter_unknown", "emial"),
        ("/v1/customers", {"address[town]": "a"}, "parameter_unknown", "address[town]"),
        ("/v1/customers", {"email": ""}, "parameter_invalid_empty", "email"),
        ("/v1/customers", {"email": "nobody"}, "email_invalid", "email"),
        ("/v1/customers", {"tax_exempt": "always"}, None, "tax_exempt"),
        ("/v1/customers", {"preferred_locales": "fr"}, None, "preferred_locales"),
        ("/v1/customers", {"address": "Paris"}, None, "address"),
        ("/v1/customers", {"name": "x" * 5001}, None, "name"),
        ("/v1/customers", {"a[b": "x"}, None, "a[b"),
        ("/v1/customers", {"metadata[" + "k" * 41 + "]": "v"}, None, "metadata[" + "k" * 41 + "]"),
        ("/v1/customers", {"metadata[k]": "v" * 501}, None, "metadata[k]"),
        ("/v1/prices", {"currency": "eur"}, "parameter_missing", "product"),
        ("/v1/prices", {"unit_amount": "1"}, "parameter_missing", "currency"),
        (
            "/v1/prices",
            {"currency": "eur", "unit_amount": "ten"},
            "parameter_invalid_integer",
            "unit_amount",
        ),
        ("/v1/prices", {"currency": "eur", "active": "yes"}, None, "active"),
        ("/v1/customers", {"cash_balance": "5"}, None, "cash_balance"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_parameters_are_read_by_their_types(
    loose: Playground, path: str, form: dict[str, str], code: str | None, param: str
) -> None:
    answer = await loose.http.post(path, data=form, headers=KEY)

    error = answer.json()["error"]
    assert answer.status_code == 400
    assert (error["type"], error.get("code"), error["param"]) == (
        "invalid_request_error",
        code,
        param,
    )
    assert error["request_log_url"].endswith(answer.headers["request-id"])


async def test_a_near_miss_gets_a_hint(loose: Playground) -> None:
    wanted: Any = {"emial": "a@example.org"}

    with pytest.raises(stripe.InvalidRequestError, match="Did you mean email"):
        await loose.stripe.v1.customers.create_async(wanted)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "body"),
        (b"[]", "object"),
        (b'{"contact_email": 7}', "contact_email|string|Invalid"),
        (b'{"display_name": null}', "Invalid"),
        (b'{"include": ["everything"]}', "include"),
    ],
    ids=["broken", "array", "number", "null", "enum"],
)
async def test_json_bodies_are_read_by_their_types(
    loose: Playground, body: bytes, words: str
) -> None:
    answer = await loose.http.post("/v2/core/accounts", content=body, headers=KEY)

    assert answer.status_code == 400
    assert any(word in answer.json()["error"]["message"] for word in words.split("|"))


async def test_arrays_may_be_written_without_places(play: Playground) -> None:
    answer = await play.http.post(
        "/v1/customers",
        content="preferred_locales[]=fr&preferred_locales[]=en",
        headers={**KEY, "content-type": "application/x-www-form-urlencoded"},
    )

    assert answer.json()["preferred_locales"] == ["fr", "en"]


async def test_metadata_may_have_numbers_for_keys(play: Playground) -> None:
    customer = await play.customer(metadata={"42": "x", "7": "y"})

    assert customer.to_dict()["metadata"] == {"42": "x", "7": "y"}


async def test_an_account_nobody_knows_is_403(loose: Playground) -> None:
    with pytest.raises(stripe.PermissionError):
        await loose.stripe.v1.balance.retrieve_async(None, {"stripe_account": "acct_nobody"})


async def test_an_exchange_can_be_looked_up_by_its_request(loose: Playground) -> None:
    answer = await loose.http.get("/v1/customers/cus_nobody", headers=KEY)

    found = await loose.http.get(answer.json()["error"]["request_log_url"])

    lines = found.text.splitlines()
    assert len(lines) == 1
    assert "cus_nobody" in lines[0]
