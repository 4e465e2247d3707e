"""The page of tokens and its statement: what is there, what used it, and nothing of others."""

import csv
import io

import pytest

from chenu.accounts.actor import AccountRole
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.months import month_of
from chenu.flows.creators.edit_agent import create_agent
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu.tokens.grants import GrantKind
from storefront.csv_export import BYTE_ORDER_MARK
from storefront.routes import token_statement
from tests.conftest import Engines
from tests.people import Person, agent_input, make_member, make_published_agent
from tests.rows import unguarded
from tests.storefront.browser import Browser
from tests.storefront.token_lives import give, give_budget, owe, reserve, run
from tests.storefront.visitors import make_reader, make_seller


@pytest.fixture
async def person(services: Services, browser: Browser) -> Person:
    """Somebody who is signed in here and reads English."""
    reader = await make_reader("zoe", TierCode.PRO)
    browser.become(reader)
    return reader


def squeeze(text: str) -> str:
    """Cells of a table follow each other without a space."""
    return "".join(text.split())


async def csv_of(browser: Browser, separator: str = ",", url: str = "") -> list[list[str]]:
    text = (await browser.get(url or "/tokens/statement.csv")).response.text
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK)), delimiter=separator))


async def test_the_wallet_is_seen_at_a_glance(browser: Browser, person: Person) -> None:
    await give_budget(person, 500)
    await give(person, 1_000)
    await run(person, 380)
    await reserve(person, 20)

    seen = await browser.get("/tokens")

    assert "1,100 tokens" in seen.words
    assert "380 of 500 used" in seen.words
    assert "Reserved for runs 20" in seen.words
    assert "Starts afresh" in seen.words


async def test_grants_stand_in_the_order_in_which_they_are_used(
    browser: Browser, services: Services, person: Person
) -> None:
    agent = await make_published_agent(services, await make_seller(services))
    await give(person, 1_000)
    await give(person, 100, GrantKind.PACK_BONUS)
    await give_budget(person, 500)
    await give(person, 150, GrantKind.PROMOTION, agent_id=agent.id)

    seen = await browser.get("/tokens")

    names = [each.text.strip() for each in seen.page.find("h3")]
    assert names[:4] == [
        f"Free tries of one agent · {agent.name}",
        "Budget of the month",
        "Bonus of a pack",
        "Bought tokens",
    ]
    assert "does not expire" in seen.words
    assert "Free tries 150" in seen.words
    assert "1,600 tokens" in seen.words


async def test_a_debt_is_negative_and_says_what_fills_it(browser: Browser, person: Person) -> None:
    await owe(person, 900)

    seen = await browser.get("/tokens")

    assert "−900 tokens" in seen.words
    assert "You owe 900 tokens" in seen.words
    assert "The next tokens fill it first" in seen.words
    assert "/support" in seen.links()


async def test_an_empty_wallet_says_what_comes_next(browser: Browser, person: Person) -> None:
    seen = await browser.get("/tokens")

    assert "0 tokens" in seen.words
    assert "A pack comes at once" in seen.words
    assert "Nothing has used tokens yet" in seen.words


async def test_an_unlimited_plan_shows_what_was_used(services: Services, browser: Browser) -> None:
    person = await make_reader("rich", TierCode.ENTERPRISE)
    browser.become(person)
    await run(person, 12_345)

    seen = await browser.get("/tokens")

    assert "Without limit" in seen.words
    assert "12,345 tokens used this month" in seen.words
    assert "12,345 used" in seen.page.words("header")
    assert seen.page.find("progress") == []
    assert "it needs no pack" in seen.words
    assert not any("/tokens/packs/" in str(form.attributes) for form in seen.page.find("form"))


async def test_a_member_sees_the_tokens_of_the_account(
    services: Services, browser: Browser
) -> None:
    owner = await make_reader("owner", TierCode.BUSINESS)
    await give(owner, 777)
    member = await make_member(owner, "colleague", AccountRole.MEMBER)
    await db.execute("UPDATE app_user SET locale = 'en'")
    sql = "UPDATE user_session SET account = $2 WHERE id = $1"
    await db.execute(sql, member.actor.session_id, owner.actor.account_id)
    browser.become(member)

    seen = await browser.get("/tokens")

    assert "777 tokens" in seen.words


async def test_the_statement_adds_up_on_the_page(
    browser: Browser, services: Services, person: Person
) -> None:
    agent = await make_published_agent(services, await make_seller(services))
    await give_budget(person, 500)
    await give(person, 1_000)
    await run(person, 200, agent.id)
    await run(person, 40)

    seen = await browser.get("/tokens/statement")

    squeezed = squeeze(seen.words)
    assert squeeze(f"{agent.name} 1 200") in squeezed
    assert squeeze("Without an agent 1 40 In all 2 240") in squeezed
    assert squeeze("Received +1,500 Used −240 At the end 1,260") in squeezed


async def test_the_draft_of_somebody_else_has_no_name_here(
    browser: Browser, services: Services, person: Person
) -> None:
    seller = await make_seller(services)
    draft = await create_agent(seller.actor, agent_input(name="Secret project"))
    await give(person, 100)
    await run(person, 10, draft)

    pages = [await browser.get(path) for path in ("/tokens", "/tokens/statement")]
    rows = await csv_of(browser)

    assert "Secret project" not in "".join([seen.words for seen in pages] + rows[1])
    assert "An agent that is gone" in pages[1].words
    assert rows[1][5] == str(draft)


