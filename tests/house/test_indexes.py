"""Every statement of a busy day finds its rows by an index: none reads a growing table whole.

Asked of PostgreSQL itself, for the very statements that run: with sequential scans forbidden, it
still plans one where nothing else would do.
"""

import re
from typing import Any

import asyncpg
import httpx

from chenu.accounts.queries import list_accounts_by_address
from chenu.agents.search_query import AgentSort
from chenu.core.clock import business_now
from chenu.flows.customers.search import REFERENCES
from chenu.flows.services import Services
from chenu.jobs.schedule import RECURRING
from storefront.access import Access
from tests.api.calls import counted_statements
from tests.attacks.cast import Cast, gather_cast
from tests.attacks.forms import filled_forms
from tests.attacks.pages import ROUTES, Route, ask, csrf_of, session_headers
from tests.attacks.world import World, build_world
from tests.conftest import Engines
from tests.people import sign_in_again

_READ_WHOLE = re.compile(r"Seq Scan on (\w+)")
_SHORT = {
    *("business_clock", "click_key", "pgqueuer", "restored_backup", "scheduled_task"),
    "pg_partitioned_table",
}
"""A row or two each, jobs that are not done yet, a row a recurring task and a row a split table."""
_AUDITS = ("check_books", "check_stripe")
"""They look at all of the books once an hour, on purpose."""
SEEN_AT = "2026-11-22T10:00:00+00:00"


DESKS = {
    Access.REVIEWER: "reviewer",
    Access.SUPPORT: "support",
    Access.SUPPORT_OR_FINANCE: "support",
    Access.FINANCE: "finance",
    Access.ADMIN: "admin",
}


async def _visit_pages(
    http: httpx.AsyncClient, services: Services, cast: Cast, world: World
) -> None:
    """Each as its owner, with a form that passes: what comes of it does not matter here."""
    forms = filled_forms(world, SEEN_AT)
    for route in ROUTES:
        filled = forms.get(route.path)
        name = filled.by if filled else DESKS.get(route.access or Access.PUBLIC, _owner_of(route))
        known = cast.named(name).person
        assert known is not None
        person = await sign_in_again(known.user_id, known.email)
        form = {"csrf_token": csrf_of(services, person), **(filled.fields if filled else {})}
        await ask(http, route, world, session_headers(services, person), form)


def _owner_of(route: Route) -> str:
    return "affiliate" if route.path.startswith("/affiliate") else "creator"


async def _search(http: httpx.AsyncClient) -> None:
    for sort in AgentSort:
        for search in ("", "facture"):
            await http.get("/agents", params={"q": search, "sort": sort.lower()})


async def test_no_statement_reads_a_growing_table_whole(
    client: httpx.AsyncClient, services: Services, engines: Engines
) -> None:
    async with counted_statements() as statements:
        cast = await gather_cast(services, client)
        world = await build_world(services, cast)
        await _search(client)
        await list_accounts_by_address("zo", limit=5)
        await _visit_pages(client, services, cast, world)
        await client.get("/metrics")
        for recurring in RECURRING:
            if recurring.name not in _AUDITS:
                await recurring.task(services, business_now())
    statements += [reference.sql for reference in REFERENCES]
    distinct = sorted({statement for statement in statements if _is_data(statement)})
    read_whole = await _find_read_whole(engines.postgres_url, distinct)

    assert len(distinct) > 100
    assert read_whole == {}


def _is_data(statement: str) -> bool:
    return statement.split(maxsplit=1)[0].upper() in {
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "WITH",
    }


async def _find_read_whole(url: str, statements: list[str]) -> dict[str, set[str]]:
    connection = await asyncpg.connect(url)
    try:
        # nothing is of a month NULL: without pruning the plan shows how each month would be read
        await connection.execute(
            "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan;"
            " SET enable_partition_pruning = off"
        )
        plans = {statement: await _explain(connection, statement) for statement in statements}
    finally:
        await connection.close()
    tables = {statement: set(_READ_WHOLE.findall(plan)) for statement, plan in plans.items()}
    return {statement: found for statement, found in tables.items() if found - _SHORT}


async def _explain(connection: Any, statement: str) -> str:
    """For any arguments: they are not asked for in a generic plan."""
    await connection.execute(f"PREPARE one AS {statement}")
    sql = "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'one'"
    count = await connection.fetchval(sql)
    given = f"({', '.join(['NULL'] * count)})" if count else ""
    lines = await connection.fetch(f"EXPLAIN (COSTS OFF) EXECUTE one{given}")
    await connection.execute("DEALLOCATE one")
    return "\n".join(line[0] for line in lines)
