"""The page for developers, as everybody reads it."""

from chenu.metering.plans import API_PLANS
from chenu.tiers.catalogue import TierCode
from storefront.api_changes import list_api_changes
from tests.storefront.browser import Browser
from tests.storefront.conftest import OpenBrowser
from tests.storefront.visitors import make_reader

PAGE = "/developers"
_NEIGHBOURS = {
    "/account": ("/developers", "/developers#own"),
    "/account/api-plan": ("/developers", "/developers#own", "/account#api-keys"),
    PAGE: ("/account#api-keys", "/account/api-plan", "/terms#api-plans"),
}


async def test_everybody_reads_plans_limits_errors_scopes_and_changes(browser: Browser) -> None:
    page = await browser.get(PAGE)

    assert page.status == 200
    assert "Basic 100,000 100 20 €49.00" in page.words
    assert "Pro 1,000,000 1,000 200 €299.00" in page.words
    for words in ("Retry-After", "QUOTA_EXCEEDED", "restoreRate", "MARKETPLACE"):
        assert words in page.words
    for change in list_api_changes():
        assert change.text["en"] in page.words
    assert len(page.page.find("th", scope="row")) >= len(API_PLANS)


async def test_the_page_leads_on(browser: Browser) -> None:
    page = await browser.get(PAGE)
    links = page.links()

    for link in ("/graphql/explorer", "/developers/schema.graphql", "/account#api-keys"):
        assert link in links
    for anchor in (link[1:] for link in links if link.startswith("#")):
        assert f'id="{anchor}"' in page.response.text


async def test_keys_plan_and_documentation_lead_to_each_other(browser: Browser) -> None:
    browser.become(await make_reader("ada", TierCode.PRO))

    links = {page: (await browser.get(page)).links() for page in _NEIGHBOURS}

    for page, others in _NEIGHBOURS.items():
        assert set(others) <= set(links[page]), page


async def test_the_terms_have_what_the_plans_lead_to(browser: Browser) -> None:
    page = await browser.get("/terms")

    for anchor in ("plans", "api-plans", "withdrawal-plans"):
        assert f'id="{anchor}"' in page.response.text


async def test_the_programs_open_without_scripts_and_contain_no_key(browser: Browser) -> None:
    page = await browser.get(PAGE)

    for topic in ("first-call", "catalogue"):
        boxes = page.page.find("details", name=topic)
        assert [("open" in box.attributes) for box in boxes] == [True, False, False]
    programs = page.page.find("pre", class_="code-block program")
    assert len(programs) == 8
    for program in programs:
        assert program.attributes["tabindex"] == "0"
        receives = program.attributes["id"].startswith("webhook-")
        assert ("CHENU_WEBHOOK_SECRET" if receives else "CHENU_API_KEY") in program.text
        assert receives or "/graphql" in program.text
        assert "chenu_" not in program.text.replace("CHENU_", "")


async def test_the_page_is_french_too(open_browser: OpenBrowser) -> None:
    page = await (await open_browser("fr")).get(PAGE)

    assert "Pour les développeurs" in page.title
    for change in list_api_changes():
        assert " ".join(change.text["fr"].split()) in page.words