async def test_the_statement_is_paged_by_key(browser: Browser, person: Person) -> None:
    await give(person, 1_000)
    for _ in range(20):
        await run(person, 1)

    first = await browser.get("/tokens/statement")
    [onwards] = [link for link in first.links() if "after=" in link]
    second = await browser.get(onwards)
    other_month = onwards.replace(str(month_of(business_now())), "2026-01")

    assert len(first.page.find("tr")) > len(second.page.find("tr"))
    assert onwards.endswith("#entries")
    assert any("before=" in link for link in second.links())
    assert (await browser.get(other_month)).status == 400


async def test_a_cursor_of_another_account_is_refused(
    browser: Browser, services: Services, person: Person
) -> None:
    await give(person, 1_000)
    for _ in range(20):
        await run(person, 1)
    [onwards] = [
        link for link in (await browser.get("/tokens/statement")).links() if "after=" in link
    ]
    browser.become(await make_reader("stranger"))

    seen = await browser.get(onwards)

    assert seen.status == 400


@pytest.mark.parametrize("month", ["2026", "2026-13", "x", "2026-11'--", "9999-01"])
async def test_another_text_is_no_month(browser: Browser, person: Person, month: str) -> None:
    page = await browser.get(f"/tokens/statement?month={month}")
    file = await browser.get(f"/tokens/statement.csv?month={month}")

    assert (page.status, file.status) == (422, 422)


async def test_a_month_before_the_account_is_empty_and_the_choice_has_it(
    browser: Browser, person: Person
) -> None:
    seen = await browser.get("/tokens/statement?month=2025-02")

    chosen = [each for each in seen.page.find("option") if "selected" in each.attributes]
    assert [each.attributes["value"] for each in chosen] == ["2025-02"]
    assert "There is no entry in this month" in seen.words


async def test_an_archived_month_is_refused_and_not_offered(
    browser: Browser, person: Person, engines: Engines
) -> None:
    await give(person, 1_000)
    async with unguarded(engines) as connection:
        await connection.execute(
            "UPDATE token_entry SET created_at = '2025-01-15+00';"
            " INSERT INTO archived_month VALUES"
            " (gen_random_uuid(), 'token_entry', '2025-02-01', 0, '{}', '', now())"
        )

    page = await browser.get("/tokens/statement?month=2025-02")
    file = await browser.get("/tokens/statement.csv?month=2025-02")
    offered = (await browser.get("/tokens/statement?month=2025-01")).page.find("option")
    months = {each.attributes["value"] for each in offered}

    assert (page.status, file.status) == (409, 409)
    assert "What was used in 2025-02 has been archived" in page.words
    assert {"2025-01", "2025-02", "2025-03"} & months == {"2025-01", "2025-03"}


@pytest.mark.parametrize(
    ("locale", "separator", "head", "kind"),
    [("en", ",", "Time (UTC)", "Used"), ("fr", ";", "Heure (UTC)", "Utilisé")],
    ids=["en", "fr"],
)
async def test_the_file_has_every_entry_in_the_readers_language(
    browser: Browser, person: Person, locale: str, separator: str, head: str, kind: str
) -> None:
    await db.execute("UPDATE app_user SET locale = $1", locale)
    await give_budget(person, 500)
    await run(person, 30, most=50)

    answer = (await browser.get("/tokens/statement.csv")).response
    rows = await csv_of(browser, separator)

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert "no-store" in answer.headers["cache-control"]
    assert rows[0][0] == head
    assert rows[1][1] == kind
    assert [row[2] for row in rows[1:]] == ["-30", "50", "-50", "500"]
    assert [row[3] for row in rows[1:]] == ["470", "500", "450", "500"]


async def test_the_file_is_whole_beyond_one_batch(
    browser: Browser, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_statement, "_BATCH", 5)
    await give(person, 1_000)
    for _ in range(4):
        await run(person, 1)

    rows = await csv_of(browser)

    assert len(rows) == 1 + 1 + 3 * 4
    assert len({row[6] for row in rows[1:] if row[6]}) == 4


async def test_what_a_program_wrote_is_no_formula_in_the_file(
    browser: Browser, person: Person
) -> None:
    await give(person, 100)
    await run(person, 1, reason='=HYPERLINK("https://evil.example")')

    rows = await csv_of(browser)

    assert {row[4] for row in rows[1:4]} == {'\'=HYPERLINK("https://evil.example")'}


async def test_a_fragment_is_the_wallet_alone(browser: Browser, person: Person) -> None:
    await give(person, 100)

    seen = await browser.get("/tokens", hx_request="true", hx_request_type="partial")

    assert seen.page.find("html") == []
    assert "glance-title" in seen.response.text


async def test_ids_of_nobody_change_nothing(browser: Browser, person: Person) -> None:
    await give(person, 100)
    await run(person, 5, new_id())

    seen = await browser.get("/tokens/statement")

    assert squeeze("An agent that is gone 1 5") in squeeze(seen.words)
