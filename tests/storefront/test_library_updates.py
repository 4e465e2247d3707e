"""The library's page of a newer version: what it changes, and the form that accepts it."""

from typing import Any

import pytest

from chenu.agents.model import VersionId
from chenu.agents.rows import AgentRow
from chenu.core import db
from tests.agents.newer import publish_newer
from tests.people import pay
from tests.rows import count, fingerprint
from tests.storefront.browser import Browser
from tests.storefront.test_purchases import order, purchase_page
from tests.storefront.visitors import make_reader


@pytest.fixture
async def path(browser: Browser, agent: AgentRow) -> str:
    """Of an agent that the reader bought, before it had another version."""
    browser.become(await make_reader("buyer"))
    sent = await order(browser, agent)
    await pay(sent.location)
    await browser.get(await purchase_page(browser))
    grant_id = await db.fetch_value("SELECT id FROM access_grant")
    return f"/library/{grant_id}/update"


async def used() -> VersionId:
    return VersionId(await db.fetch_value("SELECT version FROM access_grant"))


async def test_the_library_leads_to_what_a_new_version_changes(
    browser: Browser, agent: AgentRow, path: str
) -> None:
    before = await browser.get("/library")
    await publish_newer(agent.id, permissions=("files:read", "files:write", "mail:read"))

    after = await browser.get("/library")
    page = await browser.get(path)

    assert path not in before.links()
    assert path in after.links()
    assert "Version 1.1.0 is available." in after.words
    assert "You use version 1.0.0." in page.words
    assert "Lit aussi les PDF." in page.words
    assert "New: Reads mail in the folders you open to it." in page.words
    assert "More than before: Saves its work in a folder of its own." in page.words
    assert "Its tools and settings stay as they were." in page.words


async def test_tools_settings_and_needs_that_change_are_named(
    browser: Browser, agent: AgentRow, path: str
) -> None:
    changes: dict[str, Any] = {"tools": ["mail_draft"], "minTokens": 90, "model": "chenu-large"}
    await publish_newer(agent.id, parameters={"<b>tone</b>": "dry"}, **changes)

    page = await browser.get(path)

    assert "Tools New: mail_draft" in page.words
    assert "Settings New: <b>tone</b>" in page.words
    assert "chenu-large instead of" in page.words
    assert "90 instead of 0" in page.words


async def test_accepting_is_one_form_and_leads_back_to_the_library(
    browser: Browser, agent: AgentRow, path: str
) -> None:
    newer = await publish_newer(agent.id)

    sent = await browser.submit(await browser.get(path), path)
    library = await browser.get(sent.location)

    assert await used() == newer
    assert "Accepted: this account's runs use the new version from now on." in library.words
    assert path not in library.links()
    assert "1.1.0, the newest one." in (await browser.get(path)).words


async def test_a_version_published_meanwhile_is_shown_and_not_accepted(
    browser: Browser, agent: AgentRow, path: str
) -> None:
    first = await used()
    await publish_newer(agent.id, "1.1.0")
    read = await browser.get(path)
    await publish_newer(agent.id, "1.2.0", permissions=("web:read",))
    before = await fingerprint()

    refused = await browser.submit(read, path)

    assert refused.status == 409
    assert "Another version was published meanwhile" in refused.words
    assert "Accept version 1.2.0" in refused.words
    assert "New: Visits public web pages." in refused.words
    assert (await used(), await fingerprint()) == (first, before)


async def test_the_manifest_that_is_opened_is_that_of_the_version_in_use(
    browser: Browser, agent: AgentRow, path: str
) -> None:
    await publish_newer(agent.id, systemPrompt="Une autre consigne.")
    manifest = f"/agents/{agent.slug}/manifest"

    before = await browser.submit(await browser.get(manifest), manifest)
    product = await browser.get(f"/agents/{agent.slug}")
    await browser.submit(await browser.get(path), path)
    after = await browser.get(manifest)

    assert "Une autre consigne." not in before.words
    assert path in product.links()
    assert "Une autre consigne." in after.words


async def test_nobody_elses_update_is_found(browser: Browser, agent: AgentRow, path: str) -> None:
    await publish_newer(agent.id)
    browser.become(await make_reader("stranger"))

    page = await browser.get(path)

    assert page.status == 404
    assert await count("version_acceptance") == 0
