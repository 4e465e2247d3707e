"""A purchase as spans: what each says, whose child it is, and that no secret is in any of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from chenu.core import db
from chenu.core.clock import CLOCK
from chenu.core.global_id import encode_id
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.database import empty_database
from tests.faults.stand import Buyer, Stand, open_stand
from tests.stripe_side import AWAY
from tests.traces.collector import Collector, Span, collect
from tests.waiting import until

IDEMPOTENCY_KEY = "bought-once-by-this-test"
CARD = "4242424242424242"
WAIT = "subscription Wait($id: ID!) { purchaseSettled(purchaseId: $id) { id } }"


@dataclass(frozen=True)
class Traced:
    """The product with one sale in it, and what it told its collector."""

    stand: Stand
    collector: Collector
    buyer: Buyer

    async def see(self, name: str, **attributes: Any) -> Span:
        """The first such span, as soon as it has come."""

        async def has_come() -> bool:
            return bool(self.collector.named(name, **attributes))

        await until(has_come)
        return self.collector.named(name, **attributes)[0]

    async def ask(self, query: str, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.buyer.key}"}
        body = {"query": query, **more}
        return await self.stand.http.post(f"{self.stand.url}/graphql", json=body, headers=headers)


@pytest.fixture(scope="module")
async def traced(
    engines: Engines, open_engines: Services, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Traced]:
    CLOCK.reset()
    await empty_database(engines.postgres_url)
    folder = tmp_path_factory.mktemp("traced")
    with collect() as collector:
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}
        async with open_stand(engines, open_engines, folder, **env) as stand:
            await stand.begin()
            buyer = await stand.make_buyer("traced")
            await stand.buy(buyer, IDEMPOTENCY_KEY)
            await stand.settle(1)
            yield Traced(stand, collector, buyer)
    CLOCK.reset()


async def test_a_mutation_is_followed_from_the_request_to_stripe(traced: Traced) -> None:
    call = await traced.see("Stripe POST /v1/checkout/sessions")
    operation = traced.collector.parent(call)
    mutation = traced.collector.parent(operation)
    request = traced.collector.parent(mutation)

    assert [span.name for span in (operation, mutation, request)] == [
        "operation CHECKOUT_SESSION",
        "GraphQL mutation",
        "POST /graphql",
    ]
    assert (call.kind, request.kind, request.parent) == ("CLIENT", "SERVER", b"")
    assert {span.service for span in (call, operation, mutation, request)} == {"chenu-web"}
    assert mutation.attributes["graphql.operation.name"] == "Buy"
    assert operation.attributes["chenu.operation.state"] == "SETTLED"
    assert request.attributes["http.route"] == "/graphql"
    assert call.attributes["http.response.status_code"] == 200
    assert call.attributes["stripe.request_id"].startswith("req_")
    assert not any(span.failed for span in (call, operation, mutation, request))


async def test_what_an_operation_does_carries_its_id(traced: Traced) -> None:
    operation = await db.fetch_value("SELECT id FROM operation WHERE kind = 'CHECKOUT_SESSION'")
    call = await traced.see("Stripe POST /v1/checkout/sessions", operation=str(operation))

    [settling] = [
        span
        for span in traced.collector.children(traced.collector.parent(call))
        if span.attributes.get("db.query.text", "").startswith("UPDATE operation SET state")
    ]
    assert settling.attributes["chenu.operation"] == str(operation)
    assert settling.attributes["chenu.request_id"] == call.attributes["chenu.request_id"]


async def test_a_statement_is_shown_without_its_values(traced: Traced) -> None:
    """This query follows a plan, which Strawberry's own extensions would not see."""
    agent = encode_id("Agent", traced.stand.agent.id)
    text = "query Look($id: ID!) { node(id: $id) { ... on Agent { name } } }"
    answer = await traced.ask(text, variables={"id": agent})
    assert answer.json()["data"]["node"]["name"]

    request_id = answer.headers["x-request-id"]
    query = await traced.see("GraphQL query", request_id=request_id)
    await traced.see("POST /graphql", request_id=request_id)

    assert query.attributes["graphql.operation.name"] == "Look"
    [reading] = [
        span
        for span in traced.collector.children(query)
        if " FROM agent " in span.attributes.get("db.query.text", "")
    ]
    assert "$1" in reading.attributes["db.query.text"]
    assert (reading.name, reading.kind) == ("SELECT", "CLIENT")


