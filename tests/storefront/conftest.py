"""Browsers over the whole application in this process, and the contents of the database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from chenu.agents.rows import AgentRow
from chenu.flows.services import Services
from tests.conftest import open_client
from tests.contents import digest, read_contents
from tests.database import OwnedDatabase
from tests.people import Person, make_published_agent
from tests.rows import rows_sql
from tests.storefront.browser import Browser
from tests.storefront.visitors import make_seller

OpenBrowser = Callable[..., Awaitable[Browser]]
Fingerprint = Callable[[], Awaitable[str]]

_RESTLESS = {"attempt_window", "migration"}
"""Tables that refused requests change too."""


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
def fingerprint(database: OwnedDatabase, services: Services) -> Fingerprint:
    """A hash over every row of every table, to show that nothing changed."""
    queries = {table: rows_sql(table) for table in set(database.tables) - _RESTLESS}

    async def take() -> str:
        contents = await read_contents(database.connection.fetch, queries)
        assert contents.keys() == queries.keys()
        return digest([f"{table}{row}" for table in sorted(contents) for row in contents[table]])

    return take


@pytest.fixture
async def seller(services: Services) -> Person:
    return await make_seller(services)


@pytest.fixture
async def agent(services: Services, seller: Person) -> AgentRow:
    return await make_published_agent(services, seller, price=999)
