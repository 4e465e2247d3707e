"""Calls the API as some caller, and compares the database before and after."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.request_context import RequestContext, session_cookie_name
from chenu.accounts.service_keys import create_service_key
from chenu.core import db
from chenu.core.global_id import encode_id
from chenu.flows.services import Services
from tests.contents import digest, read_contents
from tests.people import Person

OPERATIONS = Path(__file__).parents[2] / "graphql" / "operations"


@dataclass(frozen=True)
class Reply:
    """An answer as a client sees it."""

    http: httpx.Response

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = self.http.json()
        return body

    @property
    def data(self) -> Any:
        """The answer's data; fails with the whole answer if there were errors."""
        assert "errors" not in self.body, self.body
        return self.body["data"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        errors: list[dict[str, Any]] = self.body.get("errors", [])
        return errors

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]

    @property
    def cost(self) -> dict[str, int]:
        cost: dict[str, int] = self.body["extensions"]["cost"]
        return cost

    def payload(self) -> dict[str, Any]:
        """The one mutation's payload."""
        [payload] = self.data.values()
        return dict(payload)

    def refusals(self) -> list[tuple[str, list[str] | None]]:
        """Code and path of each of the one mutation's userErrors."""
        return [(error["code"], error["path"]) for error in self.payload()["userErrors"]]


class Api:
    """The API through one client; `headers` identify the caller."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str] | None = None) -> None:
        self._http = http
        self.headers = headers or {}

    async def send(self, query: str, variables: dict[str, Any] | None = None, **more: str) -> Reply:
        body = {"query": query, "variables": variables or {}}
        headers = {**self.headers, **more}
        return Reply(await self._http.post("/graphql", json=body, headers=headers))

    async def run(self, name: str, **variables: Any) -> Reply:
        """An operation of graphql/operations, by its name."""
        document = document_of(name)
        body = {"query": document, "variables": variables, "operationName": name}
        return Reply(await self._http.post("/graphql", json=body, headers=self.headers))


def document_of(name: str) -> str:
    """The document that has this operation."""
    kinds = (f"{kind} {name}" for kind in ("query", "mutation", "subscription"))
    starts = tuple(f"\n{kind}{end}" for kind in kinds for end in ("(", " ", "{"))
    for path in sorted(OPERATIONS.glob("*.graphql")):
        text = path.read_text()
        if any(start in text for start in starts):
            return text
    raise LookupError(name)


def as_session(http: httpx.AsyncClient, services: Services, person: Person) -> Api:
    """A signed-in browser that sends its CSRF token."""
    settings = services.settings
    token = RequestContext(actor=person.actor).csrf_token(settings)
    assert token is not None
    cookie = session_cookie_of(services, person)
    return Api(http, {"cookie": cookie, "x-csrf-token": token})


def session_cookie_of(services: Services, person: Person) -> str:
    """The Cookie header of the person's browser."""
    return f"{session_cookie_name(services.settings)}={person.token}"


async def as_key(
    http: httpx.AsyncClient, services: Services, person: Person, *scopes: ApiScope
) -> Api:
    """A program with a key of the person's account, which needs API_ACCESS."""
    pepper = services.settings.secret
    made = await create_api_key(person.actor, "tests", scopes, None, pepper)
    return Api(http, {"authorization": f"Bearer {made.secret}"})


async def as_service(http: httpx.AsyncClient, services: Services, person: Person) -> Api:
    """One of our apps, for the person's account."""
    secret = await create_service_key("apps", services.settings.secret)
    account = gid("Account", person.actor.account_id)
    return Api(http, {"authorization": f"Bearer {secret}", "chenu-account": account})


def gid(type_name: str, row_id: object) -> str:
    return encode_id(type_name, row_id)


_MOVES_ANYWAY = {"attempt_window", "user_session", "api_key", "service_key", "migration"}
"""Tables that every request may change: counted attempts and times of last use."""


_ROWS = """SELECT '{0}' AS name, t::text AS content FROM "{0}" t"""


@dataclass(frozen=True)
class _Table:
    tablename: str


async def fingerprint(_services: Services) -> dict[str, str]:
    """The contents of every table, exactly.

    Over the open pool and in two statements: a new connection for each would take twenty times as
    long.
    """
    sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    names = [table.tablename for table in await db.fetch_all(_Table, sql)]
    queries = {name: _ROWS.format(name) for name in names if name not in _MOVES_ANYWAY}
    contents = await read_contents(db.fetch_records, queries)
    return {name: digest(rows) for name, rows in contents.items()}


_DRIVERS_OWN = ("typeinfo_tree", "set_config('jit'")
"""Statements that asyncpg runs once on each new connection."""


@asynccontextmanager
async def counted_statements() -> AsyncIterator[list[str]]:
    """The statements that the application's pool runs within this block."""
    pool = db.ENGINE.pool
    assert pool is not None
    statements: list[str] = []

    def note(record: Any) -> None:
        if not any(mark in record.query for mark in _DRIVERS_OWN):
            statements.append(record.query)

    connections = []
    for holder in pool._pool._holders:
        if holder._con is None:
            await holder.connect()
        connections.append(holder._con)
        holder._con.add_query_logger(note)
    try:
        yield statements
    finally:
        await asyncio.sleep(0)  # the driver reports a statement one turn of the event loop later
        for connection in connections:  # the pool may have closed one that nobody used for long
            connection.remove_query_logger(note)
