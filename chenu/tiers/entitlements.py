"""What an account may: its tier, what staff changed of it, and what a refusal says.

Pure rules; chenu/accounts/entitlements.py reads the rows that they are asked with.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from chenu.core.errors import RefusedError
from chenu.core.i18n import mark
from chenu.tiers.api_plan_codes import ApiPlanCode
from chenu.tiers.catalogue import (
    TIERS,
    AgentLevel,
    EntitlementSource,
    Feature,
    FeatureGrant,
    Tier,
    TierCode,
    get_tier,
)

_WORDS = {
    Feature.MARKETPLACE: mark("Buying and selling agents needs the {tier} plan or higher"),
    Feature.API_ACCESS: mark("API keys need the {tier} plan or a paid API plan"),
    Feature.CUSTOM_AGENTS: mark("Private agents need the {tier} plan or higher"),
    Feature.AGENTS: mark("Agents of this level come with the {tier} plan"),
    Feature.THREADS: mark("All threads of your plan are in use: the {tier} plan has more"),
    Feature.STORAGE_BYTES: mark("The storage of your plan is full: the {tier} plan has more"),
}
_OTHER = mark("This needs the {tier} plan or higher")
_NO_TIER = mark("This was limited for your account, whatever its plan: please write to us")


class Override(msgspec.Struct, frozen=True):
    """What staff gave or took of one feature, in place of what the tier says of it.

    `expires_at` None: until it is removed.
    """

    feature: Feature
    enabled: bool
    limit: int | None
    expires_at: datetime | None = None


class Entitlements(msgspec.Struct, frozen=True):
    """Everything that decides about an account's features. `overrides` are those in force."""

    tier: TierCode = TierCode.FREE
    overrides: tuple[Override, ...] = ()
    api_plan: ApiPlanCode = ApiPlanCode.FREE

    def grant(self, feature: Feature) -> FeatureGrant:
        """An override counts before all else, then the tier, then a paid API plan."""
        for override in self.overrides:
            if override.feature is feature:
                source = EntitlementSource.OVERRIDE
                return FeatureGrant(feature, override.enabled, override.limit, source)
        granted = get_tier(self.tier).grant(feature)
        if feature is Feature.API_ACCESS and not granted.enabled and self.has_paid_api_plan:
            return FeatureGrant(feature, True, source=EntitlementSource.API_PLAN)
        return granted

    @property
    def has_paid_api_plan(self) -> bool:
        return self.api_plan is not ApiPlanCode.FREE

    def has(self, feature: Feature) -> bool:
        return self.grant(feature).enabled


class PlanRequired(RefusedError):
    """The one refusal for what a plan lacks: both faces show these very facts.

    `used`, `limit` and `resets_at` None: not counted, not limited, never afresh. `cheapest_tier`
    None: no tier would lift it.
    """

    code = "PLAN_REQUIRED"

    def __init__(
        self,
        feature: Feature,
        cheapest_tier: Tier | None,
        *,
        used: int | None = None,
        limit: int | None = None,
        resets_at: datetime | None = None,
    ) -> None:
        words = _WORDS.get(feature, _OTHER) if cheapest_tier else _NO_TIER
        super().__init__(words, **({"tier": cheapest_tier.name} if cheapest_tier else {}))
        self.feature = feature
        self.cheapest_tier = cheapest_tier
        self.used = used
        self.limit = limit
        self.resets_at = resets_at


def find_cheapest_tier(
    entitlements: Entitlements, suffices: Callable[[Entitlements], bool]
) -> Tier | None:
    """The first tier, by price, with which these entitlements would do; overrides stay in force."""
    return next((tier for tier in TIERS if suffices(replace(entitlements, tier=tier.code))), None)


def find_refusal(entitlements: Entitlements, feature: Feature) -> PlanRequired | None:
    """Why the feature is not open to the account; None where it is."""
    if entitlements.has(feature):
        return None
    cheapest = _find_cheapest_with(feature, entitlements.overrides, entitlements.api_plan)
    return PlanRequired(feature, cheapest)


@lru_cache(maxsize=1024)
def _find_cheapest_with(
    feature: Feature, overrides: tuple[Override, ...], api_plan: ApiPlanCode
) -> Tier | None:
    """A list of agents asks the same for each of them."""
    entitlements = Entitlements(TierCode.FREE, overrides, api_plan)
    return find_cheapest_tier(entitlements, lambda other: other.has(feature))


def require_feature(entitlements: Entitlements, feature: Feature) -> None:
    """Raises PlanRequired."""
    refusal = find_refusal(entitlements, feature)
    if refusal is not None:
        raise refusal


def has_room(entitlements: Entitlements, feature: Feature, quantity: int) -> bool:
    """May so much be in use?"""
    granted = entitlements.grant(feature)
    return granted.enabled and (granted.limit is None or quantity <= granted.limit)


def room_refusal(
    entitlements: Entitlements, feature: Feature, used: int, more: int
) -> PlanRequired:
    """Why `more` does not fit beside what is in use, and the cheapest tier in which it would."""
    cheapest = find_cheapest_tier(entitlements, lambda other: has_room(other, feature, used + more))
    return PlanRequired(feature, cheapest, used=used, limit=entitlements.grant(feature).limit)


def includes_platform_agent(entitlements: Entitlements, level: AgentLevel, rank: int) -> bool:
    """Is the platform agent of this level and rank (1 to 168, lowest levels first) included?

    An override names a number alone: levels follow from the ranks.
    """
    granted = entitlements.grant(Feature.AGENTS)
    if not granted.enabled or (granted.limit is not None and rank > granted.limit):
        return False
    is_override = granted.source is EntitlementSource.OVERRIDE
    return is_override or level <= get_tier(entitlements.tier).max_agent_level


def platform_agent_refusal(
    entitlements: Entitlements, level: AgentLevel, rank: int
) -> PlanRequired:
    """Why a platform agent is out of reach, and the cheapest tier that has it."""
    cheapest = find_cheapest_tier(
        entitlements, lambda other: includes_platform_agent(other, level, rank)
    )
    return PlanRequired(Feature.AGENTS, cheapest, limit=entitlements.grant(Feature.AGENTS).limit)


def get_plan_of_agent(level: AgentLevel, rank: int) -> Tier:
    """The cheapest tier that a platform agent comes with."""
    return next(
        tier for tier in TIERS if includes_platform_agent(Entitlements(tier.code), level, rank)
    )
