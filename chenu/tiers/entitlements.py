"""Checks a tier's entitlements; a refusal names the cheapest tier that has the feature."""

from chenu.core.errors import RefusedError
from chenu.core.i18n import mark
from chenu.tiers.catalogue import AgentLevel, Feature, Tier, TierCode, cheapest_tier_with, get_tier

_WORDS = {
    Feature.MARKETPLACE: mark("Buying and selling agents needs the {tier} plan or higher"),
    Feature.API_ACCESS: mark("API keys need the {tier} plan or a paid API plan"),
    Feature.CUSTOM_AGENTS: mark("Private agents need the {tier} plan or higher"),
}
_OTHER = mark("This needs the {tier} plan or higher")
_LEVEL = mark("Agents of this level come with the {tier} plan")


class PlanRequired(RefusedError):
    """`feature` is missing; `cheapest_tier` includes it."""

    code = "PLAN_REQUIRED"

    def __init__(self, message: str, feature: Feature, cheapest_tier: Tier) -> None:
        super().__init__(message, tier=cheapest_tier.name)
        self.feature = feature
        self.cheapest_tier = cheapest_tier


def require_feature(tier: TierCode | str, feature: Feature) -> None:
    """Raises PlanRequired."""
    if not get_tier(tier).grant(feature).enabled:
        raise PlanRequired(_WORDS.get(feature, _OTHER), feature, cheapest_tier_with(feature))


def includes_platform_agent(tier: TierCode | str, level: AgentLevel, rank: int) -> bool:
    """Whether the tier includes the agent of this level and rank (1 to 168, lowest levels
    first).
    """
    plan = get_tier(tier)
    in_count = plan.platform_agents is None or rank <= plan.platform_agents
    return in_count and level <= plan.max_agent_level


def platform_agent_refusal(level: AgentLevel, rank: int) -> PlanRequired:
    """The refusal for a platform agent that the tier does not include, naming the cheapest that
    does.
    """
    codes = (code for code in TierCode if includes_platform_agent(code, level, rank))
    return PlanRequired(_LEVEL, Feature.AGENTS, get_tier(next(codes)))
