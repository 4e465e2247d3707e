"""The explorer in a real browser: it starts, runs a query, and violates no policy."""

import pytest
from playwright.async_api import Browser, Page

from chenu.accounts.request_context import session_cookie_name
from chenu.flows.services import Services
from tests.api.serving import served
from tests.people import make_person

pytestmark = pytest.mark.browser


async def run_query(page: Page, query: str) -> str:
    """Types it, presses the button, and reads the answer."""
    editor = page.locator(".graphiql-query-editor .CodeMirror")
    await editor.evaluate("(node, text) => node.CodeMirror.setValue(text)", query)
    await page.wait_for_timeout(800)  # it looks at what was typed a little later
    await page.locator("button.graphiql-execute-button").click()
    await page.locator(".result-window").filter(has_text='"data"').wait_for()
    result = page.locator(".result-window .CodeMirror")
    return str(await result.evaluate("node => node.CodeMirror.getValue()"))


async def test_the_explorer_asks_and_changes_as_the_session(
    services: Services, chromium: Browser
) -> None:
    person = await make_person("buyer")
    async with served(services) as url:
        context = await chromium.new_context(viewport={"width": 1440, "height": 900})
        name = session_cookie_name(services.settings)
        await context.add_cookies([{"name": name, "value": person.token, "url": url}])
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))

        await page.goto(f"{url}/graphql/explorer")
        await page.wait_for_selector(".graphiql-execute-button")
        asked = await run_query(page, "{ viewer { displayName } }")
        await page.locator(".graphiql-sidebar button").first.click()
        documentation = await page.locator(".graphiql-doc-explorer").inner_text()
        await page.reload()
        await page.wait_for_selector(".graphiql-execute-button")
        changed = await run_query(
            page, 'mutation { userUpdate(input: {displayName: "Bea"}) { user { displayName } } }'
        )
        await context.close()

    assert '"displayName": "Buyer"' in asked
    assert '"displayName": "Bea"' in changed
    assert "mutation: Mutation" in documentation
    assert complaints == []
