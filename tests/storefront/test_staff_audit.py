"""The audit trail of staff: for administrators, by what was done and by whom, paged by key."""

import pytest

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.staff_acts import ActFilter, StaffAct, list_staff_acts, record_staff_act
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from tests.people import Person
from tests.rows import count
from tests.storefront.browser import Browser
from tests.storefront.visitors import make_reader


@pytest.fixture
async def desk(browser: Browser, services: Services) -> Browser:
    return browser.become(await make_reader("ada", staff=(Staff.ADMIN,)))


async def _act(
    person: Person, act: StaffAct, subject: str, reason: str = "Asked by phone."
) -> None:
    await record_staff_act(person.actor, act, subject, reason, before="off", after="on")


async def test_an_act_is_shown_with_who_what_when_and_why(desk: Browser) -> None:
    sam = await make_reader("sam", staff=(Staff.FINANCE,))
    await _act(sam, StaffAct.COUPON_CREATE, "SPRING", "<b>Trade fair</b>")

    seen = await desk.get("/staff/audit")

    assert "Sam" in seen.words
    assert "Coupon made" in seen.words
    assert "SPRING" in seen.words
    assert "off → on" in seen.words
    assert "<b>Trade fair</b>" in seen.words
    assert "UTC" in seen.words
    assert await count("audit_event", "action = 'staff.read' AND subject = 'audit_event'") == 1


async def test_acts_are_chosen_by_what_and_by_who(desk: Browser) -> None:
    sam = await make_reader("sam", staff=(Staff.FINANCE,))
    zoe = await make_reader("zoe", staff=(Staff.FINANCE,))
    await _act(sam, StaffAct.COUPON_CREATE, "OF-SAM")
    await _act(sam, StaffAct.COUPON_DEACTIVATE, "GONE-SAM")
    await _act(zoe, StaffAct.COUPON_CREATE, "OF-ZOE")

    made = await desk.get("/staff/audit?act=coupon.create")
    of_sam = await desk.get(f"/staff/audit?act=coupon.create&email={sam.email}")
    unknown = await desk.get("/staff/audit?act=no.such.act&email=nobody@example.org")

    assert "OF-SAM" in made.words
    assert "OF-ZOE" in made.words
    assert "GONE-SAM" not in made.words
    assert "OF-SAM" in of_sam.words
    assert "OF-ZOE" not in of_sam.words
    assert "Nothing found" in unknown.words


async def test_the_list_is_paged_by_key(services: Services) -> None:
    sam = await make_reader("sam", staff=(Staff.FINANCE,))
    for number in range(5):
        await _act(sam, StaffAct.COUPON_CREATE, f"CODE-{number}")

    first = await list_staff_acts(ActFilter(), PageRequest(2))
    last = first.rows[-1]
    second = await list_staff_acts(ActFilter(), PageRequest(2, (str(last.id), str(last.id))))

    assert [row.subject for row in first.rows] == ["CODE-4", "CODE-3"]
    assert [row.subject for row in second.rows] == ["CODE-2", "CODE-1"]
    assert first.has_next


async def test_what_people_do_for_themselves_is_not_in_it(desk: Browser) -> None:
    assert "Nothing found" in (await desk.get("/staff/audit")).words


async def test_an_operator_is_named_as_at_the_command_line(services: Services) -> None:
    operator = Actor(ip="command line")
    await record_staff_act(
        operator, StaffAct.OPERATION_RETRY, "op", "Stripe was away.", operator="root"
    )

    [row] = (await list_staff_acts(ActFilter(), PageRequest(5))).rows

    assert (row.name, row.operator, row.ip) == (None, "root", "command line")
