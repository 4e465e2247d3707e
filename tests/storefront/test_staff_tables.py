"""Tables to be read by administrators: what is declared is shown, and nothing else ever."""

import re

import httpx
import pytest
from piccolo.columns import Bytea
from piccolo.table import Table

from chenu.accounts.actor import Actor, Staff, UserId
from chenu.core.errors import Forbidden, NotFound
from chenu.core.ids import new_id
from chenu.core.paging import PageRequest
from chenu.flows.plain_tables import (
    PLAIN_TABLES,
    get_plain_table,
    page_plain_table,
    search_plain_table,
)
from chenu.flows.services import Services
from chenu.piccolo_app import APP_CONFIG
from tests.api.calls import counted_statements
from tests.attacks.cast import gather_cast
from tests.attacks.world import build_world
from tests.rows import count
from tests.storefront.browser import Browser
from tests.storefront.visitors import make_reader

_SECRET = re.compile(
    r"secret|hash|password|cipher|seal|receipt|_url|manifest|content|params|query|"
    r"email|address|^ip$|user_agent|body|message|evidence|details?$|display_name|"
    r"business_key|idempotency|visitor|csrf|cookie|session(?!_id)|token$"
)
_NEVER = {
    *("user_session", "second_factor", "recovery_code", "mail_token", "click_key", "api_key"),
    *("service_key", "idempotency_record", "data_export_chunk", "outbox_mail", "app_user"),
    *("audit_event", "ledger_seal", "trial_use", "trial_card", "attempt_window"),
}
"""Tables of secrets, and of what only its own pages may show."""
ADMIN = Actor(user_id=UserId(new_id()), staff=frozenset({Staff.ADMIN}))


def _declared() -> dict[str, type[Table]]:
    tables: list[type[Table]] = APP_CONFIG.table_classes
    return {table._meta.tablename: table for table in tables}


def test_no_column_looks_like_a_secret_or_like_what_people_wrote() -> None:
    wrong = [
        f"{table.name}.{column}"
        for table in PLAIN_TABLES.values()
        for column in table.columns
        if _SECRET.search(column)
    ]

    assert wrong == []
    assert _NEVER.isdisjoint(PLAIN_TABLES)


def test_every_column_is_one_of_its_table_and_none_is_of_bytes() -> None:
    declared = _declared()

    for table in PLAIN_TABLES.values():
        columns = {
            column._meta.db_column_name: column for column in declared[table.name]._meta.columns
        }
        assert set(table.columns) <= columns.keys(), table.name
        assert not [name for name in table.columns if isinstance(columns[name], Bytea)]
        assert len(set(table.columns)) == len(table.columns)
        assert columns[table.columns[0]]._meta.primary_key


@pytest.mark.parametrize("name", sorted(PLAIN_TABLES))
async def test_a_page_reads_no_other_column(services: Services, name: str) -> None:
    table = PLAIN_TABLES[name]
    others = {column._meta.db_column_name for column in _declared()[name]._meta.columns} - set(
        table.columns
    )

    async with counted_statements() as statements:
        await page_plain_table(ADMIN, table, PageRequest(5))
        await search_plain_table(ADMIN, table, str(new_id()))

    asked = {word for statement in statements for word in re.findall(r"\w+", statement)}
    assert f"FROM {name} " in " ".join(statements)
    assert asked.isdisjoint(others)
    assert "*" not in " ".join(statements)


async def test_each_is_shown_with_its_rows(
    browser: Browser, services: Services, client: httpx.AsyncClient
) -> None:
    world = await build_world(services, await gather_cast(services, client))
    browser.become(await make_reader("ada", staff=(Staff.ADMIN,)))

    listed = await browser.get("/staff/tables")
    shown = {name: await browser.get(f"/staff/tables/{name}") for name in PLAIN_TABLES}

    assert {f"/staff/tables/{name}" for name in PLAIN_TABLES} <= set(listed.links())
    for name, seen in shown.items():
        assert seen.status == 200
        heads = [
            head.text.strip()
            for head in seen.page.find("th")
            if head.attributes.get("scope") == "col"
        ]
        assert heads in ([], list(PLAIN_TABLES[name].columns))
    assert str(world.rows["invoice"]) in shown["invoice"].words
    filled = sum(bool(seen.page.find("tr")) for seen in shown.values())
    assert filled >= 30
    assert await count("audit_event", "action = 'staff.read' AND subject = 'invoice'") == 1


async def test_a_row_is_found_by_its_id(
    browser: Browser, services: Services, client: httpx.AsyncClient
) -> None:
    world = await build_world(services, await gather_cast(services, client))
    browser.become(await make_reader("ada", staff=(Staff.ADMIN,)))

    one = await browser.get(f"/staff/tables/purchase?q={world.rows['purchase']}")
    none = await browser.get(f"/staff/tables/purchase?q={new_id()}")

    assert str(world.rows["purchase"]) in one.words
    assert "No row has this id." in none.words


@pytest.mark.parametrize("typed", ["x", "'", "1e9", "9" * 40, "-1", "\U0010ffff", "0" * 5000])
async def test_odd_ids_find_nothing(services: Services, typed: str) -> None:
    for table in PLAIN_TABLES.values():
        assert (await search_plain_table(ADMIN, table, typed)).rows == []


async def test_rows_are_paged_by_key(services: Services) -> None:
    for name in ("ann", "bob", "cyd", "dan", "eve"):
        await make_reader(name)
    table = PLAIN_TABLES["account"]
    found: list[str | None] = []
    request = PageRequest(2)

    for _ in range(3):
        page = await page_plain_table(ADMIN, table, request)
        found += [row.cells[0] for row in page.rows]
        request = PageRequest(2, page.rows[-1].key)

    assert len(found) == len(set(found)) == 5
    assert found == sorted(found, key=str, reverse=True)


async def test_others_and_other_tables_are_refused(services: Services, browser: Browser) -> None:
    finance = (await make_reader("fin", staff=(Staff.FINANCE,))).actor
    table = PLAIN_TABLES["coupon"]
    browser.become(await make_reader("ada", staff=(Staff.ADMIN,)))

    for name in (*sorted(_NEVER), "pg_shadow", "coupon;--", "pgqueuer"):
        with pytest.raises(NotFound):
            get_plain_table(name)
    assert (await browser.get("/staff/tables/user_session")).status == 404
    with pytest.raises(Forbidden):
        await page_plain_table(finance, table, PageRequest(5))
    with pytest.raises(Forbidden):
        await search_plain_table(finance, table, str(new_id()))
