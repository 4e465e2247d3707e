"""Requests of many kinds, hardly one like another: pages in both languages, GraphQL of everybody,
purchases, spends, a proxy's questions, webhooks, and errors.
"""

import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from bench import requests
from bench.callers import KEYED, SIGNED_IN, find_caller
from bench.fill import SEED, Vocabulary
from chenu.core.global_id import encode_id
from chenu.core.ids import new_id

_MANY = 10**9
_DETAIL = """query Agent($slug: String!) { agent(slug: $slug) { id name tagline description level
    capabilities installs creator { handle displayName bio } } }"""
_SPEND = """mutation($input: TokenSpendInput!) {
    tokenSpend(input: $input) { entry { id } userErrors { code } } }"""
_BUY = """mutation($input: AgentPurchaseInput!) {
    agentPurchase(input: $input) { purchase { id } userErrors { code } } }"""
_LANGUAGES = ("accept-language: fr", "accept-language: en")
_PAGES = ("/", "/pricing", "/developers", "/terms", "/status", "/sign-in", "/sitemap.xml")
_OWN_PAGES = ("/library", "/account/plan", "/account/mail", "/account/security", "/creator", "/roi")


@dataclass(frozen=True)
class Kind:
    """`make` gives the next request; each is answered with `status`. GraphQL's errors have 200."""

    name: str
    make: Callable[[], bytes]
    status: int = 200
    has_errors: bool = False


async def make_kinds(url: str, callers: dict[str, str], service_key: str) -> list[Kind]:
    """`callers` are headers (`make_callers`); `service_key` is a secret that may spend."""
    connection = await asyncpg.connect(url)
    try:
        account, _ = await find_caller(connection)
        agents = await _list_ids(connection, "SELECT id FROM agent ORDER BY price, id")
        bought = await _list_ids(connection, "SELECT id FROM purchase WHERE account = $1", account)
    finally:
        await connection.close()
    spender = f"chenu-account: {encode_id('Account', UUID(int=1))}"
    service = (f"authorization: Bearer {service_key}", spender)
    return [
        *_pages(callers[SIGNED_IN], [f"/purchases/{each}" for each in bought]),
        *_queries(callers),
        Kind("spends", _mutations(_SPEND, _spends(), *service)),
        Kind("purchases that are refused", _mutations(_BUY, _purchases(agents), callers[KEYED])),
        Kind("/api/v1/authorize", _authorizations(callers[KEYED])),
        Kind("webhooks", requests.events()),
        *_errors(),
    ]


def _pages(session: str, purchases: list[str]) -> list[Kind]:
    agents = (f"/agents/agent-{n % 10_000}{end}" for n in itertools.count() for end in _ENDS)
    own = itertools.cycle([*_OWN_PAGES, *purchases])
    return [
        Kind("lists", _gets(f"/agents?number={n}" for n in itertools.count(_MANY))),
        Kind("searches", _gets(_searches())),
        Kind("an agent's pages", _gets(agents)),
        Kind("other pages", _gets(itertools.cycle(_PAGES))),
        Kind("pages of somebody signed in", _gets(own, session)),
    ]


_ENDS = ("", "/reviews", "/versions")


def _queries(callers: dict[str, str]) -> list[Kind]:
    return [
        Kind("the list, compiled", requests.never_twice()),
        *(Kind(f"the list {name}", requests.never_twice(head)) for name, head in callers.items()),
        Kind("an agent by GraphQL", _details()),
        Kind("new documents, each asked twice", _documents()),
    ]


def _errors() -> list[Kind]:
    numbers = itertools.count(_MANY)
    return [
        Kind("pages that are not there", _gets(f"/agents/nobody-{n}" for n in numbers), 404),
        Kind("paths that are not there", _gets(f"/nothing/{n}" for n in numbers), 404),
        Kind("documents that are none", _broken_documents(), has_errors=True),
        Kind("webhooks signed by nobody", lambda: _unsigned(next(numbers)), 400),
    ]


def _gets(paths: Iterator[str], *headers: str) -> Callable[[], bytes]:
    """In both languages in turn."""
    languages = itertools.cycle(_LANGUAGES)
    return lambda: _with_headers(requests.get(next(paths)), next(languages), *headers)


def _with_headers(request: bytes, *headers: str) -> bytes:
    head, _, body = request.partition(b"\r\n\r\n")
    return b"\r\n".join((head, *(line.encode() for line in headers))) + b"\r\n\r\n" + body


def _searches() -> Iterator[str]:
    dice, vocabulary = random.Random(SEED), Vocabulary()
    orders = ("RELEVANCE", "NEWEST", "POPULAR", "RATING", "PRICE_ASC", "PRICE_DESC")
    while True:
        words = "+".join(vocabulary.draw(dice, dice.randint(1, 3)))
        yield f"/agents?q={words}&sort={dice.choice(orders)}"


def _graphql(query: str, variables: object = None, *headers: str) -> bytes:
    body = json.dumps({"query": query, "variables": variables}).encode()
    return requests.post("/graphql", body, *headers)


def _details() -> Callable[[], bytes]:
    numbers = itertools.count()
    return lambda: _graphql(_DETAIL, {"slug": f"agent-{next(numbers) % 10_000}"})


def _documents() -> Callable[[], bytes]:
    """A document is compiled when it comes again."""
    numbers = itertools.count(_MANY)

    def make() -> bytes:
        number = next(numbers) // 2
        query = requests.QUERY.replace("Store", f"Store{number}")
        return _graphql(query, {"first": 1 + number % 20})

    return make


def _broken_documents() -> Callable[[], bytes]:
    numbers = itertools.count(_MANY)
    return lambda: _graphql(f"query {{ a{next(numbers)} {{")


def _mutations(query: str, inputs: Iterator[object], *headers: str) -> Callable[[], bytes]:
    return lambda: _graphql(query, {"input": next(inputs)}, *headers)


def _spends() -> Iterator[object]:
    while True:
        yield {"amount": 1, "reason": "A use", "idempotencyKey": str(new_id())}


def _purchases(agents: list[UUID]) -> Iterator[object]:
    """The price changed since, or the buyer has not confirmed an address."""
    for agent in itertools.cycle(agents):
        yield {
            "agentId": encode_id("Agent", agent),
            "expectedAmountMinor": 0,
            "acceptImmediateSupply": True,
            "idempotencyKey": str(new_id()),
        }


def _authorizations(key: str) -> Callable[[], bytes]:
    numbers = itertools.count()
    return lambda: _with_headers(requests.get(f"/api/v1/authorize/call/{next(numbers)}"), key)


def _unsigned(number: int) -> bytes:
    body = json.dumps({"id": f"evt_{number}"}).encode()
    return requests.post("/webhooks/stripe", body, "stripe-signature: t=1,v1=00")


async def _list_ids(connection: asyncpg.Connection, sql: str, *given: UUID) -> list[UUID]:
    return [row["id"] for row in await connection.fetch(sql, *given)]
