"""The viewer: profile, accounts, creator profile."""

import strawberry

from chenu.accounts.actor import UserId
from chenu.accounts.queries import Account as AccountRow
from chenu.accounts.queries import Membership
from chenu.accounts.users import User as UserRow
from chenu.affiliates.affiliates import AffiliateRow, find_affiliate_of
from chenu.agents.queries import find_creator_of
from chenu.agents.rows import CreatorRow
from chenu_graphql.accounts import Account, AccountMembership, list_own_memberships
from chenu_graphql.affiliates import Affiliate
from chenu_graphql.context import Context, Info
from chenu_graphql.fields import Weight, field
from chenu_graphql.ids import public_id
from chenu_graphql.market import Creator
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.permissions import READER, SELF

_Source = strawberry.Parent[UserRow]


def _id(root: _Source) -> strawberry.ID:
    return public_id("User", root.id)


async def _account(root: _Source, info: Info) -> AccountRow | None:
    account_id = info.context.actor.account_id
    return await info.context.loaders.accounts.load(account_id) if account_id else None


async def _accounts(root: _Source, info: Info) -> list[Membership]:
    return await list_own_memberships(info.context)


async def _creator(root: _Source, info: Info) -> CreatorRow | None:
    return await find_creator_of(root.id)


async def _affiliate(root: _Source, info: Info) -> AffiliateRow | None:
    return await find_affiliate_of(root.id)


@strawberry.type(description="A person; everybody sees only themselves.")
class User(Node):
    id: strawberry.ID = field("Global id.", SELF, _id)
    email: str = field("The address to sign in with.", SELF)
    display_name: str = field("The name for people.", SELF)
    locale: str = field("'fr' or 'en': the person's own choice.", SELF)
    is_staff: bool = field("Whether the person has any staff role.", SELF)
    email_verified: bool = field("Whether the address was proved.", SELF)
    account: Account = field("The account that this request acts for.", SELF, _account)
    accounts: list[AccountMembership] = field(
        "All that the person is a member of, the personal one first.",
        SELF,
        _accounts,
        weight=Weight(size=3),
    )
    creator: Creator | None = field("The person's own face in the store.", SELF, _creator)
    affiliate: Affiliate | None = field(
        "What the affiliate programme brings; null for who has not joined.", SELF, _affiliate
    )


async def find_viewer(info: Info) -> UserRow | None:
    """None for an anonymous caller, and for a service key, which belongs to no person."""
    user_id = info.context.actor.user_id
    return await info.context.loaders.users.load(user_id) if user_id else None


async def _find(ctx: Context, row_id: UserId) -> UserRow | None:
    READER.require(ctx)
    return await ctx.loaders.users.load(row_id) if row_id == ctx.actor.user_id else None


register_node("User", (UserRow,), _find)
