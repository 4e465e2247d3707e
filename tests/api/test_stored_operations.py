"""documentId instead of query, and keys that run stored operations and no others."""

import hashlib
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from graphql import parse, validate

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu_graphql import documents, stored
from chenu_graphql.routes import get_engine
from chenu_graphql.schema import get_schema
from tests.api.calls import OPERATIONS, Api, Reply, document_of
from tests.api.serving import socket
from tests.people import Person, make_person

Body = dict[str, Any]


def stored_id(name: str) -> str:
    """As the operation is now: an earlier one of the same name may be stored as well."""
    texts = stored.list_operations([document_of(name)])
    [text] = [text for text in texts if stored.name_of(text) == name]
    return stored.id_of(text)


async def post(http: httpx.AsyncClient, body: Body, **headers: str) -> Reply:
    return Reply(await http.post("/graphql", json=body, headers=headers))


async def bearer_of(services: Services, person: Person, *scopes: ApiScope) -> str:
    """A key that runs stored operations only."""
    made = await create_api_key(
        person.actor, "k", scopes, None, services.settings.secret, documents_only=True
    )
    return f"Bearer {made.secret}"


def test_every_operation_is_stored() -> None:
    texts = [path.read_text() for path in OPERATIONS.glob("*.graphql")]

    missing = set(stored.list_operations(texts)) - set(stored.read_stored().values())

    assert missing == set(), "run `make schema`"


def test_what_clients_have_ids_of_stays_valid() -> None:
    schema = get_schema()

    for document_id, text in stored.read_stored().items():
        assert document_id == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        assert validate(schema, parse(text)) == [], text


def test_a_changed_operation_is_stored_beside_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "_FILE", tmp_path / "operations.json")
    monkeypatch.setattr(stored, "read_stored", stored.read_stored.__wrapped__)

    for selection in ("code", "code name", "code"):
        stored.store_operations(stored.list_operations([f"query A {{ tiers {{ {selection} }} }}"]))

    texts = [" ".join(text.split()) for text in stored.read_stored().values()]
    assert texts == ["query A { tiers { code name } }", "query A { tiers { code } }"]


def test_each_operation_has_the_fragments_that_it_spreads_and_no_others() -> None:
    text = "query A { tiers { ...T } } query B { tiers { code } } fragment T on Tier { code }"

    first, second = stored.list_operations([text])

    assert ("fragment T" in first, "fragment T" in second) == (True, False)


@pytest.mark.parametrize("prefix", ["sha256:", ""], ids=["prefixed", "digits alone"])
async def test_an_id_runs_what_its_text_would(visitor: httpx.AsyncClient, prefix: str) -> None:
    digits = stored_id("OneTier").removeprefix("sha256:")

    reply = await post(visitor, {"documentId": prefix + digits, "variables": {"code": "PRO"}})

    written = await Api(visitor).run("OneTier", code="PRO")
    assert reply.data == written.data
    assert reply.cost == written.cost


async def test_a_stored_operation_is_parsed_once(
    visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"documentId": stored_id("Tiers")}
    first = await post(visitor, body)
    monkeypatch.setattr(documents, "parse", None)
    get_engine()._documents._known.clear()

    again = await post(visitor, body)

    assert again.data == first.data


UNKNOWN = {
    "a hash of nothing stored": f"sha256:{'0' * 64}",
    "capitals": "SHA256:{}",
    "another method": "x-sha256:{}",
    "the prefix twice": "sha256:sha256:{}",
    "a part": "sha256:{:.10}",
    "empty": "",
    "long": "sha256:" + "a" * 60_000,
    "a NUL": "\x00",
}


@pytest.mark.parametrize("template", UNKNOWN.values(), ids=UNKNOWN.keys())
async def test_an_unknown_id_has_a_code_of_its_own(
    visitor: httpx.AsyncClient, template: str
) -> None:
    digits = stored_id("Tiers").removeprefix("sha256:")

    reply = await post(visitor, {"documentId": template.format(digits)})

    [error] = reply.errors
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert error["extensions"]["argument"] == ["documentId"]
    assert stored.STORED_PATH in error["message"]
    assert reply.http.status_code == 400
    assert len(reply.http.content) < 1_000


