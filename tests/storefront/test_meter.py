"""The token meter: on every page of who is signed in, by one read, and for nobody else."""

from datetime import timedelta
from typing import Any

import pytest

from chenu.accounts.actor import AccountRole
from chenu.accounts.budget_dates import mark_budget_due
from chenu.accounts.sessions import choose_account
from chenu.core import db
from chenu.core.clock import business_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu.tokens.grants import GrantKind
from chenu.tokens.meter import read_meter
from tests.api.calls import counted_statements
from tests.flows.packs import open_packs
from tests.people import Person, make_member, make_person, make_published_agent
from tests.rows import put
from tests.storefront.browser import Browser, Seen
from tests.storefront.token_lives import account_of, give, give_budget, owe, run
from tests.storefront.visitors import make_reader, make_seller
from tests.stripe_side import StripeSide

PAGES = ["/", "/agents", "/pricing", "/library", "/account", "/account/plan", "/tokens", "/support"]


@pytest.fixture
async def person(services: Services, browser: Browser) -> Person:
    reader = await make_reader("zoe", TierCode.PRO)
    browser.become(reader)
    return reader


def meter_of(seen: Seen) -> str:
    return " ".join(seen.page.find("div", id="meter")[0].text.split())


def bars_of(seen: Seen) -> list[dict[str, Any]]:
    return [dict(each.attributes) for each in seen.page.find("progress")]


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_of_who_is_signed_in_has_it(
    browser: Browser, person: Person, path: str
) -> None:
    await give_budget(person, 500)
    await run(person, 120)

    seen = await browser.get(path)

    assert meter_of(seen) == "380 tokens · left to spend"
    bar = bars_of(seen)[0]
    assert (bar["max"], bar["value"]) == ("500", "120")
    assert bar["aria-label"] == "120 of 500 tokens of this month used"


async def test_a_page_that_is_missing_has_it_too(browser: Browser, person: Person) -> None:
    await give(person, 5)

    seen = await browser.get("/agents/nothing")

    assert (seen.status, meter_of(seen)) == (404, "5 tokens · left to spend")


@pytest.mark.parametrize("path", ["/", "/agents", "/pricing"])
async def test_pages_of_strangers_have_none_and_stay_cacheable(
    browser: Browser, services: Services, path: str
) -> None:
    async with counted_statements() as statements:
        seen = await browser.get(path)

    assert seen.page.find("div", id="meter") == []
    assert "hx-sse" not in seen.response.text
    assert seen.response.headers["cache-control"] == "no-cache"
    assert [each for each in statements if "token_grant" in each] == []


@pytest.mark.parametrize("path", ["/", "/account", "/library"])
async def test_it_costs_one_statement(browser: Browser, person: Person, path: str) -> None:
    await give_budget(person, 500)

    async with counted_statements() as statements:
        seen = await browser.get(path)

    assert seen.status == 200
    assert len([each for each in statements if "token_balance" in each]) == 1


async def test_files_and_fragments_do_not_ask_for_it(
    browser: Browser, services: Services, person: Person
) -> None:
    agent = await make_published_agent(services, await make_seller(services))

    async with counted_statements() as statements:
        for path in ("/favicon.svg", f"/icons/{agent.id}.svg", "/robots.txt"):
            assert (await browser.get(path)).status == 200
        await browser.get("/agents", hx_request="true", hx_request_type="partial")

    assert [each for each in statements if "token_grant" in each] == []


async def test_the_read_finds_its_rows_by_indexes(services: Services, person: Person) -> None:
    await give_budget(person, 500)
    async with counted_statements() as statements:
        await read_meter(account_of(person))
    [statement, *_] = statements

    async def explain() -> str:
        await db.execute("SET LOCAL enable_seqscan = off")
        sql = statement.replace("$1", f"'{account_of(person)}'::uuid").replace("$2", "now()")
        plan = await db.fetch_records(f"EXPLAIN (COSTS OFF) {sql}")
        return "\n".join(line[0] for line in plan)

    plan = await db.run_in_transaction(explain)

    assert "Seq Scan" not in plan
    assert "token_grant" in plan


async def test_it_is_the_wallet_that_a_run_leaves(services: Services) -> None:
    person = await make_person("zoe")
    await give_budget(person, 500)
    await give(person, 1_000)
    await give(person, 150, GrantKind.PROMOTION, agent_id=person.user_id)
    await run(person, 600)

    found = await read_meter(account_of(person))

    assert (found.available, found.budget, found.used) == (900, 500, 500)
    assert found.is_low
    assert found.is_used_up
    assert found.resets_at is not None


