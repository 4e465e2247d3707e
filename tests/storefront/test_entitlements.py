"""Every feature in every tier, asked on pages and by GraphQL, and one refusal for both."""

from typing import Any

import pytest

from chenu.accounts.gauges import consume
from chenu.agents.model import AgentKind
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.flows.creators.edit_agent import AgentInput, create_agent
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature, TierCode
from tests.accounts.entitled import app_of, override
from tests.api.calls import Api, as_session
from tests.people import MANIFEST, Person, agent_input, sign_in_again
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint
from tests.storefront.visitors import make_reader

GB = 10**9
ON, OFF, ALL = "included", "not included", "without limit"
TABLE: dict[Feature, tuple[object, ...]] = {
    Feature.SPHERES: (9, 9, 9, 9, 9),
    Feature.THREADS: (5, 50, 500, ALL, ALL),
    Feature.AGENTS: (50, 100, 168, ALL, ALL),
    Feature.STORAGE_BYTES: (GB, 10 * GB, 50 * GB, 500 * GB, ALL),
    Feature.TOKENS: (500, 5_000, 25_000, 100_000, ALL),
    Feature.MOBILE_PWA: (ON, ON, ON, ON, ON),
    Feature.QUICK_CAPTURE: (ON, ON, ON, ON, ON),
    Feature.API_ACCESS: (OFF, OFF, ON, ON, ON),
    Feature.MARKETPLACE: (OFF, ON, ON, ON, ON),
    Feature.CUSTOM_AGENTS: (OFF, OFF, OFF, ON, ON),
    Feature.SSO: (OFF, OFF, OFF, OFF, ON),
    Feature.WHITE_LABEL: (OFF, OFF, OFF, OFF, ON),
    Feature.SLA: (OFF, OFF, OFF, OFF, ON),
}
"""What FREE, STARTER, PRO, BUSINESS and ENTERPRISE have of each feature."""
CELLS = [
    pytest.param(tier, {feature: row[place] for feature, row in TABLE.items()}, id=tier)
    for place, tier in enumerate(TierCode)
]


def on_page(feature: Feature, value: object) -> str:
    if not isinstance(value, int):
        return str(value)
    return f"{value // GB} GB" if feature is Feature.STORAGE_BYTES else f"{value:,}"


def row_of(seen: Seen, feature: Feature) -> str:
    [row] = seen.page.find("tr", id=f"entitlement-{feature.lower()}")
    return " ".join(row.text.split())


def api_of(browser: Browser, services: Services, person: Person) -> Api:
    """The same person in another session of the API."""
    return as_session(browser.client, services, person)


def test_the_table_has_every_feature_and_every_tier() -> None:
    assert set(TABLE) == set(Feature)
    assert {len(row) for row in TABLE.values()} == {len(TierCode)}


@pytest.mark.parametrize(("tier", "expected"), CELLS)
async def test_the_account_page_says_every_feature_of_its_tier(
    browser: Browser, services: Services, tier: TierCode, expected: dict[Feature, object]
) -> None:
    browser.become(await make_reader("zoe", tier))

    seen = await browser.get("/account")

    for feature, value in expected.items():
        assert f" {on_page(feature, value)} " in row_of(seen, feature), feature


@pytest.mark.parametrize(("tier", "expected"), CELLS)
async def test_the_api_says_every_feature_of_its_tier(
    browser: Browser, services: Services, tier: TierCode, expected: dict[Feature, object]
) -> None:
    person = await make_reader("zoe", tier)

    reply = await api_of(browser, services, person).run("Entitlements")

    found = {each["feature"]: each for each in reply.data["viewer"]["account"]["entitlements"]}
    for feature, value in expected.items():
        each = found[feature]
        assert each["hasAccess"] is (value != OFF), feature
        assert each["limit"] == (value if isinstance(value, int) else None), feature
        assert each["isUnlimited"] is (value in (ON, ALL)), feature


ASK = """userErrors { code message
    ... on PlanRequired { feature used limit resetsAt cheapestTier { code name } } }"""


async def refused_by_api(api: Api, name: str, kind: str, sent: dict[str, Any]) -> dict[str, Any]:
    document = f"mutation($i: {kind}!) {{ {name}(input: $i) {{ {ASK} }} }}"
    [error] = (await api.send(document, {"i": sent})).payload()["userErrors"]
    return dict(error)


CREATOR = {"handle": "zoe-nord", "displayName": "Zoe", "country": "fr"}
KEY = {"name": "ci", "scopes": ["READ"]}
PRIVATE = {
    "name": "Trieur",
    "tagline": "Classe.",
    "description": "Il classe.",
    "capabilities": ["invoices"],
    "level": "L1",
    "price": {"type": "FREE"},
    "manifest": MANIFEST,
    "custom": True,
}
USES: dict[Feature, tuple[str, str, dict[str, Any]]] = {
    Feature.MARKETPLACE: ("creatorOnboard", "CreatorOnboardInput", CREATOR),
    Feature.API_ACCESS: ("apiKeyCreate", "ApiKeyCreateInput", KEY),
    Feature.CUSTOM_AGENTS: ("agentCreate", "AgentCreateInput", PRIVATE),
}
MISSING = [
    pytest.param(feature, tier, id=f"{feature}-{tier}")
    for feature in USES
    for tier, value in zip(TierCode, TABLE[feature], strict=True)
    if value == OFF
]
NEEDS = {
    Feature.MARKETPLACE: "Starter",
    Feature.API_ACCESS: "Pro",
    Feature.CUSTOM_AGENTS: "Business",
}


