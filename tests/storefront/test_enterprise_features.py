"""SSO, WHITE_LABEL and SLA are enforced on each tier, by the API as on the pages."""

import json

import pytest

from chenu.accounts.actor import Staff
from chenu.accounts.overrides import OverrideInput, set_override
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature, TierCode
from tests.api.calls import Api, as_session
from tests.api.dummies import call_of
from tests.attacks.pages import csrf_of
from tests.people import Person, make_person, sign_in_again
from tests.rows import count
from tests.storefront.browser import Browser
from tests.storefront.visitors import make_reader

REFUSED = 402
CALLS: dict[Feature, tuple[str, ...]] = {
    Feature.SSO: (
        'mutation { mailDomainAdd(name: "acme.fr") { userErrors { code path } } }',
        call_of("signInProviderCreate"),
        call_of("samlProviderCreate"),
    ),
    Feature.WHITE_LABEL: (
        'mutation { brandUpdate(input: {name: "Acme"}) { userErrors { code path } } }',
    ),
    Feature.SLA: ("{ slaReport { month } }",),
}
FORMS: dict[Feature, dict[str, dict[str, str]]] = {
    Feature.SSO: {
        "/account/sign-in/domains": {"name": "acme.org"},
        "/account/sign-in/connections": {
            "name": "Acme",
            "issuer": "https://127.0.0.1",
            "client_id": "c",
            "default_role": "MEMBER",
        },
        "/account/sign-in/saml": {"name": "Acme", "metadata": "<x/>", "default_role": "MEMBER"},
    },
    Feature.WHITE_LABEL: {
        "/account/brand": {"name": "Acme"},
        "/account/brand/hosts": {"name": "agents.acme.org"},
    },
    Feature.SLA: {},
}
PAGES = {
    Feature.SSO: "/account/sign-in",
    Feature.WHITE_LABEL: "/account/brand",
    Feature.SLA: "/account/sla",
}
TABLES = ("domain_name", "sso_connection", "brand")
NOBODY: dict[Feature, bool] = dict.fromkeys(CALLS, False)
TABLE = {
    TierCode.FREE: NOBODY,
    TierCode.STARTER: NOBODY,
    TierCode.PRO: NOBODY,
    TierCode.BUSINESS: NOBODY,
    TierCode.ENTERPRISE: dict.fromkeys(CALLS, True),
}
"""Which tiers may do it, as product.md has it."""


async def is_refused_by_api(api: Api, document: str) -> bool:
    reply = await api.send(document)
    assert "FORBIDDEN" not in reply.codes
    found = "PLAN_REQUIRED" in json.dumps(reply.body)
    assert not found or reply.body["data"] in (None, {"slaReport": None}) or _names_plan(reply.body)
    return found


def _names_plan(body: dict[str, dict[str, dict[str, list[dict[str, str]]]]]) -> bool:
    [payload] = body["data"].values()
    return [error["code"] for error in payload["userErrors"]] == ["PLAN_REQUIRED"]


async def open_to(browser: Browser, services: Services, person: Person) -> dict[Feature, set[bool]]:
    """By feature, whether each call of the API and each form was let in."""
    api = as_session(browser.client, services, person)
    found: dict[Feature, set[bool]] = {}
    for feature, documents in CALLS.items():
        found[feature] = {not await is_refused_by_api(api, each) for each in documents}
        for path, fields in FORMS[feature].items():
            sent = {**fields, "csrf_token": csrf_of(services, person)}
            found[feature].add((await browser.post(path, sent)).status != REFUSED)
    return found


@pytest.mark.parametrize("tier", TierCode)
async def test_api_and_forms_are_open_to_the_tiers_that_have_the_feature(
    browser: Browser, services: Services, tier: TierCode
) -> None:
    person = await make_person("zoe", tier)
    browser.become(person)

    found = await open_to(browser, services, person)

    assert found == {feature: {is_open} for feature, is_open in TABLE[tier].items()}
    assert (sum([await count(table) for table in TABLES]) > 0) == any(TABLE[tier].values())


@pytest.mark.parametrize("tier", TierCode)
async def test_the_pages_say_which_plan_has_the_feature_and_offer_no_form_without_it(
    browser: Browser, services: Services, tier: TierCode
) -> None:
    browser.become(await make_reader("zoe", tier))

    seen = {feature: await browser.get(path) for feature, path in PAGES.items()}

    for feature, is_open in TABLE[tier].items():
        offered = [path for path in FORMS[feature] if seen[feature].has_form(path)]
        assert bool(offered) == (is_open and bool(FORMS[feature])), feature
        assert is_open or "Cheapest plan Enterprise" in seen[feature].words, feature
        assert is_open == ("/enterprise" not in seen[feature].links()), feature
    assert seen[Feature.SLA].status == (200 if TABLE[tier][Feature.SLA] else REFUSED)


@pytest.mark.parametrize(("tier", "enabled"), [("BUSINESS", True), ("ENTERPRISE", False)])
async def test_what_staff_gave_or_took_counts_before_the_tier(
    browser: Browser, services: Services, tier: str, enabled: bool
) -> None:
    person = await make_person("zoe", TierCode(tier))
    support = await make_person("desk", staff=(Staff.SUPPORT,))
    account_id = person.actor.account_id
    assert account_id is not None
    for feature in CALLS:
        data = OverrideInput(feature, enabled, None, "Agreed by phone.")
        await set_override(support.actor, account_id, data)
    person = await sign_in_again(person.user_id, person.email)
    browser.become(person)

    found = await open_to(browser, services, person)

    assert found == {feature: {enabled} for feature in CALLS}