ILL_FORMED: dict[str, Body] = {
    "both": {"query": "{ tiers { code } }", "documentId": "{id}"},
    "both, and an unknown id": {"query": "{ tiers { code } }", "documentId": "x"},
    "neither": {"variables": {}},
    "null twice": {"query": None, "documentId": None},
    "a number": {"documentId": 1},
    "a list": {"documentId": ["{id}"]},
}


@pytest.mark.parametrize("body", ILL_FORMED.values(), ids=ILL_FORMED.keys())
async def test_a_request_names_one_document(visitor: httpx.AsyncClient, body: Body) -> None:
    known = {name: stored_id("Tiers") if value == "{id}" else value for name, value in body.items()}

    reply = await post(visitor, known)

    assert reply.codes == ["BAD_INPUT"]
    assert reply.http.status_code == 400


async def test_a_null_beside_the_document_counts_as_not_sent(visitor: httpx.AsyncClient) -> None:
    for body in (
        {"documentId": stored_id("Tiers"), "query": None},
        {"documentId": None, "query": "{ tiers { code } }"},
    ):
        assert (await post(visitor, body)).errors == []


async def test_a_wrong_operation_name_is_refused_as_in_a_text(visitor: httpx.AsyncClient) -> None:
    right, wrong = [
        await post(visitor, {"documentId": stored_id("Tiers"), "operationName": name})
        for name in ("Tiers", "Other")
    ]

    assert right.errors == []
    assert wrong.codes == ["BAD_INPUT"]


async def test_the_ids_are_published(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get(stored.STORED_PATH)

    assert answer.headers["content-type"].startswith("application/json")
    assert msgspec.json.decode(answer.content) == stored.read_stored()


async def test_a_locked_key_runs_stored_operations_only(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("maker", tier=TierCode.PRO)
    key = {"authorization": await bearer_of(services, person, ApiScope.READ)}
    text = stored.read_stored()[stored_id("WhoAmI")]

    by_id = await post(client, {"documentId": stored_id("WhoAmI")}, **key)
    by_text = await post(client, {"query": text}, **key)
    broken = await post(client, {"query": "{"}, **key)
    typed = await post(client, {"query": text}, accept="application/graphql-response+json", **key)

    assert by_id.data["viewer"]["displayName"] == "Maker"
    assert by_text.codes == broken.codes == typed.codes == ["FORBIDDEN"]
    assert "documentId" in by_text.errors[0]["message"]
    assert "data" not in by_text.body
    assert typed.http.status_code == 403


async def test_a_locked_key_may_do_no_more_than_its_scopes(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("maker", tier=TierCode.PRO)
    key = {"authorization": await bearer_of(services, person, ApiScope.AGENTS)}

    reply = await post(client, {"documentId": stored_id("ApiKeys")}, **key)

    assert "FORBIDDEN" in reply.codes


async def test_sockets_take_ids(url: str, services: Services) -> None:
    person = await make_person("buyer", tier=TierCode.PRO)
    bearer = await bearer_of(services, person, ApiScope.READ)
    text = stored.read_stored()[stored_id("WhoAmI")]

    async with socket(url) as client:
        await client.begin(Authorization=bearer)
        await client.send("subscribe", id="1", payload={"documentId": stored_id("WhoAmI")})
        answer, _ = await client.receive(), await client.receive()
        await client.send("subscribe", id="2", payload={"documentId": "unknown"})
        unknown = await client.receive()
        await client.subscribe("3", text)
        refused = await client.receive()

    assert answer["payload"]["data"]["viewer"]["displayName"] == "Buyer"
    assert unknown["payload"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert (refused["type"], refused["id"]) == ("error", "3")
    assert refused["payload"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_event_streams_take_ids(url: str, services: Services) -> None:
    person = await make_person("watcher", tier=TierCode.PRO)
    bearer = await bearer_of(services, person, ApiScope.READ)
    headers = {"accept": "text/event-stream", "authorization": bearer}
    body = {"documentId": stored_id("WatchTokens")}

    async with (
        httpx.AsyncClient(base_url=url, timeout=60) as http,
        http.stream("POST", "/graphql", json=body, headers=headers) as answer,
    ):
        lines = (line async for line in answer.aiter_lines() if line.startswith("data: {"))
        event = msgspec.json.decode((await anext(lines)).removeprefix("data: "))

    assert event["data"]["tokenBalanceChanged"]["held"] == 0
