"""The withdrawal function on pages: in every footer, two steps, signed in and signed out."""

import pytest

from chenu.accounts.actor import Staff
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import advance, catch_up, open_paid_plan, open_plans, tier_of
from tests.people import Person, make_person
from tests.rows import count, mails_to, put
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint
from tests.storefront.visitors import make_reader
from tests.stripe_side import StripeSide

FORM = "/account/withdraw"


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide, browser: Browser) -> Person:
    """Somebody with a paid PRO; nobody is signed in here."""
    await stripe_side.reset()
    person = await open_paid_plan(services, TierCode.PRO)
    await put("app_user", "locale", "en")
    return person


async def words_of(person: Person, **changes: str) -> dict[str, str]:
    number = await db.fetch_value("SELECT number FROM invoice")
    return {"name": "Zoe", "contract": str(number), "email": person.email, **changes}


async def send(browser: Browser, typed: dict[str, str]) -> Seen:
    """The first step, from the link in the footer."""
    home = await browser.get("/")
    assert FORM in home.links()
    return await browser.submit(await browser.get(FORM), FORM, typed)


@pytest.mark.parametrize("path", ["/", "/pricing", "/agents", "/terms", "/sign-in", "/support"])
@pytest.mark.parametrize(
    ("locale", "words"),
    [("en", "withdraw from contract here"), ("fr", "se rétracter du contrat ici")],
)
async def test_every_footer_has_the_words_of_the_law(
    browser: Browser, services: Services, path: str, locale: str, words: str
) -> None:
    browser.client.headers["accept-language"] = locale

    seen = await browser.get(path)

    assert words in seen.page.words("footer")
    assert FORM in seen.links()


async def test_signed_out_a_withdrawal_has_two_steps(browser: Browser, person: Person) -> None:
    step = await send(browser, await words_of(person))
    assert "confirm withdrawal" in step.words
    assert await count("withdrawal_statement") == 0

    done = await browser.follow(await browser.submit(step, f"{FORM}/confirm"))

    assert "We have your withdrawal" in done.words
    assert (await mails_to(person.email)).count("WITHDRAWAL_RECEIVED") == 1
    assert await count("withdrawal_statement", "state = 'EXECUTED'") == 1


async def test_the_words_of_the_law_in_french(browser: Browser, person: Person) -> None:
    browser.client.headers["accept-language"] = "fr"

    step = await send(browser, await words_of(person))

    assert "confirmer la rétractation" in step.words


async def test_the_answer_does_not_tell_whether_a_contract_exists(
    browser: Browser, person: Person, services: Services
) -> None:
    answers = []
    for changes in ({}, {"contract": "CHENU-9999"}, {"email": "nobody@example.org"}):
        step = await send(browser, await words_of(person, **changes))
        sent = await browser.submit(step, f"{FORM}/confirm")
        answers.append((sent.status, sent.location, (await browser.follow(sent)).words))

    assert len(set(answers)) == 1


async def test_signed_in_the_contract_is_chosen_from_a_list(
    browser: Browser, person: Person, services: Services
) -> None:
    browser.become(person)
    listed = await browser.get(FORM)
    assert "would come back" in listed.words
    [link] = [each for each in listed.links() if each.startswith(f"{FORM}/")]

    step = await browser.get(link)
    assert "€29.00 come back" in step.words
    done = await browser.follow(await browser.submit(step, link))
    await catch_up(services)

    assert "You have withdrawn" in done.words
    assert await tier_of(person) == "FREE"
    after = await browser.get(FORM)
    assert "It has ended." in after.words
    assert "You withdrew from the contract" in after.words


async def test_too_late_leads_to_cancellation_and_help(
    browser: Browser, person: Person, services: Services, fingerprint: Fingerprint
) -> None:
    await advance(services, 20)
    browser.become(person)
    listed = await browser.get(FORM)
    assert "The 14 days are over" in listed.words
    plan = await db.fetch_value("SELECT id FROM subscription")

    step = await browser.get(f"{FORM}/{plan}")

    assert not step.has_form(f"{FORM}/{plan}")
    assert {"/account/plan", "/support"} <= set(step.links())


