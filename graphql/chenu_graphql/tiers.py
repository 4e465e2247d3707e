"""Tiers, spheres, API plans and token packs: the current catalogue."""

import strawberry

from chenu.metering.plans import ApiPlanCode
from chenu.tiers import spheres
from chenu.tiers.catalogue import AgentLevel, Feature, SupportLevel, TierCode
from chenu_graphql.context import Info
from chenu_graphql.fields import Weight, field
from chenu_graphql.money import LocaleArgument, Money, read_locale
from chenu_graphql.permissions import PARENT
from chenu_graphql.scalars import BigInt


@strawberry.type(description="What a tier says of one feature.")
class TierFeature:
    feature: Feature = field("Which feature.", PARENT)
    enabled: bool = field("Whether the tier has it.", PARENT)
    limit: BigInt | None = field("How many; null where it is not counted or not limited.", PARENT)
    is_unlimited: bool = field("Enabled, and without a limit.", PARENT)


@strawberry.type(description="One of the five plans.")
class Tier:
    code: TierCode = field("Its stable name.", PARENT)
    name: str = field("Its name for people.", PARENT)
    monthly_price: Money | None = field("null: on request (ENTERPRISE).", PARENT)
    yearly_price: Money | None = field("Ten months' price; null: on request.", PARENT)
    monthly_tokens: BigInt | None = field("The budget of a month; null: unlimited.", PARENT)
    platform_agents: int | None = field(
        "How many of the 168 platform agents; null: all and custom ones.", PARENT
    )
    max_agent_level: AgentLevel = field("The highest level of platform agents.", PARENT)
    storage_bytes: BigInt | None = field("1 GB = 10^9 bytes; null: unlimited.", PARENT)
    threads: int | None = field("Conversations; null: unlimited.", PARENT)
    support: SupportLevel = field("How help is given.", PARENT)
    trial_days: int = field("Length of the free trial; 0: none.", PARENT)
    features: list[TierFeature] = field(
        "Every feature with its limit.", PARENT, weight=Weight(size=len(Feature))
    )


def _name_sphere(
    root: strawberry.Parent[spheres.Sphere], info: Info, locale: LocaleArgument = None
) -> str:
    return root.name(read_locale(info.context, locale))


@strawberry.type(
    description=(
        "PERSONAL, BUSINESS, GOVERNMENT, CREATIVE_STUDIO, COMMUNITY, SOCIAL_MEDIA, ENTERTAINMENT, "
        "MY_TEAM, SCHOLAR."
    )
)
class Sphere:
    code: str = field("Its stable name.", PARENT)
    name: str = field("Its name for people.", PARENT, _name_sphere)


@strawberry.type(description="A plan of the paid API. Its limits belong to the account.")
class ApiPlan:
    code: ApiPlanCode = field("Its stable name.", PARENT)
    monthly_price: Money | None = field("null: by contract.", PARENT)
    monthly_calls: BigInt | None = field("Calls in a calendar month (UTC); null: custom.", PARENT)
    calls_per_minute: int | None = field("null: custom.", PARENT)


@strawberry.type(description="Tokens to buy; they do not expire.")
class TokenPack:
    code: str = field("Its stable name.", PARENT)
    base_tokens: BigInt = field("What is paid for.", PARENT)
    bonus_tokens: BigInt = field("What comes on top.", PARENT)
    tokens: BigInt = field("Base and bonus together.", PARENT)
    bonus_percent: int = field("The bonus, of the base.", PARENT)
    price: Money = field("VAT included.", PARENT)
