"""The page of the books' rules: what holds, what is broken, what was not checked for long."""

from datetime import timedelta

import pytest

from chenu.accounts.actor import Staff
from chenu.core.clock import system_now
from chenu.core.i18n import translate
from chenu.flows.invariants import check_books
from chenu.flows.services import Services
from chenu.flows.stripe_balance import AGREES
from chenu.ledger.findings import record_findings
from chenu.ledger.invariants import Finding
from tests.rows import put
from tests.storefront.browser import Browser
from tests.storefront.visitors import make_reader

HOLDS = Finding("I1", "every ledger transaction has entries and sums to zero per asset", 0, ())
BROKEN = Finding("I3", "no owned account is below zero, and no debt above", 12, ("account <b>",))


@pytest.fixture
async def finance(services: Services, browser: Browser) -> Browser:
    return browser.become(await make_reader("fin", staff=(Staff.FINANCE,)))


async def test_the_page_says_what_holds_and_what_is_broken(finance: Browser) -> None:
    empty = (await finance.get("/staff/books")).words
    await record_findings([HOLDS])
    calm = (await finance.get("/staff/books")).words
    await record_findings([HOLDS, BROKEN])

    seen = (await finance.get("/staff/books")).words

    assert "Not checked yet" in empty
    assert "Every rule holds." in calm
    assert "1 rule is broken." in seen
    assert seen.index("I3 broken") < seen.index("12 rows") < seen.index("I1 holds")
    assert "account <b>" in seen


async def test_a_result_of_hours_ago_says_that_the_worker_is_away(finance: Browser) -> None:
    await record_findings([HOLDS])
    fresh = (await finance.get("/staff/books")).words
    await put("ledger_finding", "checked_at", system_now() - timedelta(hours=3))

    late = (await finance.get("/staff/books")).words

    assert ["is the worker running?" in words for words in (fresh, late)] == [False, True]


@pytest.mark.parametrize("role", [None, Staff.SUPPORT, Staff.REVIEWER], ids=str)
async def test_others_do_not_see_it(
    services: Services, browser: Browser, role: Staff | None
) -> None:
    browser.become(await make_reader("other", staff=(role,) if role else ()))

    assert (await browser.get("/staff/books")).status == 403


async def test_every_rule_is_said_in_french(services: Services) -> None:
    english = [finding.description for finding in await check_books()]

    same = [words for words in (*english, AGREES) if translate("fr", words) == words]

    assert same == []
