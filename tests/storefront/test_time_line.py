"""One customer's page: all that happened, in one order, paged by key, by kind and by role."""

import httpx
import pytest

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.core import db
from chenu.core.mail import MailKind, queue_mail
from chenu.core.paging import PageRequest
from chenu.core.time_line import Line
from chenu.flows.customers.time_line import SOURCES, LineKind, list_time_line
from chenu.flows.services import Services
from storefront.time_line_words import TITLES, state_of
from tests.attacks.cast import Cast, gather_cast
from tests.attacks.world import World, build_world
from tests.rows import count
from tests.storefront.browser import Browser
from tests.storefront.visitors import make_reader


@pytest.fixture
async def cast(client: httpx.AsyncClient, services: Services) -> Cast:
    return await gather_cast(services, client)


@pytest.fixture
async def world(services: Services, cast: Cast) -> World:
    return await build_world(services, cast)


async def _whole(cast: Cast, kind: LineKind | None = None) -> list[Line]:
    account_id = cast.buyer.actor.account_id
    assert account_id is not None
    kinds = [kind] if kind else []
    page = await list_time_line(ADMIN_SEEN, account_id, kinds, PageRequest(1000))
    return list(page.rows)


ADMIN_SEEN = Actor(staff=frozenset({Staff.ADMIN}))


async def test_every_feature_gives_its_lines(cast: Cast, world: World) -> None:
    lines = await _whole(cast)
    sources = {line.source for line in lines}

    assert sources >= {
        *("subscription", "invoice", "purchase", "purchase_payment", "dispute", "fraud_warning"),
        *("pack_order", "transaction", "mail", "audit", "support_request"),
    }
    assert len({line.ref for line in lines}) == len(lines)
    assert all(state_of(line, "fr") and TITLES[line.source] for line in lines)


async def test_the_kinds_make_up_the_whole(cast: Cast, world: World) -> None:
    by_kind = [line for kind in LineKind for line in await _whole(cast, kind)]

    assert sorted(line.ref for line in by_kind) == sorted(line.ref for line in await _whole(cast))
    assert set(SOURCES) == set(LineKind)


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_pages_join_without_a_gap_both_ways(cast: Cast, world: World, size: int) -> None:
    account_id = cast.buyer.actor.account_id
    assert account_id is not None
    whole = await _whole(cast)
    forwards: list[Line] = []
    page = await list_time_line(ADMIN_SEEN, account_id, [], PageRequest(size))
    forwards += page.rows
    while page.has_next:
        request = PageRequest(size, page.rows[-1].key)
        page = await list_time_line(ADMIN_SEEN, account_id, [], request)
        forwards += page.rows
    backwards: list[Line] = list(page.rows)
    while page.has_previous:
        request = PageRequest(size, page.rows[0].key, backwards=True)
        page = await list_time_line(ADMIN_SEEN, account_id, [], request)
        backwards = [*page.rows, *backwards]

    assert [line.ref for line in forwards] == [line.ref for line in whole]
    assert [line.ref for line in backwards] == [line.ref for line in whole]
    assert sorted(whole, key=lambda line: (line.at, line.ref), reverse=True) == whole


async def test_lines_of_one_moment_are_not_lost_between_pages(services: Services) -> None:
    person = await make_reader("zoe")
    account_id = person.actor.account_id
    assert account_id is not None
    for number in range(9):
        await queue_mail(MailKind.WELCOME, person.email, "en", f"w{number}", {"email": "x"})
    await db.execute("UPDATE outbox_mail SET created_at = '2026-01-01T00:00:00Z'")
    found: list[str] = []
    request = PageRequest(2)

    for _ in range(5):
        page = await list_time_line(ADMIN_SEEN, account_id, [LineKind.MAIL], request)
        found += [line.ref for line in page.rows]
        request = PageRequest(2, page.rows[-1].key)

    assert len(found) == len(set(found)) == 9


async def test_what_is_of_others_is_not_in_it(cast: Cast, world: World) -> None:
    other = cast.named("other buyer").person
    assert other is not None
    assert other.actor.account_id is not None
    page = await list_time_line(ADMIN_SEEN, other.actor.account_id, [], PageRequest(100))

    mine = {line.ref for line in await _whole(cast)}
    assert mine.isdisjoint({line.ref for line in page.rows})


async def test_acts_of_staff_about_the_customer_are_in_it(
    browser: Browser, services: Services
) -> None:
    person, sam = await make_reader("zoe"), await make_reader("sam", staff=(Staff.SUPPORT,))
    account_id = person.actor.account_id
    assert account_id is not None
    await record_staff_act(sam.actor, StaffAct.OVERRIDE_SET, account_id, "Agreed <i>by phone</i>.")
    browser.become(sam)

    seen = await browser.get(f"/staff/customers/{account_id}?kind=AUDIT")

    assert "Right of an account changed" in seen.words
    assert "Agreed <i>by phone</i>." in seen.words


async def test_amounts_of_the_books_are_for_finance(
    browser: Browser, cast: Cast, world: World
) -> None:
    path = f"/staff/customers/{cast.buyer.actor.account_id}?kind=LEDGER"
    browser.become(await make_reader("sam", staff=(Staff.SUPPORT,)))
    support = await browser.get(path)
    browser.become(await make_reader("fin", staff=(Staff.FINANCE,)))
    finance = await browser.get(path)

    assert "Paid and shared out" in support.words
    assert "€" not in " ".join(cell.text for cell in support.page.find("td"))
    assert "€9.00" in " ".join(cell.text for cell in finance.page.find("td"))


async def test_lines_lead_to_their_pages(browser: Browser, cast: Cast, world: World) -> None:
    browser.become(await make_reader("ada", staff=(Staff.ADMIN,)))

    seen = await browser.get(f"/staff/customers/{cast.buyer.actor.account_id}")

    links = seen.links()
    assert f"/staff/invoices/{world.rows['invoice']}" in links
    assert f"/staff/sales/{world.rows['sale']}" in links
    assert f"/staff/support/{world.rows['support request']}" in links
    broken = [
        link
        for link in dict.fromkeys(links)
        if link.startswith(("/staff/invoices/", "/staff/sales/", "/staff/support/"))
        and (await browser.get(link)).status != 200
    ]
    assert broken == []


async def test_each_opening_is_in_the_audit_trail(browser: Browser, services: Services) -> None:
    person = await make_reader("zoe")
    browser.become(await make_reader("sam", staff=(Staff.SUPPORT,)))

    for query in ("", "?kind=MAIL", "?kind=NONSENSE"):
        assert (
            await browser.get(f"/staff/customers/{person.actor.account_id}{query}")
        ).status == 200

    where = "action = 'staff.read' AND subject = $1"
    assert await count("audit_event", where, str(person.actor.account_id)) == 3
