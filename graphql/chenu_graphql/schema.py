"""Builds the schema: merges the roots of all topics and enforces what each field declares."""

from functools import cache

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from chenu_graphql.enforcement import enforce
from chenu_graphql.errors import InsufficientTokens, PlanRequired, SimpleError
from chenu_graphql.roots.accounts import AccountQueries, ApiKeyMutations, SessionMutations
from chenu_graphql.roots.affiliates import AffiliateMutations
from chenu_graphql.roots.agents import AgentMutations, AgentQueries
from chenu_graphql.roots.api_plans import ApiPlanMutations
from chenu_graphql.roots.availability import AvailabilityMutations, AvailabilityQueries
from chenu_graphql.roots.branding import BrandMutations
from chenu_graphql.roots.catalogue import CatalogueQueries
from chenu_graphql.roots.coupons import CouponMutations, CouponQueries
from chenu_graphql.roots.entitlements import EntitlementMutations
from chenu_graphql.roots.executions import ExecutionMutations
from chenu_graphql.roots.library import LibraryMutations
from chenu_graphql.roots.nodes import NodeQueries
from chenu_graphql.roots.packs import PackMutations
from chenu_graphql.roots.purchases import PurchaseMutations, PurchaseSubscriptions
from chenu_graphql.roots.roi import RoiMutations
from chenu_graphql.roots.sign_in_providers import SignInProviderMutations
from chenu_graphql.roots.spending import SpendingMutations
from chenu_graphql.roots.staff import StaffMutations, StaffQueries
from chenu_graphql.roots.subscriptions import SubscriptionMutations, SubscriptionQueries
from chenu_graphql.roots.token_limits import TokenLimitMutations
from chenu_graphql.roots.tokens import TokenSubscriptions
from chenu_graphql.scalars import SCALARS


@strawberry.type(description="What can be asked.")
class Query(
    NodeQueries,
    AccountQueries,
    CatalogueQueries,
    AvailabilityQueries,
    AgentQueries,
    CouponQueries,
    SubscriptionQueries,
    StaffQueries,
):
    pass


@strawberry.type(description="What can be changed; at most five in a document.")
class Mutation(
    SessionMutations,
    EntitlementMutations,
    ExecutionMutations,
    AgentMutations,
    PurchaseMutations,
    LibraryMutations,
    SubscriptionMutations,
    ApiPlanMutations,
    CouponMutations,
    PackMutations,
    BrandMutations,
    RoiMutations,
    ApiKeyMutations,
    AffiliateMutations,
    StaffMutations,
    AvailabilityMutations,
    SpendingMutations,
    TokenLimitMutations,
    SignInProviderMutations,
):
    pass


@strawberry.type(description="Live updates over graphql-transport-ws and SSE.")
class Live(PurchaseSubscriptions, TokenSubscriptions):
    pass


@cache
def get_strawberry_schema() -> strawberry.Schema:
    """Stateless, so that one serves every application of the process."""
    return strawberry.Schema(
        Query,
        Mutation,
        Live,
        types=(SimpleError, PlanRequired, InsufficientTokens),
        config=StrawberryConfig(scalar_map=dict(SCALARS)),
    )


@cache
def get_schema() -> GraphQLSchema:
    """The schema as graphql-core executes it."""
    return enforce(get_strawberry_schema())


def print_sdl() -> str:
    """The served schema in GraphQL's own language."""
    return get_strawberry_schema().as_str() + "\n"
