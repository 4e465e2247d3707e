"""The five tiers and all their numbers. docs/money.md; amounts in cents, None is unlimited."""

from enum import StrEnum

import msgspec

from chenu.core.money import Cents

GIGABYTE = 10**9
TRIAL_DAYS = 14


class TierCode(StrEnum):
    FREE = "FREE"
    STARTER = "STARTER"
    PRO = "PRO"
    BUSINESS = "BUSINESS"
    ENTERPRISE = "ENTERPRISE"


class AgentLevel(StrEnum):
    """How autonomously an agent acts: L0 answers, L3 coordinates on a standing mandate."""

    L0 = "L0"
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"


class SupportLevel(StrEnum):
    COMMUNITY = "COMMUNITY"
    EMAIL = "EMAIL"
    PRIORITY = "PRIORITY"
    DEDICATED = "DEDICATED"
    PHONE_SLA = "PHONE_SLA"


class Feature(StrEnum):
    SPHERES = "SPHERES"
    THREADS = "THREADS"
    AGENTS = "AGENTS"
    STORAGE_BYTES = "STORAGE_BYTES"
    TOKENS = "TOKENS"
    MOBILE_PWA = "MOBILE_PWA"
    QUICK_CAPTURE = "QUICK_CAPTURE"
    API_ACCESS = "API_ACCESS"
    MARKETPLACE = "MARKETPLACE"
    CUSTOM_AGENTS = "CUSTOM_AGENTS"
    SSO = "SSO"
    WHITE_LABEL = "WHITE_LABEL"
    SLA = "SLA"


class EntitlementSource(StrEnum):
    """What gives, or takes, a feature."""

    TIER = "TIER"
    OVERRIDE = "OVERRIDE"
    API_PLAN = "API_PLAN"


class FeatureGrant(msgspec.Struct, frozen=True):
    """An entitlement to one feature; `limit` None with `enabled` means no limit."""

    feature: Feature
    enabled: bool
    limit: int | None = None
    source: EntitlementSource = EntitlementSource.TIER

    @property
    def is_unlimited(self) -> bool:
        return self.enabled and self.limit is None


class Tier(msgspec.Struct, frozen=True):
    """Prices and budgets None: on request (ENTERPRISE). `platform_agents` None: all and custom."""

    code: TierCode
    name: str
    monthly_price: Cents | None
    yearly_price: Cents | None
    monthly_tokens: int | None
    platform_agents: int | None
    max_agent_level: AgentLevel
    storage_bytes: int | None
    threads: int | None
    support: SupportLevel
    seats: int | None
    extras: frozenset[Feature]
    trial_days: int = TRIAL_DAYS

    @property
    def yearly_saving(self) -> Cents | None:
        """What a year costs less than twelve months; None: on request."""
        if self.monthly_price is None or self.yearly_price is None:
            return None
        return Cents(12 * self.monthly_price - self.yearly_price)

    def grant(self, feature: Feature) -> FeatureGrant:
        """This tier's entitlement to one feature."""
        if feature not in COUNTED:
            return FeatureGrant(feature, feature in self.extras)
        return FeatureGrant(feature, True, self._limit(feature))

    def _limit(self, feature: Feature) -> int | None:
        limits = {
            Feature.SPHERES: SPHERE_COUNT,
            Feature.THREADS: self.threads,
            Feature.AGENTS: self.platform_agents,
            Feature.STORAGE_BYTES: self.storage_bytes,
            Feature.TOKENS: self.monthly_tokens,
        }
        return limits[feature]

    @property
    def features(self) -> tuple[FeatureGrant, ...]:
        return tuple(self.grant(feature) for feature in Feature)


SPHERE_COUNT = 9
COUNTED = frozenset(
    {
        Feature.SPHERES,
        Feature.THREADS,
        Feature.AGENTS,
        Feature.STORAGE_BYTES,
        Feature.TOKENS,
    }
)
"""Those that have a limit; the others are on or off."""

_EVERYONE = frozenset({Feature.MOBILE_PWA, Feature.QUICK_CAPTURE})
_STARTER = _EVERYONE | {Feature.MARKETPLACE}
_PRO = _STARTER | {Feature.API_ACCESS}
_BUSINESS = _PRO | {Feature.CUSTOM_AGENTS}
_ENTERPRISE = _BUSINESS | {Feature.SSO, Feature.WHITE_LABEL, Feature.SLA}

TIERS: tuple[Tier, ...] = (
    Tier(
        code=TierCode.FREE,
        name="Free",
        monthly_price=Cents(0),
        yearly_price=Cents(0),
        monthly_tokens=500,
        platform_agents=50,
        max_agent_level=AgentLevel.L0,
        storage_bytes=GIGABYTE,
        threads=5,
        support=SupportLevel.COMMUNITY,
        seats=1,
        extras=_EVERYONE,
        trial_days=0,
    ),
    Tier(
        code=TierCode.STARTER,
        name="Starter",
        monthly_price=Cents(900),
        yearly_price=Cents(9000),
        monthly_tokens=5_000,
        platform_agents=100,
        max_agent_level=AgentLevel.L1,
        storage_bytes=10 * GIGABYTE,
        threads=50,
        support=SupportLevel.EMAIL,
        seats=1,
        extras=_STARTER,
    ),
    Tier(
        code=TierCode.PRO,
        name="Pro",
        monthly_price=Cents(2900),
        yearly_price=Cents(29000),
        monthly_tokens=25_000,
        platform_agents=168,
        max_agent_level=AgentLevel.L3,
        storage_bytes=50 * GIGABYTE,
        threads=500,
        support=SupportLevel.PRIORITY,
        seats=1,
        extras=_PRO,
    ),
    Tier(
        code=TierCode.BUSINESS,
        name="Business",
        monthly_price=Cents(9900),
        yearly_price=Cents(99000),
        monthly_tokens=100_000,
        platform_agents=None,
        max_agent_level=AgentLevel.L3,
        storage_bytes=500 * GIGABYTE,
        threads=None,
        support=SupportLevel.DEDICATED,
        seats=10,
        extras=_BUSINESS,
    ),
    Tier(
        code=TierCode.ENTERPRISE,
        name="Enterprise",
        monthly_price=None,
        yearly_price=None,
        monthly_tokens=None,
        platform_agents=None,
        max_agent_level=AgentLevel.L3,
        storage_bytes=None,
        threads=None,
        support=SupportLevel.PHONE_SLA,
        seats=None,
        extras=_ENTERPRISE,
        trial_days=0,
    ),
)

_BY_CODE = {tier.code: tier for tier in TIERS}


def get_tier(code: TierCode | str) -> Tier:
    return _BY_CODE[TierCode(code)]


def cheapest_tier_with(feature: Feature) -> Tier:
    """The cheapest tier that includes a feature."""
    return next(tier for tier in TIERS if tier.grant(feature).enabled)
