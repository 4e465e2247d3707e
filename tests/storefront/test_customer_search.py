"""One field finds a customer by whatever is known: every id, number, code and address."""

import re
from urllib.parse import quote

import httpx
import pytest

from chenu.accounts.actor import Staff
from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.references import Form, Reference
from chenu.flows.customers.search import MOST_FOUND, REFERENCES, find_customers
from chenu.flows.services import Services
from storefront.time_line_words import found_as
from tests.api.calls import gid
from tests.attacks.cast import Cast, gather_cast
from tests.attacks.world import World, build_world
from tests.rows import count
from tests.storefront.browser import Browser
from tests.storefront.visitors import make_reader

_TABLE = re.compile(r"FROM (\w+)(?: (\w))?")
_SOMEBODYS = {
    "operation": " AND account_id IS NOT NULL",
    "withdrawal": " AND account IS NOT NULL",
    "agent": " AND account IS NOT NULL",
}
"""Some rows of these tables are nobody's."""
_COLUMN = re.compile(r"WHERE (?:\w\.)?(\w+) = ")


@pytest.fixture
async def cast(client: httpx.AsyncClient, services: Services) -> Cast:
    return await gather_cast(services, client)


@pytest.fixture
async def world(services: Services, cast: Cast) -> World:
    return await build_world(services, cast)


async def _sample(reference: Reference) -> str | None:
    """A value that the reference must find, from the table that its SQL asks."""
    table, column = _TABLE.search(reference.sql), _COLUMN.search(reference.sql)
    assert table is not None
    assert column is not None
    begins = tuple(reference.prefixes)
    sql = f"SELECT {column[1]}::text FROM {table[1]} WHERE {column[1]} IS NOT NULL"  # noqa: S608 - names of ours
    sql += _SOMEBODYS.get(reference.what, "")
    conditions = " OR ".join(f"{column[1]}::text LIKE '{each}%'" for each in begins)
    value = await db.fetch_value(f"{sql}{f' AND ({conditions})' if begins else ''} LIMIT 1")
    return None if value is None else str(value)


async def test_each_reference_finds_whom_it_says(world: World) -> None:
    samples = {reference: await _sample(reference) for reference in REFERENCES}

    lost = [
        (reference.what, reference.form.value, sample)
        for reference, sample in samples.items()
        if sample is not None
        and not any(reference.what in each.as_what for each in await find_customers(sample))
    ]

    assert lost == []
    assert sum(sample is not None for sample in samples.values()) >= 40
    assert {reference.form for reference, found in samples.items() if found} == set(Form)


def test_all_that_is_found_has_words() -> None:
    assert all(found_as(reference.what, "en") for reference in REFERENCES)


async def test_whoever_is_found_alone_is_opened(browser: Browser, cast: Cast, world: World) -> None:
    browser.become(await make_reader("sam", staff=(Staff.SUPPORT,)))
    page = f"/staff/customers/{cast.buyer.actor.account_id}"
    prefix = await db.fetch_value("SELECT prefix FROM api_key WHERE id = $1", world.rows["api key"])
    typed = {
        "an id": str(world.rows["invoice"]),
        "a global id": gid("Purchase", world.rows["purchase"]),
        "an address": "buyer@example.org",
        "an address in capitals": "  BUYER@example.org ",
        "the beginning of an address": "buy",
        "the beginning of a key": prefix,
        "a whole key": f"{prefix}{'x' * 37}",
    }

    opened = {
        name: (await browser.get(f"/staff/customers?q={quote(text)}")).location
        for name, text in typed.items()
    }

    assert opened == dict.fromkeys(typed, page)


async def test_several_are_listed_with_what_was_found(browser: Browser) -> None:
    browser.become(await make_reader("sam", staff=(Staff.SUPPORT,)))
    zoe, zora = await make_reader("zoe"), await make_reader("zora")

    seen = await browser.get("/staff/customers?q=zo")

    assert f"/staff/customers/{zoe.actor.account_id}" in seen.links()
    assert f"/staff/customers/{zora.actor.account_id}" in seen.links()
    assert "Beginning of an e-mail address" in seen.words
    where = "action = 'staff.read' AND subject = ANY($1)"
    subjects = [str(zoe.actor.account_id), str(zora.actor.account_id)]
    assert await count("audit_event", where, subjects) == 2


async def test_no_more_than_a_page_is_found(services: Services) -> None:
    await make_reader("zoe")
    sql = """
        INSERT INTO app_user (id, email, display_name, password_hash, created_at)
        SELECT gen_random_uuid(), 'many' || n || '@example.org', 'Many', '', now()
        FROM generate_series(1, 30) AS n
    """
    await db.execute(sql)
    sql = """
        INSERT INTO account (id, name, owner, created_at)
        SELECT gen_random_uuid(), 'Many', id, now() FROM app_user WHERE email LIKE 'many%'
    """
    await db.execute(sql)

    assert len(await find_customers("many")) == MOST_FOUND


async def test_old_addresses_lead_on(browser: Browser) -> None:
    browser.become(await make_reader("ada", staff=(Staff.ADMIN,)))
    account_id = new_id()

    leads = {
        path: (await browser.get(path)).location
        for path in (
            "/staff/accounts",
            "/staff/accounts?email=zoe%2Bx@example.org",
            f"/staff/accounts/{account_id}",
            f"/staff/accounts/{account_id}/invoices",
            f"/staff/accounts/{account_id}/contracts",
        )
    }

    assert list(leads.values()) == [
        "/staff/customers",
        "/staff/customers?q=zoe%2Bx%40example.org",
        f"/staff/customers/{account_id}",
        f"/staff/customers/{account_id}/invoices",
        f"/staff/customers/{account_id}/contracts",
    ]


async def test_finance_reads_and_sets_nothing(browser: Browser) -> None:
    person = await make_reader("zoe")
    browser.become(await make_reader("fin", staff=(Staff.FINANCE,)))
    page = f"/staff/customers/{person.actor.account_id}"

    seen = await browser.get(page)

    assert seen.status == 200
    assert not seen.has_form(f"{page}/overrides")
    assert f"{page}/contracts" in seen.links()
    assert f"{page}/invoices" not in seen.links()


async def test_a_call_to_stripe_for_nobody_is_opened_for_finance(
    browser: Browser, services: Services
) -> None:
    operation_id = new_id()
    sql = """
        INSERT INTO operation (id, kind, business_key, state, created_at)
        VALUES ($1, 'COUPON', 'coupon:x', 'SETTLED', now())
    """
    await db.execute(sql, operation_id)
    fin, sam = (
        await make_reader("fin", staff=(Staff.FINANCE,)),
        await make_reader("sam", staff=(Staff.SUPPORT,)),
    )

    browser.become(fin)
    opened = await browser.get(f"/staff/customers?q={operation_id}")
    browser.become(sam)
    listed = await browser.get(f"/staff/customers?q={operation_id}")

    assert opened.location == f"/staff/payments/operations/{operation_id}"
    assert "Nothing found" in listed.words


@pytest.mark.parametrize(
    "typed", ["", " ", "%", "_", "z", "\U0010ffff", "\udc80", "in_", "VXNlcjox"]
)
async def test_odd_texts_find_nobody(services: Services, typed: str) -> None:
    await make_reader("zoe")

    assert await find_customers(typed) == []