async def test_a_late_click_is_refused_in_words(
    browser: Browser, person: Person, services: Services
) -> None:
    """The page was opened in time."""
    browser.become(person)
    plan = await db.fetch_value("SELECT id FROM subscription")
    step = await browser.get(f"{FORM}/{plan}")
    await advance(services, 20)

    seen = await browser.submit(step, f"{FORM}/{plan}")

    assert seen.status == 409
    assert "cancel it at the end of its period" in seen.words
    assert await tier_of(person) == "PRO"


BAD = {
    "no name": ({"name": ""}, "name"),
    "no contract": ({"contract": " "}, "contract"),
    "no address": ({"email": "zoe"}, "email"),
    "a long contract": ({"contract": "x" * 121}, "contract"),
}


@pytest.mark.parametrize(("changes", "field"), BAD.values(), ids=BAD.keys())
async def test_bad_input_is_named_at_its_field(
    browser: Browser,
    person: Person,
    fingerprint: Fingerprint,
    changes: dict[str, str],
    field: str,
) -> None:
    before = await fingerprint()

    seen = await send(browser, await words_of(person, **changes))

    assert seen.status == 422
    assert f"#withdraw-{field}" in seen.links()
    assert await fingerprint() == before


async def test_guessing_is_stopped_with_the_time_to_wait(browser: Browser, person: Person) -> None:
    for number in range(5):
        step = await send(browser, await words_of(person, contract=f"CHENU-{number}"))
        await browser.submit(step, f"{FORM}/confirm")
    step = await send(browser, await words_of(person))

    seen = await browser.submit(step, f"{FORM}/confirm")

    assert seen.status == 429
    assert int(seen.response.headers["retry-after"]) > 0


async def test_the_box_to_start_at_once_is_not_ticked(
    browser: Browser, services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    person = await open_plans(services)
    await put("app_user", "locale", "en")
    browser.become(person)
    page = await browser.get("/account/plan")
    [box] = page.page.find("input", id="plan-start_now")
    assert "checked" not in box.attributes

    await browser.submit(page, "/account/plan/start", {"tier": "PRO"})
    assert await count("subscription_order", "NOT starts_now") == 1
    page = await browser.get("/account/plan")
    await browser.submit(page, "/account/plan/start", {"tier": "PRO", "start_now": "on"})

    assert await count("subscription_order", "starts_now AND status = 'PENDING'") == 1


@pytest.fixture
async def desk(browser: Browser, services: Services, person: Person) -> Browser:
    """The support desk, with a statement that names no contract."""
    step = await send(browser, await words_of(person, contract="my plan"))
    await browser.submit(step, f"{FORM}/confirm")
    return browser.become(await make_reader("sam", staff=(Staff.SUPPORT,)))


async def open_statement(desk: Browser) -> Seen:
    queue = await desk.get("/staff/withdrawals")
    [link] = [each for each in queue.links() if each.startswith("/staff/withdrawals/")]
    return await desk.get(link)


async def test_the_desk_finds_the_contract_and_carries_it_out(
    desk: Browser, services: Services, person: Person
) -> None:
    opened = await open_statement(desk)
    [form] = [each.action for each in opened.page.forms if each.action.endswith("/execute")]

    done = await desk.follow(await desk.submit(opened, form, {"reason": "Same address."}))
    await catch_up(services)

    assert "carried out" in done.words
    assert "Nothing waits" in done.words
    assert await tier_of(person) == "FREE"


async def test_the_desk_refuses_with_a_reason(desk: Browser, person: Person) -> None:
    opened = await open_statement(desk)
    [form] = [each.action for each in opened.page.forms if each.action.endswith("/refuse")]
    bare = await desk.submit(opened, form, {"reason": " "})
    assert bare.status == 422

    await desk.submit(opened, form, {"reason": "We found no contract."})

    assert (await mails_to(person.email)).count("WITHDRAWAL_REFUSED") == 1


@pytest.mark.parametrize("contract", ["", "x", "0190f0a0-0000-7000-8000-000000000001"])
async def test_the_desk_s_choice_is_one_of_the_contracts(
    desk: Browser, person: Person, contract: str
) -> None:
    opened = await open_statement(desk)
    [form] = [each.action for each in opened.page.forms if each.action.endswith("/execute")]

    seen = await desk.submit(opened, form, {"contract_id": contract, "reason": "Same address."})

    assert seen.status in (404, 422)
    assert await tier_of(person) == "PRO"


async def test_others_do_not_see_the_queue(browser: Browser, services: Services) -> None:
    browser.become(await make_person("other"))

    assert (await browser.get("/staff/withdrawals")).status == 403
