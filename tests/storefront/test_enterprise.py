"""ENTERPRISE: an offer is asked for, staff read it, and enter a contract."""

import pytest

from chenu.accounts.actor import Staff
from chenu.tiers.catalogue import TierCode
from tests.rows import count
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.visitors import make_reader

TYPED = {
    "name": "Ada",
    "company": "Ada SARL",
    "email": "ada@example.org",
    "seats": "25",
    "message": "We need seats.",
}
CONTRACT = {
    "reason": "Signed.",
    "reference": "C-1",
    "amount": "1200,00",
    "billing_interval": "MONTH",
    "seats": "40",
    "api_calls": "",
    "api_rate": "3000",
    "starts_at": "2026-01-01",
    "ends_at": "2090-01-01",
}


def _is_marked(seen: Seen, control: str) -> bool:
    """Whether the error stands at this control."""
    found = [*seen.page.find("input", id=control), *seen.page.find("textarea", id=control)]
    found += seen.page.find("select", id=control)
    return any(each.attributes.get("aria-invalid") == "true" for each in found)


async def test_an_inquiry_reaches_the_desk_and_is_closed(
    browser: Browser, open_browser: OpenBrowser
) -> None:
    page = await browser.get("/enterprise")
    sent = await browser.follow(await browser.submit(page, "/enterprise", TYPED))
    assert "within two days of work" in sent.words
    desk = (await open_browser()).become(await make_reader("sam", staff=(Staff.SUPPORT,)))
    queue = await desk.get("/staff/inquiries")
    assert "Ada SARL" in queue.words

    [action] = [form.action for form in queue.page.forms if form.action.endswith("/close")]
    closed = await desk.follow(await desk.submit(queue, action, {"reason": "Answered."}))

    assert "Every inquiry is closed." in closed.words
    assert await count("enterprise_inquiry", "closed_at IS NOT NULL") == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("company", "x" * 81),
        ("email", "nobody"),
        ("seats", "many"),
        ("seats", "0"),
        ("message", ""),
    ],
    ids=str,
)
async def test_a_bad_inquiry_is_refused_at_its_field(
    browser: Browser, fingerprint: Fingerprint, field: str, value: str
) -> None:
    before = await fingerprint()
    page = await browser.get("/enterprise")

    refused = await browser.submit(page, "/enterprise", {**TYPED, field: value})

    assert refused.status == 422
    assert _is_marked(refused, f"offer-{field}")
    assert await fingerprint() == before


async def test_a_program_that_fills_every_field_is_thanked_and_ignored(browser: Browser) -> None:
    page = await browser.get("/enterprise")

    await browser.submit(page, "/enterprise", {**TYPED, "website": "https://spam.example"})

    assert await count("enterprise_inquiry") == 0


async def test_an_address_asks_three_times_a_day(browser: Browser) -> None:
    page = await browser.get("/enterprise")
    for _ in range(3):
        await browser.submit(page, "/enterprise", TYPED)

    refused = await browser.submit(page, "/enterprise", TYPED)

    assert refused.status == 429
    assert await count("enterprise_inquiry") == 3


async def test_a_contract_is_entered_shown_to_the_customer_and_ended(
    browser: Browser, open_browser: OpenBrowser
) -> None:
    customer = await make_reader("zoe", TierCode.FREE)
    desk = (await open_browser()).become(await make_reader("fin", staff=(Staff.FINANCE,)))
    path = f"/staff/customers/{customer.actor.account_id}/contracts"
    page = await desk.get(path)

    entered = await desk.follow(await desk.submit(page, path, CONTRACT))

    assert "C-1" in entered.words
    browser.become(customer)
    assert "Contract C-1" in (await browser.get("/account/plan")).words
    [action] = [form.action for form in entered.page.forms if form.action.endswith("/end")]
    ended = await desk.follow(await desk.submit(entered, action, {"reason": "Agreed."}))
    assert "Agreed." in ended.words
    assert "Contract C-1" not in (await browser.get("/account/plan")).words


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reference", ""),
        ("amount", "much"),
        ("billing_interval", "WEEK"),
        ("seats", "0"),
        ("api_rate", "x"),
        ("starts_at", ""),
        ("ends_at", "2026-01-01"),
    ],
    ids=str,
)
async def test_a_bad_contract_is_refused_at_its_field(
    browser: Browser, fingerprint: Fingerprint, field: str, value: str
) -> None:
    customer = await make_reader("zoe", TierCode.FREE)
    browser.become(await make_reader("fin", staff=(Staff.FINANCE,)))
    path = f"/staff/customers/{customer.actor.account_id}/contracts"
    page = await browser.get(path)
    before = await fingerprint()

    refused = await browser.submit(page, path, {**CONTRACT, field: value})

    assert refused.status == 422
    assert _is_marked(refused, f"contract-{field}")
    assert await fingerprint() == before