async def test_a_page_is_named_by_its_route(traced: Traced) -> None:
    slug = traced.stand.agent.slug
    answer = await traced.stand.http.get(f"{traced.stand.url}/agents/{slug}")

    page = await traced.see("GET /agents/{slug}", request_id=answer.headers["x-request-id"])

    assert page.attributes["http.response.status_code"] == 200
    assert any(child.name == "SELECT" for child in traced.collector.children(page))
    assert slug not in traced.collector.text


async def test_a_job_belongs_to_the_request_that_asked_for_it(traced: Traced) -> None:
    """From Stripe's delivery over two jobs to the creator's transfer, through two processes."""
    call = await traced.see("Stripe POST /v1/transfers")
    line = [call]
    while line[-1].parent:
        line.append(traced.collector.parent(line[-1]))

    assert [(span.service, span.name) for span in line if "operation " not in span.name] == [
        ("chenu-worker", "Stripe POST /v1/transfers"),
        ("chenu-worker", "job operation"),
        ("chenu-worker", "job webhook_event"),
        ("chenu-web", "POST /webhooks/stripe"),
    ]
    assert [span.kind for span in line if span.name.startswith("job ")] == ["CONSUMER"] * 2


async def test_the_schedule_has_spans_of_its_own(traced: Traced) -> None:
    turn = await traced.see("scheduled repair")

    assert (turn.parent, turn.service) == (b"", "chenu-worker")


async def test_an_error_is_its_code(traced: Traced) -> None:
    text = 'query { node(id: "QWdlbnQ6MQ") { id } nothing }'
    refused = await traced.ask(text)
    await traced.stand.stripe.fail(AWAY, times=None)
    buyer = await traced.stand.make_buyer("unlucky")
    agent = await traced.stand.make_agent("Unlucky")
    answer = await traced.stand.ask(buyer, "never", agent)
    await traced.stand.stripe.heal()

    wrong = await traced.see("GraphQL", request_id=refused.headers["x-request-id"])
    assert (wrong.failed, wrong.attributes["error.type"]) == (True, "VALIDATION_FAILED")
    request_id = answer.headers["x-request-id"]
    asked = await traced.see("operation CUSTOMER", request_id=request_id)
    assert (asked.failed, asked.attributes["error.type"]) == (True, "PROVIDER_UNAVAILABLE")
    tries = [span for span in traced.collector.spans if _is_failed_call(span, request_id)]
    assert {span.attributes["error.type"] for span in tries} == {"503"}


def _is_failed_call(span: Span, request_id: str) -> bool:
    is_its = span.attributes.get("chenu.request_id") == request_id
    return is_its and span.name.startswith("Stripe ") and span.failed


async def test_the_beginning_of_a_subscription_is_a_span(traced: Traced) -> None:
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {traced.buyer.key}"}
    purchase = encode_id("Purchase", await db.fetch_value("SELECT id FROM purchase LIMIT 1"))
    body = {"query": WAIT, "variables": {"id": purchase}}
    async with traced.stand.http.stream(
        "POST", f"{traced.stand.url}/graphql", json=body, headers=headers
    ) as stream:
        began = await traced.see("GraphQL subscription", request_id=stream.headers["x-request-id"])

    assert began.attributes["graphql.operation.name"] == "Wait"


async def test_no_secret_is_in_any_span(traced: Traced, engines: Engines) -> None:
    """Nor what only looks like one, wherever a caller may put it."""
    stand, key = traced.stand, traced.buyer.key
    named = await traced.ask(f"query {key} {{ spheres {{ __typename }} }}")
    await stand.http.get(f"{stand.url}/agents/someone@example.org?email=someone@example.org")
    await stand.http.get(f"{stand.url}/{key}/{CARD}")
    find = "query Find($text: String) { agents(search: $text, first: 1) { edges { cursor } } }"
    last = await traced.ask(find, variables={"text": CARD})
    assert "errors" not in {**named.json(), **last.json()}
    await traced.see("POST /graphql", request_id=last.headers["x-request-id"])
    [query] = traced.collector.named("GraphQL query", request_id=named.headers["x-request-id"])
    assert query.attributes["graphql.operation.name"] == "[redacted]"

    stored = await db.fetch_all(_Stored, "SELECT business_key, stripe_id FROM operation")
    secrets = {
        *(key, traced.buyer.person.token, CARD, IDEMPOTENCY_KEY, "@example.org", "cs_test_"),
        *(value for name, value in stand.web.env.items() if "SECRET" in name or "KEY" in name),
        *(row.business_key for row in stored),
        *(row.stripe_id for row in stored if row.stripe_id),
    }
    text = traced.collector.text
    assert len(secrets) > 12
    assert [secret for secret in secrets if secret in text] == []


@dataclass(frozen=True)
class _Stored:
    business_key: str
    stripe_id: str | None