@pytest.mark.parametrize(("feature", "tier"), MISSING)
async def test_the_api_refuses_what_the_tier_lacks_with_the_cheapest_that_has_it(
    browser: Browser,
    services: Services,
    fingerprint: Fingerprint,
    feature: Feature,
    tier: TierCode,
) -> None:
    person = await make_reader("zoe", tier)
    before = await fingerprint()

    error = await refused_by_api(api_of(browser, services, person), *USES[feature])

    assert (error["code"], error["feature"]) == ("PLAN_REQUIRED", feature)
    assert (error["used"], error["limit"], error["resetsAt"]) == (None, None, None)
    assert error["cheapestTier"]["name"] == NEEDS[feature]
    assert await fingerprint() == before


@pytest.mark.parametrize("tier", [TierCode.FREE, TierCode.STARTER])
async def test_pages_show_the_refusal_of_the_api(
    browser: Browser, services: Services, tier: TierCode
) -> None:
    person = await make_reader("zoe", tier)
    error = await refused_by_api(api_of(browser, services, person), *USES[Feature.API_ACCESS])

    seen = await browser.become(person).get("/account")

    assert error["message"] in seen.words
    assert f"Cheapest plan {error['cheapestTier']['name']}" in seen.words
    assert "/pricing" in seen.links()


async def test_selling_without_the_plan_shows_the_refusal_of_the_api(
    browser: Browser, services: Services
) -> None:
    person = await make_reader("zoe", TierCode.FREE)
    error = await refused_by_api(api_of(browser, services, person), *USES[Feature.MARKETPLACE])

    seen = await browser.become(person).get("/creator/join")

    assert error["message"] in seen.words
    assert "Needed Buy and sell agents" in seen.words
    assert "Cheapest plan Starter" in seen.words


async def test_a_platform_agent_beyond_the_tier_is_refused_alike_on_both_faces(
    browser: Browser, services: Services, agent: AgentRow
) -> None:
    sql = """
        UPDATE agent SET kind = $2, creator = NULL, price_type = 'FREE', price = 0, level = 'L3',
            platform_rank = 168
        WHERE id = $1
    """
    await db.execute(sql, agent.id, AgentKind.PLATFORM)
    person = await make_reader("zoe", TierCode.STARTER)
    document = """query($slug: String!) { agent(slug: $slug) { viewerAccess { canUse reason {
        code message ... on PlanRequired { feature limit cheapestTier { code } } } } } }"""

    reply = await api_of(browser, services, person).send(document, {"slug": agent.slug})
    seen = await browser.become(person).get(f"/agents/{agent.slug}")

    reason = reply.data["agent"]["viewerAccess"]["reason"]
    assert (reason["feature"], reason["limit"], reason["cheapestTier"]["code"]) == (
        "AGENTS",
        100,
        "PRO",
    )
    assert reason["message"] in seen.buy_panel()
    assert "Limit 100 Cheapest plan Pro" in seen.buy_panel()


async def test_an_override_opens_platform_agents_beyond_the_tier(
    browser: Browser, services: Services, agent: AgentRow
) -> None:
    sql = """
        UPDATE agent SET kind = $2, creator = NULL, price_type = 'FREE', price = 0, level = 'L3',
            platform_rank = 168
        WHERE id = $1
    """
    await db.execute(sql, agent.id, AgentKind.PLATFORM)
    person = await make_reader("zoe", TierCode.FREE)
    await override(person, Feature.AGENTS, 168)
    browser.become(await sign_in_again(person.user_id, person.email))

    seen = await browser.get(f"/agents/{agent.slug}")

    assert "run it in the CHE·NU apps" in seen.buy_panel()


async def test_after_a_downgrade_the_page_says_what_can_only_be_read(
    browser: Browser, services: Services
) -> None:
    person = await make_reader("zoe", TierCode.STARTER)
    app = await app_of(services, person)
    await consume(app, Feature.THREADS, 40, "a")
    await consume(app, Feature.STORAGE_BYTES, 3 * GB + GB // 2, "b")
    await db.execute("UPDATE account SET tier = 'FREE' WHERE owner = $1", person.user_id)

    seen = await browser.become(person).get("/account")

    assert "Threads: 35 more in use than your plan has" in seen.words
    assert "Storage: 2.5 GB more in use than your plan has" in seen.words
    assert "Nothing is deleted" in seen.words
    assert "5 40" in row_of(seen, Feature.THREADS)


async def test_what_was_agreed_shows_as_agreed(browser: Browser, services: Services) -> None:
    person = await make_reader("zoe", TierCode.FREE)
    await override(person, Feature.SSO)

    seen = await browser.become(person).get("/account")

    assert row_of(seen, Feature.SSO).endswith("Agreed with us")
    assert row_of(seen, Feature.MARKETPLACE).endswith("Plan")


async def test_a_refusal_that_no_plan_lifts_leads_to_us(
    browser: Browser, services: Services
) -> None:
    person = await make_reader("zoe", TierCode.PRO)
    await override(person, Feature.API_ACCESS, enabled=False)

    seen = await browser.become(person).get("/account")

    assert "limited for your account, whatever its plan" in seen.words
    assert "/support" in seen.links()


async def test_after_a_downgrade_the_page_counts_the_private_agents(browser: Browser) -> None:
    person = await make_reader("zoe", TierCode.BUSINESS)
    made = agent_input(price=0)
    await create_agent(
        person.actor, AgentInput(made.fields, made.level, made.price, made.manifest, custom=True)
    )
    before = await browser.become(person).get("/account")
    await db.execute("UPDATE account SET tier = 'PRO' WHERE owner = $1", person.user_id)

    seen = await browser.get("/account")

    assert "private agent can only be read" not in before.words
    assert "1 private agent can only be read" in seen.words
