"""The short way to /graphql tells every caller exactly what the framework's route would."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import structlog

from chenu.accounts.actor import ApiScope
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu_graphql import compiled_route
from chenu_graphql.compiled_route import CompiledRoute
from chenu_graphql.engine import Engine
from tests.api.calls import Api, as_key, as_session
from tests.api.stock import stock
from tests.people import make_person

LIST = """query List($first: Int, $after: String) {
    agents(first: $first, after: $after) {
        totalCount edges { node { id name creator { handle } rejectionReason } } } }"""
OWN = "query { viewer { csrfToken user { email } } tiers { code } }"

REQUESTS: dict[str, dict[str, Any]] = {
    "a list": {"json": {"query": LIST, "variables": {"first": 2}}},
    "one's own": {"json": {"query": OWN}},
    "an error of a field": {"json": {"query": LIST, "variables": {"first": 0}}},
    "a wrong cursor": {"json": {"query": LIST, "variables": {"first": 2, "after": "x"}}},
    "a wrong variable": {"json": {"query": LIST, "variables": {"first": "two"}}},
    "a variable that is too large": {"json": {"query": LIST, "variables": {"first": 2**31}}},
    "no variable": {"json": {"query": LIST}},
    "another operation": {"json": {"query": LIST, "operationName": "Other"}},
    "a document that is refused": {"json": {"query": "{ nothing }"}},
    "no JSON": {"content": b"{", "headers": {"content-type": "application/json"}},
    "another media type": {"content": b"{}", "headers": {"content-type": "text/plain"}},
    "the newer media type": {
        "json": {"query": OWN},
        "headers": {"accept": "application/graphql-response+json"},
    },
    "nothing that is served": {"json": {"query": OWN}, "headers": {"accept": "image/png"}},
    "events": {"json": {"query": OWN}, "headers": {"accept": "text/event-stream"}},
    "a header of two lines": {
        "json": {"query": OWN},
        "headers": [("accept", "image/png"), ("accept", "application/json")],
    },
    "a false origin": {"json": {"query": OWN}, "headers": {"origin": "https://elsewhere.example"}},
    "a mistyped key": {"json": {"query": OWN}, "headers": {"authorization": "Bearer chenu_live_x"}},
    "another account": {"json": {"query": OWN}, "headers": {"chenu-account": "x"}},
    "another language": {"json": {"query": OWN}, "headers": {"accept-language": "en"}},
}
_OF_ONE_REQUEST = {"x-request-id", "date"}


async def _callers(client: httpx.AsyncClient, services: Services) -> dict[str, Api]:
    person = await make_person("buyer", tier=TierCode.PRO)
    return {
        "nobody": Api(client),
        "a session": as_session(client, services, person),
        "a key": await as_key(client, services, person, ApiScope.READ),
        "a key that may not read": await as_key(client, services, person, ApiScope.AGENTS),
    }


async def _ask(client: httpx.AsyncClient, sent: dict[str, Any], caller: Api) -> Any:
    """All that a client sees, without the id of the request, and the line of the log."""
    with structlog.testing.capture_logs() as lines:
        headers = httpx.Headers([*httpx.Headers(sent.get("headers", {})).multi_items()])
        for name, value in caller.headers.items():
            headers.setdefault(name, value)
        reply = await client.post("/graphql", **{**sent, "headers": headers})
    seen = [pair for pair in reply.headers.multi_items() if pair[0] not in _OF_ONE_REQUEST]
    logged = [(line["event"], line.get("status"), line.get("path")) for line in lines]
    request_id = reply.headers["x-request-id"].encode()
    return reply.status_code, sorted(seen), reply.content.replace(request_id, b"id"), logged


async def test_every_request_is_answered_alike_by_either_way(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stock(services, 3)
    answered = _count_answers(monkeypatch)
    for who, caller in (await _callers(client, services)).items():
        for what, sent in REQUESTS.items():
            for _ in range(2):
                await _ask(client, sent, caller)
            short = await _ask(client, sent, caller)
            with monkeypatch.context() as patch:
                patch.setattr(Engine, "is_compiled", lambda *_: False)
                usual = await _ask(client, sent, caller)
            assert short == usual, f"{what}, asked by {who}"

    assert answered() >= 4 * 6  # of each caller what is plain, and errors of compiled queries


def _count_answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    calls: list[None] = []
    answer = CompiledRoute._answer

    async def count(*args: Any) -> Any:
        calls.append(None)
        return await answer(*args)

    monkeypatch.setattr(CompiledRoute, "_answer", count)
    return lambda: len(calls)


async def test_what_breaks_outside_the_resolvers_is_an_internal_error_either_way(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = REQUESTS["one's own"]
    for _ in range(2):
        await _ask(client, sent, Api(client))
    monkeypatch.setattr(Engine, "run", None)

    status, headers, body, _ = await _ask(client, sent, Api(client))
    monkeypatch.setattr(compiled_route, "PATH", "/elsewhere")
    usual = await _ask(client, sent, Api(client))

    assert (status, headers, body) == usual[:3]
    assert status == 500
