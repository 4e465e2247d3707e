"""Top-level errors: a code, the request's id, the caller's language, nothing internal."""

from typing import Any

import asyncpg
import httpx
import pytest
from graphql import GraphQLError

from chenu.accounts.request_context import RequestContext
from chenu.core.errors import (
    BadInput,
    ChenuError,
    Forbidden,
    IdempotencyConflict,
    Invalid,
    NotFound,
    ProviderUnavailable,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from chenu.core.i18n import Locale
from chenu.flows.services import Services
from chenu_graphql.context import Context
from chenu_graphql.errors import describe_refusal, public_path, to_graphql, with_code
from tests.api.calls import Api
from tests.people import make_creator, make_published_agent


def context(services: Services, locale: Locale = "en") -> Context:
    return Context(services, RequestContext(request_id="the-request", locale=locale))


CODES: list[tuple[ChenuError, str]] = [
    (Unauthenticated("Please sign in first"), "UNAUTHENTICATED"),
    (Forbidden("No"), "FORBIDDEN"),
    (BadInput("No"), "BAD_INPUT"),
    (NotFound("No"), "NOT_FOUND"),
    (RateLimited("No", retry_after=7), "RATE_LIMITED"),
    (IdempotencyConflict("No"), "IDEMPOTENCY_CONFLICT"),
    (Unavailable("No"), "UNAVAILABLE"),
    (ProviderUnavailable("No"), "UNAVAILABLE"),
    (Invalid("No"), "BAD_INPUT"),
]


@pytest.mark.parametrize(("error", "code"), CODES, ids=[type(case[0]).__name__ for case in CODES])
async def test_each_error_has_its_code(
    open_engines: Services, error: ChenuError, code: str
) -> None:
    sent = with_code(to_graphql(error), context(open_engines)).formatted

    assert sent["extensions"]["code"] == code
    assert sent["extensions"]["requestId"] == "the-request"


async def test_what_nobody_expected_tells_nothing(open_engines: Services) -> None:
    secret = ValueError("password=hunter2 at /srv/app.py")
    wrapped = GraphQLError(str(secret), original_error=secret)

    sent = with_code(wrapped, context(open_engines)).formatted

    assert sent["extensions"] == {"code": "INTERNAL", "requestId": "the-request"}
    assert sent["message"] == "Something went wrong on our side"


async def test_an_error_of_the_schema_itself_is_internal(open_engines: Services) -> None:
    broken = GraphQLError("Int cannot represent non 32-bit value", path=["agents"])

    sent = with_code(broken, context(open_engines)).formatted

    assert sent["extensions"]["code"] == "INTERNAL"
    assert "32-bit" not in sent["message"]


async def test_an_unexpected_failure_is_masked_on_the_way_out(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> None:
        raise asyncpg.UndefinedColumnError('column "secret" does not exist')

    monkeypatch.setattr("chenu_graphql.roots.agents.find_creator_by_handle", fail)

    reply = await Api(client).send('{ creator(handle: "x") { id } tiers { code } }')

    [error] = reply.errors
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["requestId"] == reply.http.headers["x-request-id"]
    assert "secret" not in reply.http.text
    assert len(reply.body["data"]["tiers"]) == 5


async def test_a_lost_database_is_reported_with_when_to_come_back(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> None:
        raise Unavailable("The service is not available right now, please try again")

    monkeypatch.setattr("chenu_graphql.roots.agents.find_creator_by_handle", fail)

    alone = await Api(client).send('{ creator(handle: "x") { id } }')
    partly = await Api(client).send('{ creator(handle: "x") { id } tiers { code } }')

    assert alone.codes == partly.codes == ["UNAVAILABLE"]
    assert alone.http.status_code == 503
    assert alone.http.headers["retry-after"] == "5"
    assert partly.http.status_code == 200


PATHS = [
    (("price", "amount_minor"), ("input",), ["input", "price", "amountMinor"]),
    (("idempotency_key",), ("input",), ["input", "idempotencyKey"]),
    (("token",), (), ["token"]),
    ((), ("input",), None),
    (("capabilities", "3"), ("input",), ["input", "capabilities", "3"]),
    (
        ("manifest", "parameters", "my_own_name"),
        ("input",),
        ["input", "manifest", "parameters", "my_own_name"],
    ),
]


@pytest.mark.parametrize(("path", "prefix", "expected"), PATHS)
def test_paths_use_the_public_names(
    path: tuple[str, ...], prefix: tuple[str, ...], expected: list[str] | None
) -> None:
    assert public_path(path, prefix) == expected


def test_a_refusal_is_worded_in_the_callers_language() -> None:
    error = NotFound("There is no such agent", path=("agent_id",))

    refusal = describe_refusal(error, "en", ("input",))

    assert refusal.message == "There is no such agent"
    assert refusal.path == ["input", "agentId"]


async def test_top_level_errors_speak_the_callers_language(
    client: httpx.AsyncClient, services: Services
) -> None:
    query = "{ agents(first: 0) { totalCount } }"

    english = await Api(client, {"accept-language": "en"}).send(query)

    assert english.errors[0]["message"] == "A page has 1 to 100 items"


async def test_a_failed_field_does_not_cancel_what_others_wait_for(
    client: httpx.AsyncClient, services: Services
) -> None:
    """graphql-core cancels siblings of a failed non-null field; loaders are shared by fields."""
    creator, _ = await make_creator(services)
    agents = [await make_published_agent(services, creator, name=name) for name in ("Eins", "Zwei")]
    query = """query($a: String!, $b: String!) {
        a: agent(slug: $a) { name creator { handle agents(first: 0) { totalCount } } }
        b: agent(slug: $b) { name creator { handle displayName } version { number } }
    }"""

    reply = await Api(client).send(query, {"a": agents[0].slug, "b": agents[1].slug})

    assert reply.codes == ["BAD_INPUT"]
    assert reply.body["data"]["a"] == {"name": "Eins", "creator": None}
    assert reply.body["data"]["b"]["creator"]["displayName"] == "atelier Nord"
    assert reply.body["data"]["b"]["version"] == {"number": "1.0.0"}
