"""The parts of an agent's page have addresses, and programs read it as JSON-LD and Markdown."""

import json
import re
from typing import Any

import pytest

from chenu.agents.rows import AgentRow
from storefront.agent_markdown import plain
from tests.agents.newer import publish_newer
from tests.rows import put
from tests.storefront.browser import Browser

_DATA = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


async def _structured(browser: Browser, agent: AgentRow) -> dict[str, Any]:
    [found] = _DATA.findall((await browser.get(f"/agents/{agent.slug}")).response.text)
    data: dict[str, Any] = json.loads(found)
    return data


@pytest.mark.parametrize("part", ["", "/reviews", "/versions", "/api"])
async def test_each_part_has_its_address_and_begins_with_what_matters(
    browser: Browser, agent: AgentRow, part: str
) -> None:
    page = await browser.get(f"/agents/{agent.slug}{part}")

    assert page.status == 200
    for each in ("", "/reviews", "/versions", "/api"):
        assert f"/agents/{agent.slug}{each}" in page.links()
    for words in (agent.tagline, "It touches", "No review yet", "Last update", "Refund", "€9.99"):
        assert words in page.words
    assert f'href="/agents/{agent.slug}{part}" aria-current="page"' in page.response.text


async def test_a_search_engine_reads_name_and_exact_price(
    browser: Browser, agent: AgentRow
) -> None:
    data = await _structured(browser, agent)

    assert (data["@type"], data["name"]) == ("Product", agent.name)
    assert (data["offers"]["price"], data["offers"]["priceCurrency"]) == ("9.99", "EUR")
    assert "aggregateRating" not in data


async def test_a_search_engine_reads_the_rating_once_there_is_one(
    browser: Browser, agent: AgentRow
) -> None:
    await put("agent", "review_count", 4, "id = $2", agent.id)
    await put("agent", "rating_sum", 17, "id = $2", agent.id)

    data = await _structured(browser, agent)

    assert data["aggregateRating"]["ratingValue"] == "4.3"
    assert data["aggregateRating"]["reviewCount"] == 4


async def test_no_text_ends_the_element_of_the_structured_data(
    browser: Browser, agent: AgentRow
) -> None:
    hostile = "</script><script>alert(1)</script><!-- \u2028 & '"
    await put("agent", "tagline", hostile, "id = $2", agent.id)

    data = await _structured(browser, agent)

    assert data["description"] == hostile


async def test_the_twin_in_markdown_says_the_same(browser: Browser, agent: AgentRow) -> None:
    page = await browser.get(f"/agents/{agent.slug}.md")

    assert page.status == 200
    assert page.response.text.startswith(f"# {plain(agent.name)}\n")
    assert "- Price: €9.99\n" in page.response.text
    assert page.response.text.rstrip().endswith(agent.description.rstrip())


async def test_there_is_no_twin_of_what_one_may_not_see(browser: Browser, agent: AgentRow) -> None:
    await put("agent", "status", "DRAFT", "id = $2", agent.id)

    assert (await browser.get(f"/agents/{agent.slug}.md")).status == 404
    assert (await browser.get(f"/agents/{agent.slug}/reviews")).status == 404
    assert (await browser.get(f"/agents/{agent.slug}/versions")).status == 404
    assert (await browser.get(f"/agents/{agent.slug}/api")).status == 404


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("# Free", "\\# Free"),
        ("1. a", "1\\. a"),
        ("- a\n- b", "\\- a - b"),
        ("<b>[x](y)", "\\<b\\>\\[x\\](y)"),
    ],
    ids=["heading", "number", "lines", "tags"],
)
def test_a_name_is_written_so_that_no_sign_has_a_meaning(text: str, written: str) -> None:
    assert plain(text) == written


async def test_each_version_says_what_changed_in_its_permissions(
    browser: Browser, agent: AgentRow
) -> None:
    await publish_newer(agent.id, "1.1.0", permissions=("files:read", "mail:read"))
    await publish_newer(agent.id, "1.2.0", permissions=("mail:read",))
    await publish_newer(agent.id, "1.3.0", permissions=("mail:read",))

    page = await browser.get(f"/agents/{agent.slug}/versions")

    parts = page.words.split("1.3.0", 1)[1]
    newest, third = parts.split("1.2.0", 1)
    third, second = third.split("1.1.0", 1)
    second, first = second.split("1.0.0", 1)
    assert "Its permissions stay as they were." in newest
    assert "No longer: Opens the files you choose." in third
    assert "New: Reads mail in the folders you open to it." in second
    assert "New:" not in first
