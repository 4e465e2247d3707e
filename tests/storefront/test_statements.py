"""Creators' statements on pages and as PDFs: for their creator and the finance desk alone."""

import pytest

from chenu.accounts.actor import Staff
from chenu.agents.statements import StatementRow
from chenu.flows.creators.statements import make_due_statements
from chenu.flows.services import Services
from storefront.routes import creator_statements
from tests.agents.legal import put_statement
from tests.attacks.payloads import PAYLOADS
from tests.flows.sales import Market, another_agent, buy, open_market
from tests.flows.statements import creator_of, make_statement, next_month
from tests.people import make_creator
from tests.rows import count, put
from tests.storefront.browser import Browser
from tests.storefront.test_pdf_documents import HOSTILE, needs_pango
from tests.storefront.test_pdf_documents import _pango as _pango
from tests.storefront.test_tokens import squeeze
from tests.storefront.visitors import make_reader
from tests.stripe_side import StripeSide

EARNINGS = "/creator/earnings"


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    market = await open_market(services)
    await put("app_user", "locale", "en")
    return market


@pytest.fixture
async def statement(services: Services, market: Market) -> StatementRow:
    """Of one sale of 9.99 €, of which 7.00 € are the creator's, transferred."""
    await buy(services, market)
    return await make_statement(services, market.creator)


@pytest.fixture
async def desk(browser: Browser, market: Market) -> Browser:
    return browser.become(market.creator)


def page_of(statement: StatementRow) -> str:
    return f"/creator/statements/{statement.id}"


async def test_a_creator_finds_it_beside_the_earnings(
    desk: Browser, statement: StatementRow
) -> None:
    earnings = await desk.get(EARNINGS)
    seen = await desk.get(page_of(statement))

    words = squeeze(seen.words)
    assert {page_of(statement), f"{page_of(statement)}/pdf"} <= set(earnings.links())
    assert "SB-00001-0001" in earnings.words
    assert "Self-billed invoice, made out by CHE·NU SAS" in seen.words
    assert "on behalf of Atelier Nord SARL" in seen.words
    assert "VAT number FR12000000000" in seen.words
    assert squeeze("Sales 1 €9.99 €0.00 €2.99 €7.00") in words
    assert squeeze("VAT at 20% €1.17") in words


async def test_it_is_french_for_who_reads_french(desk: Browser, statement: StatementRow) -> None:
    await put("app_user", "locale", "fr")

    seen = await desk.get(page_of(statement))

    assert "au nom et pour le compte du fournisseur Atelier Nord SARL" in seen.words
    assert "La part comprend la TVA." in seen.words


async def test_many_are_shown_page_by_page(
    services: Services,
    desk: Browser,
    market: Market,
    statement: StatementRow,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(creator_statements, "_PAGE_SIZE", 1)
    await buy(services, await another_agent(services, market), "key-2")
    next_month()
    await make_due_statements(services)

    first = await desk.get(EARNINGS)
    [more] = [link for link in first.links() if "statements_after" in link]
    second = await desk.get(more)

    assert ("SB-00001-0002" in first.words, "SB-00001-0001" in first.words) == (True, False)
    assert "SB-00001-0001" in second.words
    assert (await desk.get(f"{EARNINGS}?statements_after=x")).status == 400


@needs_pango
async def test_the_pdf_is_a_document_for_download(desk: Browser, statement: StatementRow) -> None:
    sent = await desk.get(f"{page_of(statement)}/pdf")

    headers = sent.response.headers
    assert sent.response.content.startswith(b"%PDF-")
    assert headers["content-disposition"] == 'attachment; filename="chenu-SB-00001-0001.pdf"'
    assert "no-store" in headers["cache-control"]


@needs_pango
async def test_what_people_wrote_is_text_in_the_pdf(desk: Browser, market: Market) -> None:
    hostile = HOSTILE + "\n".join(PAYLOADS)
    made = await put_statement(
        await creator_of(market.creator), supplier_name=hostile, supplier_address=hostile
    )

    sent = await desk.get(f"/creator/statements/{made}/pdf")

    assert sent.response.content.startswith(b"%PDF-")
    assert b"/JavaScript" not in sent.response.content
    assert b"/EmbeddedFile" not in sent.response.content


async def test_where_no_pdf_can_be_made_the_page_is_named(
    desk: Browser, statement: StatementRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where WeasyPrint is not installed: its process ends with this status."""
    monkeypatch.setattr("storefront.pdf_process.NOT_INSTALLED", 0)

    missing = await desk.get(f"{page_of(statement)}/pdf")

    assert missing.status == 503


async def test_nobody_else_finds_it(
    services: Services, browser: Browser, statement: StatementRow
) -> None:
    other, _ = await make_creator(services, "second")
    found = []

    for person in (other, await make_reader("reader")):
        browser.become(person)
        found += [
            (await browser.get(f"{page_of(statement)}{part}")).status for part in ("", "/pdf")
        ]

    assert found == [404] * 4


async def test_the_finance_desk_reads_all_and_that_is_noted(
    browser: Browser, statement: StatementRow
) -> None:
    browser.become(await make_reader("finance", staff=(Staff.FINANCE,)))

    listed = await browser.get("/staff/statements")
    seen = await browser.get(f"/staff/statements/{statement.id}")

    assert f"/staff/statements/{statement.id}" in listed.links()
    assert "Atelier Nord SARL" in listed.words
    assert "SB-00001-0001" in seen.words
    assert await count("audit_event", "action = 'staff.read'") == 2
