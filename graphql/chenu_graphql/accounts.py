"""The fields of accounts and memberships."""

from functools import partial

import strawberry

from chenu.accounts.actor import AccountId, AccountRole
from chenu.accounts.queries import Account as AccountRow
from chenu.accounts.queries import Membership
from chenu.agents.counts import count_purchases
from chenu.agents.executions import ExecutionRow
from chenu.agents.purchases import PurchaseRow, list_purchases
from chenu.billing.invoices import InvoiceRow, count_invoices, list_invoices
from chenu.flows.api_plans.view import ApiPlanState, describe_api_plan
from chenu.metering.plan_of import plan_of
from chenu.tiers import catalogue
from chenu.tokens.limits import LimitRow
from chenu_graphql.api_keys import ApiKey
from chenu_graphql.api_plans import ApiSubscription
from chenu_graphql.api_usage import ApiUsage, resolve_api_usage
from chenu_graphql.branding import Brand, resolve_brand
from chenu_graphql.connection import (
    After,
    Before,
    Connection,
    ConnectionSource,
    First,
    Last,
    PageArguments,
    by_row_id,
    read_page,
)
from chenu_graphql.context import Context, Info
from chenu_graphql.entitlements import Entitlement
from chenu_graphql.executions import Execution, page_executions
from chenu_graphql.fields import Weight, field
from chenu_graphql.ids import public_id
from chenu_graphql.market import AccessGrant
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.permissions import ACTING, INVOICES, PARENT, READER, SIGN_IN_SETUP
from chenu_graphql.purchases import Purchase
from chenu_graphql.relations import by_key
from chenu_graphql.roi import RoiReport, resolve_roi
from chenu_graphql.shelves import page_library
from chenu_graphql.sign_in_providers import (
    MailDomain,
    SignInProvider,
    list_mail_domains,
    list_sign_in_providers,
)
from chenu_graphql.subscriptions import Invoice, Subscription
from chenu_graphql.tiers import Tier
from chenu_graphql.token_limits import TokenLimit, page_token_limits
from chenu_graphql.wallets import TokenWallet

_Source = strawberry.Parent[AccountRow]


def _id(root: _Source) -> strawberry.ID:
    return public_id("Account", root.id)


def _tier(root: _Source) -> catalogue.Tier:
    return catalogue.get_tier(root.tier)


async def _page_purchases(
    root: _Source,
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[PurchaseRow]:
    cursors = info.context.cursors.of_list("purchases", root.id)
    page = read_page(cursors, PageArguments(first, after, last, before))
    rows = await list_purchases(root.id, page)
    return ConnectionSource(cursors, rows, by_row_id, partial(count_purchases, root.id))


async def _page_executions(
    root: _Source,
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[ExecutionRow]:
    arguments = PageArguments(first, after, last, before)
    return await page_executions(info.context, root.id, arguments)


async def _page_token_limits(
    root: _Source,
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[LimitRow]:
    arguments = PageArguments(first, after, last, before)
    return await page_token_limits(info.context, root.id, arguments)


_subscription = by_key(lambda ctx: ctx.loaders.plans, lambda root: root.id)


async def _api_subscription(root: _Source, info: Info) -> ApiPlanState:
    row = await info.context.loaders.api_plans.load(root.id)
    return describe_api_plan(root.id, row, plan_of(info.context.actor))


async def _page_invoices(
    root: _Source,
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionSource[InvoiceRow]:
    cursors = info.context.cursors.of_list("invoices", root.id)
    page = read_page(cursors, PageArguments(first, after, last, before))
    rows = await list_invoices(root.id, page)
    return ConnectionSource(cursors, rows, by_row_id, partial(count_invoices, root.id))


_entitlements = by_key(
    lambda ctx: ctx.loaders.entitlements,
    lambda root: root.id,
    lambda found: found.entitlements if found else (),
)
_tokens = by_key(lambda ctx: ctx.loaders.wallets, lambda root: root.id)
_api_keys = by_key(lambda ctx: ctx.loaders.api_keys, lambda root: root.id)


@strawberry.type(description="Who pays. Everyone has a personal account; companies share one.")
class Account(Node):
    id: strawberry.ID = field("Global id; the header Chenu-Account takes it.", PARENT, _id)
    name: str = field("Its name for people.", PARENT)
    tier: Tier = field("Its plan.", PARENT, _tier)
    entitlements: list[Entitlement] = field(
        "Every feature: what the account may, and how much of it is in use.",
        ACTING,
        _entitlements,
        weight=Weight(size=len(catalogue.Feature)),
    )
    tokens: TokenWallet = field("What its agents run on.", ACTING, _tokens)
    subscription: Subscription | None = field(
        "Its plan, or the last one that ended; null: it never had one.", ACTING, _subscription
    )
    api_subscription: ApiSubscription = field(
        "Its plan of the paid API: FREE until it buys another.", ACTING, _api_subscription
    )
    invoices: Connection[Invoice] = field(
        "Those that were issued, newest first.", INVOICES, _page_invoices
    )
    purchases: Connection[Purchase] = field("Newest first.", ACTING, _page_purchases)
    library: Connection[AccessGrant] = field(
        "What it may use or once could, newest first.", ACTING, page_library
    )
    executions: Connection[Execution] = field(
        "Runs of agents for it, newest first.", ACTING, _page_executions
    )
    token_limits: Connection[TokenLimit] = field(
        "What single agents and keys of it may use in a month, newest first.",
        ACTING,
        _page_token_limits,
    )
    mail_domains: list[MailDomain] = field(
        "Whose mailboxes are of its people, oldest first.",
        SIGN_IN_SETUP,
        list_mail_domains,
        weight=Weight(size=20),
    )
    sign_in_providers: list[SignInProvider] = field(
        "Where its people sign in, oldest first.",
        SIGN_IN_SETUP,
        list_sign_in_providers,
        weight=Weight(size=3),
    )
    brand: Brand | None = field(
        "What its people see in the place of our name; null: it has none.", ACTING, resolve_brand
    )
    roi: RoiReport = field(
        "What its runs of agents were worth in a period, against what was paid.",
        ACTING,
        resolve_roi,
        weight=Weight(points=20),
    )
    api_usage: ApiUsage = field(
        "Calls of the API in a month, by its keys.",
        ACTING,
        resolve_api_usage,
        weight=Weight(points=20),
    )
    api_keys: list[ApiKey] = field(
        "Newest first, revoked ones included.", ACTING, _api_keys, weight=Weight(size=25)
    )


_member_account = by_key(lambda ctx: ctx.loaders.accounts, lambda root: root.account_id)


@strawberry.type(description="A person's place in an account.")
class AccountMembership:
    account: Account = field("The account.", PARENT, _member_account)
    role: AccountRole = field("What the person may do in it.", PARENT)


async def list_own_memberships(ctx: Context) -> list[Membership]:
    """All memberships of a person; a key sees only its own account's."""
    actor = ctx.actor
    if actor.user_id is None:
        return []
    rows = await ctx.loaders.memberships.load(actor.user_id)
    if actor.session_id is not None:
        return rows
    return [row for row in rows if row.account_id == actor.account_id]


async def _find(ctx: Context, row_id: AccountId) -> AccountRow | None:
    """The account acted for, and those that the person is a member of."""
    READER.require(ctx)
    own = {row.account_id for row in await list_own_memberships(ctx)} | {ctx.actor.account_id}
    return await ctx.loaders.accounts.load(row_id) if row_id in own else None


register_node("Account", (AccountRow,), _find)
