"""/account/brand: what an owner fills in, what is refused beside its field, hosts and pictures."""

import pytest

from chenu.accounts.actor import AccountRole
from chenu.branding.brands import find_brand
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.branding.branded import make_branded
from tests.domains.resolvers import Records
from tests.media.drawn import png
from tests.people import make_creator, make_member, make_person, make_published_agent
from tests.storefront.browser import Browser
from tests.storefront.conftest import Fingerprint

PAGE = "/account/brand"


@pytest.fixture
async def owner(browser: Browser, services: Services) -> Browser:
    return await _visit(browser, TierCode.ENTERPRISE)


async def _visit(browser: Browser, tier: TierCode) -> Browser:
    person = await make_person("acme", tier=tier)
    await db.execute("UPDATE app_user SET locale = 'en'")
    return browser.become(person)


async def test_an_owner_gives_the_account_a_brand(owner: Browser, services: Services) -> None:
    maker, _ = await make_creator(services)
    agent = await make_published_agent(services, maker)
    typed = {
        "name": "Acme & Fils",
        "accent_light": "8A1C4A",
        "links": "Our intranet https://intra.acme.fr/\n\nHelp https://help.acme.fr/a b=1",
        "locale": "fr",
        "agents": f"https://chenu.example/agents/{agent.slug}",
    }
    wrong = await owner.submit(await owner.get(PAGE), PAGE, typed)
    right = {**typed, "links": "Our intranet https://intra.acme.fr/"}
    done = await owner.follow(await owner.submit(wrong, PAGE, right))

    assert wrong.status == 422
    assert "begins with https://" in wrong.words
    assert "Your brand is saved" in done.words
    assert dict(done.form(PAGE).fields)["agents"].strip() == agent.slug
    assert "Acme & Fils" in done.words


async def test_a_colour_that_cannot_be_read_is_refused_with_one_that_can(
    owner: Browser, fingerprint: Fingerprint
) -> None:
    before = await fingerprint()
    typed = {"name": "Acme", "accent_light": "#ff8800", "links": "x"}
    refused = await owner.submit(await owner.get(PAGE), PAGE, typed)

    assert refused.status == 422
    assert "contrast of 1.98" in refused.words
    assert "#a25600 does" in refused.words
    assert dict(refused.form(PAGE).fields)["accent_light"] == "#ff8800"
    assert await fingerprint() == before


async def test_pictures_come_and_go(owner: Browser, services: Services) -> None:
    await owner.submit(await owner.get(PAGE), PAGE, {"name": "Acme"})
    bad = await owner.upload(await owner.get(PAGE), f"{PAGE}/logo", b"<svg/>")
    page = await owner.follow(await owner.upload(await owner.get(PAGE), f"{PAGE}/logo", png()))
    removed = await owner.follow(await owner.submit(page, f"{PAGE}/logo/remove"))

    assert bad.status == 422
    assert page.has_form(f"{PAGE}/logo/remove")
    assert not removed.has_form(f"{PAGE}/logo/remove")


async def test_a_host_is_proved_by_its_record(owner: Browser, services: Services) -> None:
    await owner.submit(await owner.get(PAGE), PAGE, {"name": "Acme"})
    page = await owner.get(PAGE)
    entered = await owner.follow(
        await owner.submit(page, f"{PAGE}/hosts", {"name": "Agents.Acme.fr"})
    )
    [form] = [each for each in entered.page.forms if each.action.endswith("/prove")]
    missing = await owner.submit(entered, form.action)
    assert isinstance(services.resolver, Records)
    token = await db.fetch_value("SELECT token FROM domain_name")
    services.resolver.texts["_chenu.agents.acme.fr"] = [f"chenu-verification={token}"]
    proved = await owner.follow(await owner.submit(entered, form.action))
    services.resolver.texts.clear()

    assert "TXT record at _chenu.agents.acme.fr" in missing.words
    assert "The host is yours" in proved.words
    assert "agents.acme.fr proved" in proved.words


async def test_without_the_right_plan_the_page_says_which(
    browser: Browser, services: Services
) -> None:
    page = await (await _visit(browser, TierCode.PRO)).get(PAGE)

    assert "needs the Enterprise plan" in page.words
    assert not page.has_form(PAGE)


async def test_members_do_not_see_it(browser: Browser, services: Services) -> None:
    acme = await make_branded()
    await db.execute("UPDATE account SET seats = 5 WHERE id = $1", acme.account_id)
    await make_member(acme.owner, "colleague", AccountRole.MEMBER)
    member = await make_member(acme.owner, "billing", AccountRole.BILLING)
    browser.become(member)
    await browser.client.post("/account/switch", data={"account": str(acme.account_id)})

    page = await browser.get("/account")

    assert PAGE not in page.links()


async def test_a_brand_is_given_up(owner: Browser, services: Services) -> None:
    await owner.submit(await owner.get(PAGE), PAGE, {"name": "Acme"})
    done = await owner.follow(await owner.submit(await owner.get(PAGE), f"{PAGE}/remove"))

    account_id = await db.fetch_value("SELECT id FROM account LIMIT 1")
    assert "The brand is removed" in done.words
    assert await find_brand(account_id) is None
