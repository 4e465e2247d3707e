"""Help: answers for everybody, requests for the plans that have a desk, and the desk itself."""

import pytest

from chenu.accounts.actor import Staff
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.rows import count
from tests.storefront.browser import Browser
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.visitors import make_reader


async def test_everybody_reads_the_answers_and_a_visitor_may_sign_in(browser: Browser) -> None:
    seen = await browser.get("/support")

    assert "How do I cancel?" in seen.words
    assert "/sign-in?next=%2Fsupport" in seen.links()
    assert not seen.has_form("/support")


async def test_a_free_plan_has_the_answers_and_no_form(
    browser: Browser, fingerprint: Fingerprint
) -> None:
    browser.become(await make_reader("free", TierCode.FREE))
    before = await fingerprint()

    seen = await browser.get("/support")

    assert "From the Starter plan on" in seen.words
    assert not seen.has_form("/support")
    assert await fingerprint() == before


async def test_a_request_is_asked_answered_and_closed(
    browser: Browser, open_browser: OpenBrowser, services: Services
) -> None:
    browser.become(await make_reader("pro", TierCode.PRO))
    typed = {"subject": "My invoice", "body": "Where is it?\nThanks."}
    page = await browser.get("/support")
    assert "within 8 hours of work" in page.words
    mine = await browser.follow(await browser.submit(page, "/support", typed))
    assert "My invoice" in mine.words
    assert "waits for us" in mine.words
    desk = (await open_browser()).become(await make_reader("sam", staff=(Staff.SUPPORT,)))

    queue = await desk.get("/staff/support")
    [link] = [link for link in queue.links() if link.startswith("/staff/support/")]
    opened = await desk.get(link)
    answered = await desk.follow(
        await desk.submit(
            opened, f"{link}/answer", {"answer": "In your account.", "reason": "Found."}
        )
    )
    closed = await desk.follow(await desk.submit(answered, f"{link}/close", {"reason": "Done."}))

    assert "Nothing waits" in closed.words
    assert "In your account." in (await browser.get("/support")).words
    assert await count("audit_event", "action = 'staff.read' AND detail ->> 'what' = 'support'") > 0


@pytest.mark.parametrize("field", ["subject", "body"])
async def test_a_missing_field_is_shown_beside_it(browser: Browser, field: str) -> None:
    browser.become(await make_reader("pro", TierCode.PRO))
    typed = {"subject": "My invoice", "body": "Where is it?", field: ""}

    seen = await browser.submit(await browser.get("/support"), "/support", typed)

    assert seen.status == 422
    marked = seen.page.find("input" if field == "subject" else "textarea", id=f"support-{field}")
    assert marked[0].attributes["aria-invalid"] == "true"
    assert await count("support_request") == 0


async def test_the_desk_is_for_the_support_team(browser: Browser) -> None:
    browser.become(await make_reader("rita", staff=(Staff.REVIEWER,)))

    assert (await browser.get("/staff/support")).status == 403
    assert "/staff/support" not in (await browser.get("/")).links()
