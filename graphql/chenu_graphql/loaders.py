"""A DataLoader per relation: all keys that one operation needs of it are read by one statement."""

from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property

from chenu.accounts.actor import AccountId, Actor, UserId
from chenu.accounts.api_keys import ApiKey, list_api_keys
from chenu.accounts.entitlements import AccountEntitlements
from chenu.accounts.queries import Account, Membership, list_accounts, list_memberships
from chenu.agents.access import GrantRow, list_grants_by_id, list_usable_grants
from chenu.agents.executions import ExecutionRow, list_executions_by_id
from chenu.agents.model import (
    AgentId,
    ExecutionId,
    GrantId,
    PaymentId,
    PurchaseId,
    VersionId,
)
from chenu.agents.payments import PaymentRow, list_payments, list_payments_by_id
from chenu.agents.purchases import PurchaseRow, list_purchases_by_id
from chenu.agents.queries import (
    list_changes,
    list_versions_by_id,
)
from chenu.agents.rows import ChangeRow, VersionRow
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
from chenu.flows.sso.people import ConnectionPeople, count_people
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
from chenu_graphql.stale_loaders import StaleLoaders


class Loaders(AffiliateLoaders, StaleLoaders):
    """The loaders of one operation, for its actor; each is created when first used."""

    def __init__(self, actor: Actor) -> None:
        super().__init__()
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
    def versions(self) -> Loader[VersionId, VersionRow | None]:
        """With their manifests."""
        return one_each(list_versions_by_id, lambda row: row.id)

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
    def accounts(self) -> Loader[AccountId, Account | None]:
        return one_each(list_accounts, lambda row: row.id)

    @cached_property
    def entitlements(self) -> Loader[AccountId, AccountEntitlements | None]:
        return one_each(list_entitlements, lambda row: row.account_id)

    @cached_property
    def memberships(self) -> Loader[UserId, list[Membership]]:
        return many_each(list_memberships, lambda row: row.user_id)

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
