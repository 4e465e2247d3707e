"""Browsers over the whole application in this process, and the contents of the database."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest

from chenu.agents.rows import AgentRow
from chenu.flows.services import Services
from tests.conftest import Engines, open_client
from tests.people import Person, make_published_agent
from tests.rows import AUDITED_CHANGES
from tests.storefront.browser import Browser
from tests.storefront.visitors import make_seller

OpenBrowser = Callable[..., Awaitable[Browser]]
Fingerprint = Callable[[], Awaitable[str]]

_RESTLESS = {"attempt_window", "migration"}
"""Tables that refused requests change too."""
_ROWS = """SELECT coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM {rows} t"""


@pytest.fixture
async def open_browser(application: Any, services: Services) -> AsyncIterator[OpenBrowser]:
    """Creates browsers, each with its own cookies, over one application."""
    async with AsyncExitStack() as stack:

        async def make(locale: str = "en") -> Browser:
            client = open_client(services, application)
            await stack.enter_async_context(client)
            return Browser(client, services.settings, locale)

        yield make


@pytest.fixture
async def browser(open_browser: OpenBrowser) -> Browser:
    return await open_browser()


@pytest.fixture
async def fingerprint(engines: Engines, services: Services) -> AsyncIterator[Fingerprint]:
    """A hash over every row of every table, to show that nothing changed."""
    connection = await asyncpg.connect(engines.postgres_url)
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = sorted({row["tablename"] for row in rows} - _RESTLESS)

    async def take() -> str:
        digest = hashlib.sha256()
        for table in tables:
            rows = f"({AUDITED_CHANGES})" if table == "audit_event" else f'"{table}"'
            found = await connection.fetchval(_ROWS.format(rows=rows))
            digest.update((table + found).encode())
        return digest.hexdigest()

    yield take
    await connection.close()


@pytest.fixture
async def seller(services: Services) -> Person:
    return await make_seller(services)


@pytest.fixture
async def agent(services: Services, seller: Person) -> AgentRow:
    return await make_published_agent(services, seller, price=999)
