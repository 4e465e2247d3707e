"""The page of invoices, and their PDFs: for whoever may read the account's invoices, alone."""

import pytest

from chenu.accounts.actor import AccountRole
from chenu.accounts.sessions import choose_account
from chenu.billing.documents import find_document
from chenu.billing.invoices import pdf_path
from chenu.core import db
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import complete, open_plans, start
from tests.people import Person, make_member, make_person
from tests.rows import put
from tests.storefront.browser import Browser
from tests.stripe_side import AWAY, StripeSide


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide, browser: Browser) -> Person:
    await stripe_side.reset()
    person = await open_plans(services)
    browser.become(person)
    await put("app_user", "locale", "en")
    return person


async def pdf_of_invoice() -> str:
    return pdf_path(await db.fetch_value("SELECT id FROM invoice"))


async def test_invoices_are_listed_with_what_they_are_for(
    services: Services, browser: Browser, person: Person
) -> None:
    empty = await browser.get("/account/invoices")
    await complete(services, await start(services, person.actor, TierCode.PRO))

    seen = await browser.get("/account/invoices")

    assert "No invoices yet" in empty.words
    assert "Paid · €29.00, VAT included" in seen.words
    assert "Plan Pro, a month" in seen.words
    assert await db.fetch_value("SELECT number FROM invoice") in seen.words
    assert await pdf_of_invoice() in seen.links()


async def test_the_pdf_is_our_copy_to_be_stored_as_a_file(
    services: Services, browser: Browser, person: Person, stripe_side: StripeSide
) -> None:
    await complete(services, await start(services, person.actor))
    await stripe_side.fail(AWAY, "/*", times=None)

    sent = await browser.get(await pdf_of_invoice())

    number = await db.fetch_value("SELECT number FROM invoice")
    stored = await find_document(await db.fetch_value("SELECT stripe_invoice_id FROM invoice"))
    assert stored is not None
    assert sent.response.content == stored.content
    headers = sent.response.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"] == f'attachment; filename="invoice-{number}.pdf"'
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "private, no-store"


async def test_a_pdf_that_is_not_here_yet_says_where_it_is(
    services: Services, browser: Browser, person: Person, stripe_side: StripeSide
) -> None:
    await stripe_side.fail(AWAY, "/i/*/pdf", times=None)
    await complete(services, await start(services, person.actor))

    seen = await browser.get(await pdf_of_invoice())

    assert seen.status == 202
    assert "on its way" in seen.words
    assert await db.fetch_value("SELECT hosted_url FROM invoice") in seen.links()


async def test_an_invoice_that_is_not_paid_has_no_copy(
    services: Services, browser: Browser, person: Person
) -> None:
    await complete(services, await start(services, person.actor))
    await db.execute("DELETE FROM billing_document")
    await put("invoice", "status", "OPEN")

    seen = await browser.get(await pdf_of_invoice())

    assert seen.status == 202
    assert "once it is paid" in seen.words


@pytest.mark.parametrize(
    ("role", "status"),
    [(AccountRole.OWNER, 200), (AccountRole.BILLING, 200), (AccountRole.MEMBER, 403)],
)
async def test_it_is_for_those_who_may_read_invoices(
    services: Services, browser: Browser, person: Person, role: AccountRole, status: int
) -> None:
    await complete(services, await start(services, person.actor))
    await db.execute("UPDATE account SET seats = 5 WHERE id = $1", person.actor.account_id)
    if role is not AccountRole.OWNER:
        reader = await make_member(person, "reader", role)
        assert person.actor.account_id is not None
        await choose_account(reader.actor, person.actor.account_id)
        browser.become(reader)

    for path in ("/account/invoices", await pdf_of_invoice()):
        assert (await browser.get(path)).status == status


async def test_a_stranger_finds_no_such_invoice(
    services: Services, browser: Browser, person: Person
) -> None:
    await complete(services, await start(services, person.actor))
    browser.become(await make_person("stranger"))

    assert (await browser.get(await pdf_of_invoice())).status == 404


@pytest.mark.parametrize("file", ["x.pdf", ".pdf", "pdf", "{id}.exe", "{id}", "{new}.pdf"])
async def test_what_is_no_name_of_a_pdf_is_not_found(
    services: Services, browser: Browser, person: Person, file: str
) -> None:
    await complete(services, await start(services, person.actor))
    own = await db.fetch_value("SELECT id FROM invoice")

    seen = await browser.get("/account/invoices/" + file.format(id=own, new=new_id()))

    assert seen.status == 404


async def test_the_signed_out_are_sent_to_sign_in(
    services: Services, browser: Browser, person: Person
) -> None:
    await complete(services, await start(services, person.actor))
    path = await pdf_of_invoice()
    browser.forget()

    assert (await browser.get(path)).status in (302, 303, 401)
