"""The page of limits per agent and per key: set, replaced, removed, and refused in words."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from chenu.accounts.actor import AccountRole, ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.core import db
from chenu.flows.executions.token_limits import LimitInput, set_token_limit
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.flows.runs import Bench, give_agent, set_up
from tests.people import make_member
from tests.rows import count, fingerprint
from tests.storefront.browser import Browser, Seen
from tests.storefront.visitors import make_reader

PAGE = "/account/token-limits"


@dataclass(frozen=True)
class _Id:
    id: UUID


@pytest.fixture
async def bench(services: Services) -> Bench:
    """Somebody on PRO who has run one agent and has one key."""
    bench = await set_up(services, person=await make_reader("zoe", TierCode.PRO))
    run = await bench.authorize(100)
    await bench.complete(run.id, 40)
    pepper = services.settings.secret
    await create_api_key(bench.actor, "Import", [ApiScope.EXECUTIONS], None, pepper)
    return bench


async def test_a_limit_is_set_replaced_and_removed(browser: Browser, bench: Bench) -> None:
    browser.become(bench.person)
    page = await browser.get(PAGE)
    filled = {"subject": f"agent:{bench.agent_id}", "soft": "500", "hard": "1 000"}

    first = await browser.follow(await browser.submit(page, PAGE, filled))
    filled = {"subject": f"agent:{bench.agent_id}", "soft": "", "hard": "2000"}
    second = await browser.follow(await browser.submit(first, PAGE, filled))
    [limit] = await db.fetch_all(_Id, "SELECT id FROM token_limit")
    action = f"{PAGE}/{limit.id}/remove"
    third = await browser.follow(await browser.submit(second, action))

    assert "API key “Import”" in page.words
    assert "The limit is set." in first.words
    assert "40 tokens used or reserved this month · mail at 500 · stop at 1,000" in first.words
    assert "40 tokens used or reserved this month · stop at 2,000" in second.words
    assert "No agent and no key is limited" in third.words


async def test_a_key_and_an_agent_of_the_library_lead_to_their_limit(
    browser: Browser, bench: Bench
) -> None:
    await give_agent(bench)
    key_id = await db.fetch_value("SELECT id FROM api_key")
    await set_token_limit(bench.actor, LimitInput(agent_id=bench.foreign_id, soft=7, hard=9000))
    browser.become(bench.person)
    links = {
        "/account": f"{PAGE}?subject=key:{key_id}#set-title",
        "/library": f"{PAGE}?subject=agent:{bench.foreign_id}#set-title",
    }

    for page, link in links.items():
        seen = await browser.get(page)
        assert link in [each.attributes.get("href") for each in seen.page.find("a")]
    of_key, of_agent = [await browser.get(link.split("#")[0]) for link in links.values()]

    assert _filled(of_key) == (f"key:{key_id}", "", "")
    assert _filled(of_agent) == (f"agent:{bench.foreign_id}", "7", "9000")


def _filled(seen: Seen) -> tuple[str | None, ...]:
    """What the form shows: its subject, and the two limits."""
    [chosen] = [each for each in seen.page.find("option") if "selected" in each.attributes]
    typed = [seen.page.find("input", name=name)[0] for name in ("soft", "hard")]
    return (chosen.attributes["value"], *(each.attributes.get("value") or "" for each in typed))


async def test_an_odd_subject_in_the_address_chooses_nothing(
    browser: Browser, bench: Bench
) -> None:
    browser.become(bench.person)

    seen = await browser.get(f"{PAGE}?subject=agent:x%22%3E")

    assert seen.status == 200
    assert [each for each in seen.page.find("option") if "selected" in each.attributes] == []


BAD = {
    "no number": ({"soft": "", "hard": ""}, "enter a number of tokens"),
    "letters": ({"soft": "", "hard": "many"}, "from 0 to 1000000000000"),
    "fraction": ({"soft": "1.5", "hard": ""}, "from 1 to 1000000000000"),
    "other digits": ({"soft": "", "hard": "１２"}, "from 0 to"),
    "soft of nothing": ({"soft": "0", "hard": ""}, "from 1 to"),
    "soft beyond hard": ({"soft": "11", "hard": "10"}, "enter at most 10"),
    "no subject": ({"subject": "", "soft": "", "hard": "1"}, "choose one agent"),
    "odd subject": ({"subject": "agent:x", "soft": "", "hard": "1"}, "choose one agent"),
}


@pytest.mark.parametrize(("filled", "words"), BAD.values(), ids=BAD)
async def test_bad_values_are_named_and_change_nothing(
    browser: Browser, bench: Bench, filled: dict[str, str], words: str
) -> None:
    browser.become(bench.person)
    page = await browser.get(PAGE)
    before = await fingerprint()
    values = {"subject": f"agent:{bench.agent_id}", **filled}

    refused = await browser.submit(page, PAGE, values)

    assert refused.status == 422
    assert words in refused.words
    after = await fingerprint()
    del before["user_session"], after["user_session"]
    assert after == before


async def test_a_member_reads_and_sets_nothing(browser: Browser, services: Services) -> None:
    bench = await set_up(services, person=await make_reader("zoe", TierCode.BUSINESS))
    member = await make_member(bench.person, "membre", AccountRole.MEMBER)
    browser.become(member)

    page = await browser.get(PAGE)

    assert not page.has_form(PAGE)
    assert await count("token_limit") == 0


async def test_who_has_nothing_to_limit_reads_what_to_do(
    browser: Browser, services: Services
) -> None:
    browser.become(await make_reader("free", TierCode.FREE))

    page = await browser.get(PAGE)

    assert "Run an agent or make an API key first" in page.words