@pytest.mark.parametrize(
    ("used", "look"), [(399, ""), (400, "is-low"), (499, "is-low"), (500, "is-empty")], ids=str
)
async def test_the_bar_changes_at_eighty_and_a_hundred_per_cent(
    browser: Browser, person: Person, used: int, look: str
) -> None:
    await give_budget(person, 500)
    await run(person, used)

    seen = await browser.get("/")

    assert bars_of(seen)[0]["class"].split()[1:] == ([look] if look else [])


@pytest.mark.parametrize(
    ("used", "words"),
    [
        (399, None),
        (400, "400 of the 500 tokens of this month are used. You can still spend 1,100."),
        (500, "The 500 tokens of this month are used up. You can still spend 1,000."),
    ],
    ids=str,
)
async def test_most_of_a_budget_used_is_said_with_a_pack_to_buy(
    browser: Browser, person: Person, used: int, words: str | None
) -> None:
    await give_budget(person, 500)
    await give(person, 1_000)
    await run(person, used)

    seen = await browser.get("/pricing")

    assert (words or "") in seen.page.words("aside")
    assert len(seen.page.find("aside")) == bool(words)
    assert seen.has_form("/tokens/packs/pack_1k/buy") is bool(words)


async def test_a_member_who_may_not_buy_is_led_to_the_tokens(
    browser: Browser, services: Services
) -> None:
    owner = await make_reader("owner", TierCode.BUSINESS)
    await give_budget(owner, 500)
    await run(owner, 500)
    member = await make_member(owner, "colleague", AccountRole.MEMBER)
    await choose_account(member.actor, account_of(owner))
    browser.become(member)

    seen = await browser.get("/pricing")

    assert not seen.has_form("/tokens/packs/pack_1k/buy")
    assert "/tokens" in [each.attributes.get("href") for each in seen.page.find("a")]
    assert len(seen.page.find("aside")) == 1


async def test_one_click_leads_to_the_payment_page(
    services: Services, browser: Browser, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    person = await open_packs(services)
    browser.become(person)
    await give_budget(person, 500)
    await run(person, 450)
    seen = await browser.get("/pricing")

    sent = await browser.submit(seen, "/tokens/packs/pack_1k/buy")

    assert "/c/pay/" in sent.location


async def test_a_budget_that_is_due_is_there_on_the_first_page(
    browser: Browser, person: Person
) -> None:
    await mark_budget_due(account_of(person))
    await db.execute("UPDATE token_budget SET due_at = now()")

    seen = await browser.get("/")

    assert meter_of(seen) == "25,000 tokens · left to spend"


async def test_a_debt_is_shown_as_negative_with_words(browser: Browser, person: Person) -> None:
    await owe(person, 40)

    seen = await browser.get("/")

    assert meter_of(seen) == "−40 tokens · a debt of a returned pack"


async def test_what_has_expired_is_not_counted_before_its_entry_is_written(
    services: Services,
) -> None:
    person = await make_person("zoe")
    budget = await give_budget(person, 500)
    sql = "UPDATE token_grant SET expires_at = now() - interval '1 hour' WHERE id = $1"
    await db.execute(sql, budget.id)
    await put("token_budget_period", "starts_at", business_now() - timedelta(days=3))
    await put("token_budget_period", "ends_at", business_now() - timedelta(hours=1))

    found = await read_meter(account_of(person))

    assert (found.available, found.budget) == (0, 0)


async def test_the_meter_alone_is_not_sent_twice(browser: Browser, person: Person) -> None:
    await give(person, 500)

    first = (await browser.get("/tokens/meter")).response
    again = (await browser.get("/tokens/meter", if_none_match=first.headers["etag"])).response
    await run(person, 1)
    changed = (await browser.get("/tokens/meter", if_none_match=first.headers["etag"])).response

    assert "500 tokens" in first.text
    assert first.headers["cache-control"] == "private, no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert "499 tokens" in changed.text


async def test_the_meter_alone_is_for_people_who_are_signed_in(
    browser: Browser, services: Services
) -> None:
    answer = (await browser.get("/tokens/meter")).response

    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["hx-reswap"] == "none"
