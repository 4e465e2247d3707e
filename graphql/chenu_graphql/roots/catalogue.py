"""Root fields of current prices and limits: tiers, API plans, token packs, spheres."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from chenu.metering import plans
from chenu.tiers import catalogue, spheres
from chenu.tiers.catalogue import TierCode
from chenu.tokens import packs
from chenu_graphql.fields import Weight, argument, field
from chenu_graphql.permissions import ANYONE
from chenu_graphql.tiers import ApiPlan, Sphere, Tier, TokenPack


def _tiers() -> Sequence[catalogue.Tier]:
    return catalogue.TIERS


def _tier(code: Annotated[TierCode, argument("Which one.")]) -> catalogue.Tier:
    return catalogue.get_tier(code)


def _api_plans() -> Sequence[plans.ApiPlan]:
    return plans.API_PLANS


def _token_packs() -> Sequence[packs.TokenPack]:
    return packs.TOKEN_PACKS


def _spheres() -> Sequence[spheres.Sphere]:
    return spheres.SPHERES


@strawberry.type
class CatalogueQueries:
    tiers: list[Tier] = field(
        "All tiers, from the cheapest up.", ANYONE, _tiers, weight=Weight(size=5)
    )
    tier: Tier = field("One tier.", ANYONE, _tier)
    api_plans: list[ApiPlan] = field(
        "Plans of the paid API.", ANYONE, _api_plans, weight=Weight(size=4)
    )
    token_packs: list[TokenPack] = field(
        "Tokens to buy.", ANYONE, _token_packs, weight=Weight(size=4)
    )
    spheres: list[Sphere] = field("The nine spheres.", ANYONE, _spheres, weight=Weight(size=9))
