"""A DataLoader per relation: all keys that one operation needs of it are read by one statement."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import cached_property
from typing import NamedTuple

from chenu.accounts.actor import AccountId, Actor, UserId
from chenu.accounts.api_keys import ApiKey, list_api_keys
from chenu.accounts.entitlements import AccountEntitlements
from chenu.accounts.queries import Account, Membership, list_accounts, list_memberships
from chenu.accounts.users import User, list_users
from chenu.agents.access import GrantRow, list_grants_by_id, list_usable_grants
from chenu.agents.buyer_reviews import ReviewRow, list_reviews_by_id
from chenu.agents.executions import ExecutionRow, list_executions_by_id
from chenu.agents.model import (
    AgentId,
    CreatorId,
    ExecutionId,
    GrantId,
    PaymentId,
    PurchaseId,
    ReviewId,
    VersionId,
)
from chenu.agents.payments import PaymentRow, list_payments, list_payments_by_id
from chenu.agents.purchases import PurchaseRow, list_purchases_by_id
from chenu.agents.queries import (
    list_agents_by_id,
    list_changes,
    list_creators,
    list_versions_by_id,
)
from chenu.agents.ratings import Rating, list_ratings
from chenu.agents.rows import AgentRow, ChangeRow, CreatorRow, VersionRow
from chenu.agents.run_summaries import RunSummary, list_run_summaries
from chenu.agents.version_heads import (
    VersionHead,
    list_version_heads,
    list_version_heads_by_id,
)
from chenu.billing.coupon_redemptions import RedemptionCount, count_redemptions
from chenu.billing.coupons import CouponId, CouponRow, list_coupons_by_id
from chenu.billing.invoices import InvoiceId, InvoiceRow, list_invoices_by_id
from chenu.billing.subscriptions import (
    SubscriptionId,
    SubscriptionRow,
    list_api_plans,
    list_plans,
    list_subscriptions_by_id,
    list_subscriptions_by_stripe_id,
)
from chenu.branding.brands import BrandRow, list_brands
from chenu.domains.domains import DomainRow, list_proved_hosts
from chenu.flows.roi.reports import get_roi_report
from chenu.flows.sso.people import ConnectionPeople, count_people
from chenu.roi.periods import RoiPeriod
from chenu.roi.report import RoiReport
from chenu.roi.settings import RunSeconds, list_run_seconds
from chenu.scim.tokens import TokenRow, list_tokens
from chenu.sso.model import ConnectionId
from chenu.tokens.entitlements import list_entitlements
from chenu.tokens.grants import GrantId as TokenGrantId
from chenu.tokens.grants import GrantRow as TokenGrantRow
from chenu.tokens.grants import list_grants_by_id as list_token_grants_by_id
from chenu.tokens.limits import LimitId, LimitRow, list_limits_by_id
from chenu.tokens.wallet import (
    EntryId,
    EntryRow,
    MonthlyUse,
    Wallet,
    list_entries_by_id,
    list_grants_of,
    list_monthly_use,
    list_wallets,
)
from chenu_graphql.affiliate_loaders import AffiliateLoaders
from chenu_graphql.batching import Key, Loader, Row, many_each, one_each

AllStates = bool
"""True for versions in any state, for their creator and reviewers; False for published ones."""


class RoiKey(NamedTuple):
    """A report: its account, and a day of its period."""

    account_id: AccountId
    period: RoiPeriod
    on: date


class Loaders(AffiliateLoaders):
    """The loaders of one operation, for its actor; each is created when first used."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def _of_account(
        self, fetch: Callable[[AccountId, Sequence[Key]], Awaitable[list[Row]]]
    ) -> Callable[[list[Key]], Awaitable[list[Row]]]:
        """Rows of the account that is acted for; none without one."""
        account_id = self._actor.account_id

        async def of_account(keys: list[Key]) -> list[Row]:
            return await fetch(account_id, keys) if account_id else []

        return of_account

    @cached_property
    def agents(self) -> Loader[AgentId, AgentRow | None]:
        return one_each(list_agents_by_id, lambda row: row.id)

    @cached_property
    def creators(self) -> Loader[CreatorId, CreatorRow | None]:
        return one_each(list_creators, lambda row: row.id)

    @cached_property
    def version_heads(self) -> Loader[VersionId, VersionHead | None]:
        return one_each(list_version_heads_by_id, lambda row: row.id)

    @cached_property
    def versions(self) -> Loader[VersionId, VersionRow | None]:
        """With their manifests."""
        return one_each(list_versions_by_id, lambda row: row.id)

    @cached_property
    def versions_of_agents(self) -> Loader[tuple[AgentId, AllStates], list[VersionHead]]:
        return Loader(_load_versions)

    @cached_property
    def changes(self) -> Loader[AgentId, ChangeRow | None]:
        return one_each(list_changes, lambda row: row.agent_id)

    @cached_property
    def usable_grants(self) -> Loader[AgentId, GrantRow | None]:
        """Of the account that is acted for."""
        return one_each(self._of_account(list_usable_grants), lambda row: row.agent_id)

    @cached_property
    def grants(self) -> Loader[GrantId, GrantRow | None]:
        return one_each(list_grants_by_id, lambda row: row.id)

    @cached_property
    def executions(self) -> Loader[ExecutionId, ExecutionRow | None]:
        return one_each(list_executions_by_id, lambda row: row.id)

    @cached_property
    def run_summaries(self) -> Loader[AgentId, RunSummary | None]:
        return one_each(list_run_summaries, lambda row: row.agent_id)

    @cached_property
    def reviews(self) -> Loader[ReviewId, ReviewRow | None]:
        return one_each(list_reviews_by_id, lambda row: row.id)

    @cached_property
    def ratings(self) -> Loader[AgentId, Rating]:
        return Loader(list_ratings)

    @cached_property
    def purchases(self) -> Loader[PurchaseId, PurchaseRow | None]:
        return one_each(list_purchases_by_id, lambda row: row.id)

    @cached_property
    def payments(self) -> Loader[PaymentId, PaymentRow | None]:
        return one_each(list_payments_by_id, lambda row: row.id)

    @cached_property
    def payments_of_purchases(self) -> Loader[PurchaseId, list[PaymentRow]]:
        """The newest first."""
        return many_each(list_payments, lambda row: row.purchase_id)

    @cached_property
    def subscriptions(self) -> Loader[SubscriptionId, SubscriptionRow | None]:
        return one_each(list_subscriptions_by_id, lambda row: row.id)

    @cached_property
    def subscriptions_at_stripe(self) -> Loader[str, SubscriptionRow | None]:
        """By Stripe's id."""
        return one_each(list_subscriptions_by_stripe_id, lambda row: row.stripe_subscription_id)

    @cached_property
    def plans(self) -> Loader[AccountId, SubscriptionRow | None]:
        """The live plan of each account, else the last that ended."""
        return one_each(list_plans, lambda row: row.account_id)

    @cached_property
    def api_plans(self) -> Loader[AccountId, SubscriptionRow | None]:
        return one_each(list_api_plans, lambda row: row.account_id)

    @cached_property
    def coupons(self) -> Loader[CouponId, CouponRow | None]:
        return one_each(list_coupons_by_id, lambda row: row.id)

    @cached_property
    def redemptions(self) -> Loader[CouponId, RedemptionCount | None]:
        """None for a coupon that no plan has begun with."""
        return one_each(count_redemptions, lambda row: row.coupon_id)

    @cached_property
    def invoices(self) -> Loader[InvoiceId, InvoiceRow | None]:
        return one_each(list_invoices_by_id, lambda row: row.id)

    @cached_property
    def wallets(self) -> Loader[AccountId, Wallet | None]:
        return one_each(list_wallets, lambda row: row.account_id)

    @cached_property
    def monthly_token_use(self) -> Loader[AccountId, MonthlyUse | None]:
        return one_each(list_monthly_use, lambda row: row.account_id)

    @cached_property
    def open_token_grants(self) -> Loader[AccountId, list[TokenGrantRow]]:
        """In burn order."""
        return many_each(list_grants_of, lambda row: row.account_id)

    @cached_property
    def token_grants(self) -> Loader[TokenGrantId, TokenGrantRow | None]:
        """Of the account that is acted for."""
        return one_each(self._of_account(list_token_grants_by_id), lambda row: row.id)

    @cached_property
    def token_entries(self) -> Loader[EntryId, EntryRow | None]:
        """Of the account that is acted for."""
        return one_each(self._of_account(list_entries_by_id), lambda row: row.id)

    @cached_property
    def token_limits(self) -> Loader[LimitId, LimitRow | None]:
        return one_each(list_limits_by_id, lambda row: row.id)

    @cached_property
    def users(self) -> Loader[UserId, User | None]:
        return one_each(list_users, lambda row: row.id)

    @cached_property
    def accounts(self) -> Loader[AccountId, Account | None]:
        return one_each(list_accounts, lambda row: row.id)

    @cached_property
    def entitlements(self) -> Loader[AccountId, AccountEntitlements | None]:
        return one_each(list_entitlements, lambda row: row.account_id)

    @cached_property
    def memberships(self) -> Loader[UserId, list[Membership]]:
        return many_each(list_memberships, lambda row: row.user_id)

    @cached_property
    def roi_reports(self) -> Loader[RoiKey, RoiReport]:
        """The same one is made once, however often a document asks for it."""
        return Loader(_make_reports)

    @cached_property
    def brands(self) -> Loader[AccountId, BrandRow | None]:
        return one_each(list_brands, lambda row: row.account_id)

    @cached_property
    def proved_hosts(self) -> Loader[AccountId, list[DomainRow]]:
        return many_each(list_proved_hosts, lambda row: row.account_id)

    @cached_property
    def run_seconds(self) -> Loader[AccountId, RunSeconds | None]:
        return one_each(list_run_seconds, lambda row: row.account_id)

    @cached_property
    def scim_tokens(self) -> Loader[ConnectionId, TokenRow | None]:
        return one_each(list_tokens, lambda row: row.connection_id)

    @cached_property
    def provider_people(self) -> Loader[ConnectionId, ConnectionPeople | None]:
        return one_each(count_people, lambda row: row.connection_id)

    @cached_property
    def api_keys(self) -> Loader[AccountId, list[ApiKey]]:
        return many_each(list_api_keys, lambda row: row.account_id)


async def _load_versions(keys: list[tuple[AgentId, AllStates]]) -> list[list[VersionHead]]:
    """At most two statements: for callers who see every state, and for the others."""
    found: dict[tuple[AgentId, AllStates], list[VersionHead]] = defaultdict(list)
    for all_states in {states for _, states in keys}:
        agent_ids = [agent_id for agent_id, states in keys if states is all_states]
        for row in await list_version_heads(agent_ids, all_states=all_states):
            found[row.agent_id, all_states].append(row)
    return [found[key] for key in keys]


async def _make_reports(keys: list[RoiKey]) -> list[RoiReport]:
    return [await get_roi_report(*key) for key in keys]
