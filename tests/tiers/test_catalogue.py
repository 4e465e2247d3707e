"""The price list, number by number, as the product rules have it."""

from typing import Any

import pytest
from msgspec.structs import astuple

from chenu.metering.plans import API_PLANS
from chenu.tiers.catalogue import (
    TIERS,
    AgentLevel,
    Feature,
    SupportLevel,
    Tier,
    TierCode,
    cheapest_tier_with,
    get_tier,
)
from chenu.tiers.entitlements import (
    Entitlements,
    PlanRequired,
    includes_platform_agent,
    platform_agent_refusal,
    require_feature,
)
from chenu.tiers.spheres import SPHERES, find_sphere
from chenu.tokens.packs import TOKEN_PACKS

GB = 1_000_000_000

# month, year, tokens a month, platform agents, level, storage, threads, support, seats
PRICE_LIST: dict[TierCode, tuple[Any, ...]] = {
    TierCode.FREE: (0, 0, 500, 50, "L0", GB, 5, "COMMUNITY", 1),
    TierCode.STARTER: (900, 9000, 5_000, 100, "L1", 10 * GB, 50, "EMAIL", 1),
    TierCode.PRO: (2900, 29000, 25_000, 168, "L3", 50 * GB, 500, "PRIORITY", 1),
    TierCode.BUSINESS: (9900, 99000, 100_000, None, "L3", 500 * GB, None, "DEDICATED", 10),
    TierCode.ENTERPRISE: (None, None, None, None, "L3", None, None, "PHONE_SLA", None),
}


@pytest.mark.parametrize("code", TierCode)
def test_a_tier_has_the_numbers_of_the_price_list(code: TierCode) -> None:
    tier = get_tier(code)

    assert PRICE_LIST[code] == (
        tier.monthly_price,
        tier.yearly_price,
        tier.monthly_tokens,
        tier.platform_agents,
        tier.max_agent_level,
        tier.storage_bytes,
        tier.threads,
        tier.support,
        tier.seats,
    )


def test_the_tiers_are_listed_from_the_cheapest() -> None:
    assert [tier.code for tier in TIERS] == list(TierCode)
    assert {tier.support for tier in TIERS} == set(SupportLevel)


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: tier.code)
def test_a_year_costs_ten_months(tier: Tier) -> None:
    if tier.monthly_price is None:
        assert tier.yearly_price is None
    else:
        assert tier.yearly_price == 10 * tier.monthly_price


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: tier.code)
def test_what_can_be_bought_can_be_tried_for_two_weeks(tier: Tier) -> None:
    assert tier.trial_days == (14 if tier.monthly_price else 0)


FROM: dict[Feature, TierCode] = {
    Feature.SPHERES: TierCode.FREE,
    Feature.THREADS: TierCode.FREE,
    Feature.AGENTS: TierCode.FREE,
    Feature.STORAGE_BYTES: TierCode.FREE,
    Feature.TOKENS: TierCode.FREE,
    Feature.MOBILE_PWA: TierCode.FREE,
    Feature.QUICK_CAPTURE: TierCode.FREE,
    Feature.MARKETPLACE: TierCode.STARTER,
    Feature.API_ACCESS: TierCode.PRO,
    Feature.CUSTOM_AGENTS: TierCode.BUSINESS,
    Feature.SSO: TierCode.ENTERPRISE,
    Feature.WHITE_LABEL: TierCode.ENTERPRISE,
    Feature.SLA: TierCode.ENTERPRISE,
}


@pytest.mark.parametrize("feature", Feature)
def test_a_feature_begins_with_its_tier_and_stays_in_all_above(feature: Feature) -> None:
    enabled = [tier.code for tier in TIERS if tier.grant(feature).enabled]

    codes = list(TierCode)
    assert enabled == codes[codes.index(FROM[feature]) :]
    assert cheapest_tier_with(feature).code is FROM[feature]


@pytest.mark.parametrize("feature", Feature)
@pytest.mark.parametrize("code", TierCode)
def test_what_is_missing_is_refused_with_the_cheapest_tier_that_has_it(
    code: TierCode, feature: Feature
) -> None:
    if get_tier(code).grant(feature).enabled:
        require_feature(Entitlements(code), feature)
        return
    with pytest.raises(PlanRequired) as raised:
        require_feature(Entitlements(code), feature)

    assert raised.value.cheapest_tier is get_tier(FROM[feature])
    assert cheapest_tier_with(feature).name in str(raised.value)


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: tier.code)
def test_each_tier_says_something_of_every_feature(tier: Tier) -> None:
    grants = {grant.feature: grant for grant in tier.features}

    assert list(grants) == list(Feature)
    assert grants[Feature.SPHERES].limit == len(SPHERES) == 9
    assert grants[Feature.THREADS].is_unlimited is (tier.threads is None)


LEVELS = [AgentLevel.L0] * 50 + [AgentLevel.L1] * 50 + [AgentLevel.L2] * 40 + [AgentLevel.L3] * 28


@pytest.mark.parametrize(
    ("code", "number"),
    list(zip(TierCode, (50, 100, 168, 168, 168), strict=True)),
)
def test_a_tier_includes_its_number_of_platform_agents(code: TierCode, number: int) -> None:
    included = [
        includes_platform_agent(Entitlements(code), level, rank)
        for rank, level in enumerate(LEVELS, start=1)
    ]

    assert included == [True] * number + [False] * (168 - number)


@pytest.mark.parametrize(
    ("rank", "code"),
    [(1, TierCode.FREE), (51, TierCode.STARTER), (101, TierCode.PRO), (168, TierCode.PRO)],
)
def test_a_platform_agent_out_of_reach_names_the_tier_that_has_it(
    rank: int, code: TierCode
) -> None:
    refusal = platform_agent_refusal(Entitlements(), LEVELS[rank - 1], rank)

    assert refusal.cheapest_tier is get_tier(code)


def test_a_tier_that_there_is_not_is_an_error() -> None:
    with pytest.raises(ValueError, match="GOLD"):
        get_tier("GOLD")


def test_the_spheres_have_a_name_in_each_language() -> None:
    assert len({sphere.code for sphere in SPHERES}) == 9
    assert len({sphere.name("fr") for sphere in SPHERES}) == 9
    assert len({sphere.name("en") for sphere in SPHERES}) == 9
    assert find_sphere("SCHOLAR") is SPHERES[-1]
    assert find_sphere("scholar") is find_sphere(None) is None


def test_the_token_packs_are_those_of_the_price_list() -> None:
    packs = [(p.code, p.base_tokens, p.bonus_tokens, p.tokens, p.price) for p in TOKEN_PACKS]

    assert packs == [
        ("pack_100", 100, 0, 100, 100),
        ("pack_1k", 1_000, 100, 1_100, 900),
        ("pack_10k", 10_000, 2_000, 12_000, 8000),
        ("pack_100k", 100_000, 30_000, 130_000, 70000),
    ]


def test_the_api_plans_are_those_of_the_price_list() -> None:
    assert [astuple(plan) for plan in API_PLANS] == [
        ("FREE", 1_000, 0, 10),
        ("BASIC", 100_000, 4900, 100),
        ("PRO", 1_000_000, 29900, 1_000),
        ("ENTERPRISE", None, None, None),
    ]
