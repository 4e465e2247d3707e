"""/account/sla and the desks behind it, sent as a browser without JavaScript does."""

from datetime import timedelta

import pytest

from chenu.accounts.actor import Staff
from chenu.billing.contracts import ContractRow, insert_contract
from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.availability.contracts import contract_of
from tests.availability.test_credits import LAST, account_of, measure
from tests.people import Person, make_person
from tests.rows import count, fingerprint, put
from tests.storefront.browser import Browser


@pytest.fixture
async def customer() -> Person:
    return await _english("customer", TierCode.ENTERPRISE)


async def _english(name: str, tier: TierCode = TierCode.FREE, *staff: Staff) -> Person:
    person = await make_person(name, tier, staff)
    await put("app_user", "locale", "en", "id = $2", person.user_id)
    return person


async def test_the_page_says_what_was_reached_and_staff_confirm_the_credit(
    browser: Browser, services: Services, customer: Person
) -> None:
    finance = await _english("fin", TierCode.FREE, Staff.FINANCE)
    contract = await _enter(customer, finance)
    await measure(down=3)  # of 2,880: 99.895 %
    waiting = await browser.become(customer).get("/account/sla")
    browser.become(finance)
    desk = f"/staff/customers/{contract.account_id}/contracts"
    action = f"/staff/contracts/{contract.id}/credit"
    refused = await browser.submit(await browser.get(desk), action, {"reason": ""})
    done = await browser.follow(await browser.submit(refused, action, {"reason": "§ 7"}))
    confirmed = await browser.become(customer).get("/account/sla")

    assert "99.895" in waiting.words
    assert "waits for our confirmation" in waiting.words
    assert "10% of €" in waiting.words
    assert refused.status == 422
    assert "The credit is confirmed" in done.words
    assert not done.has_form(action)
    assert "confirmed " in confirmed.words


async def test_the_account_reads_why_a_credit_is_refused_and_staff_take_it_back(
    browser: Browser, services: Services, customer: Person
) -> None:
    finance = await _english("fin", TierCode.FREE, Staff.FINANCE)
    contract = await _enter(customer, finance)
    await measure(down=3)
    browser.become(finance)
    desk = f"/staff/customers/{contract.account_id}/contracts"
    action = f"/staff/contracts/{contract.id}/credit"
    page, why = await browser.get(desk), {"reason": "Your own line was down."}
    done = await browser.follow(await browser.submit(page, action, why, to=f"{action}/refuse"))
    refused = await browser.become(customer).get("/account/sla")
    browser.become(finance)
    back = await browser.submit(done, action, {"reason": "§ 7"}, to=f"{action}/take-back")
    taken_back = await browser.follow(back)
    waiting = await browser.become(customer).get("/account/sla")

    assert "The credit is refused" in done.words
    assert "Your own line was down." in refused.words
    assert "10% of €" not in refused.words
    assert "The refusal is taken back" in taken_back.words
    assert "waits for our confirmation" in waiting.words


async def _enter(customer: Person, finance: Person) -> ContractRow:
    ends = LAST.start + timedelta(days=2)
    row = contract_of(LAST.start, ends, account_of(customer), ends, entered_by=finance)
    await insert_contract(row)
    return row


async def test_another_plan_is_led_to_the_one_that_has_it(
    browser: Browser, services: Services
) -> None:
    seen = await browser.become(await _english("small", TierCode.PRO)).get("/account/sla")

    assert seen.status == 402
    assert "Enterprise" in seen.words


async def test_an_incident_goes_from_open_to_resolved_in_both_languages(
    browser: Browser, services: Services
) -> None:
    browser.become(await _english("desk", TierCode.FREE, Staff.SUPPORT))
    desk = await browser.get("/staff/incidents")
    typed = {
        "title_fr": "Lenteurs",
        "title_en": "Slow pages",
        "text_fr": "On cherche.",
        "text_en": "We look into it.",
        "began_at": "2026-11-01T10:00",
        "reason": "Seen by customers.",
    }
    ahead = await browser.submit(
        desk, "/staff/incidents", {**typed, "began_at": "2090-01-01T10:00"}
    )
    opened = await browser.follow(await browser.submit(ahead, "/staff/incidents", typed))
    [action] = [f.action for f in opened.page.forms if f.action.startswith("/staff/incidents/")]
    public = await browser.get("/status")
    update = {"text_fr": "Fini.", "text_en": "It is over.", "reason": "Fixed.", "resolves": "yes"}
    resolved = await browser.follow(await browser.submit(opened, action, update))
    after = await browser.get("/status", **{"accept-language": "en"})

    assert ahead.status == 422
    assert "has begun already" in ahead.words
    assert "We look into it." in public.words
    assert not resolved.has_form(action)
    assert await count("incident", "resolved_at IS NOT NULL") == 1
    assert await count("incident_update") == 2
    assert "It is over." in after.words


async def test_maintenance_is_announced_ahead_or_not_at_all(
    browser: Browser, services: Services
) -> None:
    browser.become(await _english("root", TierCode.FREE, Staff.ADMIN))
    desk = await browser.get("/staff/incidents")
    begins = system_now() + timedelta(days=1)
    typed = {
        "title_fr": "Nouveau disque",
        "title_en": "New disk",
        "starts_at": begins.strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (begins + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
        "reason": "It is full.",
    }
    before = await fingerprint()
    late = [
        await browser.submit(desk, "/staff/maintenance", {**typed, field: value})
        for field, value in (
            ("starts_at", "2026-01-01T10:00"),
            ("ends_at", typed["starts_at"]),
            ("ends_at", "2090-01-01T10:00"),
            ("starts_at", "tomorrow"),
            ("reason", ""),
        )
    ]
    unchanged = await fingerprint() == before
    announced = await browser.follow(await browser.submit(desk, "/staff/maintenance", typed))
    [action] = [f.action for f in announced.page.forms if f.action.endswith("/end")]
    gone = await browser.follow(await browser.submit(announced, action, {"reason": "Later."}))

    assert [seen.status for seen in late] == [422] * 5
    assert unchanged
    assert "The maintenance is announced" in announced.words
    assert not gone.has_form(action)
    assert await count("maintenance", "canceled_at IS NOT NULL") == 1
