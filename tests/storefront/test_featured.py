"""The staff page of featured agents, and the shelves of the home page."""

from chenu.accounts.actor import Staff
from chenu.agents.rows import AgentRow
from tests.rows import put
from tests.storefront.browser import Browser
from tests.storefront.conftest import Fingerprint
from tests.storefront.visitors import make_reader

PAGE = "/staff/featured"


async def test_staff_put_an_agent_on_the_home_page_and_take_it_off(
    browser: Browser, agent: AgentRow
) -> None:
    browser.become(await make_reader("chooser", staff=(Staff.REVIEWER,)))
    typed = {"slug": agent.slug, "place": "1", "reason": "Good work."}
    await browser.submit(await browser.get(PAGE), PAGE, typed)
    home = await browser.get("/")
    assert "Chosen by our team" in home.words

    remove = f"{PAGE}/{agent.id}/remove"
    await browser.submit(await browser.get(PAGE), remove, {"reason": "Enough."})

    assert "Chosen by our team" not in (await browser.get("/")).words


async def test_a_choice_without_reason_changes_nothing(
    browser: Browser, agent: AgentRow, fingerprint: Fingerprint
) -> None:
    browser.become(await make_reader("chooser", staff=(Staff.REVIEWER,)))
    page, before = await browser.get(PAGE), await fingerprint()

    typed = {"slug": "nothing", "place": "many", "reason": ""}
    refused = await browser.submit(page, PAGE, typed)

    assert refused.status == 422
    assert await fingerprint() == before


async def test_a_new_agent_that_somebody_has_rises(browser: Browser, agent: AgentRow) -> None:
    await put("agent", "installs", 3, "id = $2", agent.id)

    home = await browser.get("/")
    everything = await browser.get("/agents?rising=1&sort=POPULAR")
    await put("agent", "installs", 0, "id = $2", agent.id)
    nothing = await browser.get("/agents?rising=1")

    assert "New and rising" in home.words
    assert "/agents?rising=1&sort=POPULAR" in home.links()
    assert ("rising", "1") in everything.form("/agents").fields
    assert "/agents?sort=POPULAR" in everything.links()  # without the filter
    assert ("1 agent" in everything.words, "0 agents" in nothing.words) == (True, True)
