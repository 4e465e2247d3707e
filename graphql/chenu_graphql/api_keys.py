"""API keys: visible to their account; people who are signed in create, rotate and revoke them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import ApiKey as KeyRow
from chenu.accounts.api_keys import ApiKeyId, create_api_key, revoke_api_key
from chenu.accounts.key_rotation import rotate_api_key
from chenu.core.errors import NotFound
from chenu.flows.sso.confirming import read_password
from chenu_graphql.context import Context, Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import argument, field, input_argument, input_field
from chenu_graphql.ids import get_row_id, public_id
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import HOLDER, PARENT, READER

_Source = strawberry.Parent[KeyRow]


def _id(root: _Source) -> strawberry.ID:
    return public_id("ApiKey", root.id)


def _previous_secret_expires_at(root: _Source) -> datetime | None:
    return root.previous_until


@strawberry.type(description="A key of an account; the secret itself is not stored.")
class ApiKey(Node):
    id: strawberry.ID = field("Global id.", HOLDER, _id)
    name: str = field("What its maker called it.", HOLDER)
    prefix: str = field("How the secret begins.", HOLDER)
    scopes: list[ApiScope] = field("What it may do.", HOLDER)
    created_at: datetime = field("When it was made.", HOLDER)
    last_used_at: datetime | None = field("To the minute; null: never.", HOLDER)
    expires_at: datetime | None = field("When it stops working; null: never.", HOLDER)
    revoked_at: datetime | None = field("When it was revoked.", HOLDER)
    previous_secret_expires_at: datetime | None = field(
        "Until when the secret before the last rotation works as well; null: never rotated.",
        HOLDER,
        _previous_secret_expires_at,
    )


@strawberry.input(description="A key to make.")
class ApiKeyCreateInput:
    name: str = input_field("A line of text for people.")
    scopes: list[ApiScope] = input_field("At least one.")
    expires_at: datetime | None = input_field("In the future; null: never.")
    current_password: str | None = input_field(
        "The maker's own: needed unless this session began less than 10 minutes ago."
    )


@strawberry.type(description="'secret' is shown once, here.")
class ApiKeyPayload:
    api_key: ApiKey | None = field("The key.", PARENT)
    secret: str | None = field("The whole key; it cannot be had again.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_api_key_create(
    info: Info, data: Annotated[ApiKeyCreateInput, input_argument()]
) -> Payload:
    ctx = info.context
    scopes: Sequence[ApiScope] = data.scopes
    pepper = ctx.services.settings.secret
    made = await create_api_key(
        ctx.actor,
        data.name,
        scopes,
        data.expires_at,
        pepper,
        current_password=await read_password(ctx.actor, data.current_password),
    )
    return Payload(api_key=made.key, secret=made.secret)


_KeyArgument = Annotated[strawberry.ID, argument("The key's id.", name="id")]


async def resolve_api_key_rotate(info: Info, key: _KeyArgument) -> Payload:
    """The secret until now works for 24 hours; one that was replaced before ends at once."""
    ctx = info.context
    made = await rotate_api_key(ctx.actor, _get_key_id(key), ctx.services.settings.secret)
    return Payload(api_key=made.key, secret=made.secret)


async def resolve_api_key_revoke(info: Info, key: _KeyArgument) -> Payload:
    """Takes effect at once and is final; revoking again changes nothing."""
    return Payload(api_key=await revoke_api_key(info.context.actor, _get_key_id(key)))


def _get_key_id(key: str) -> ApiKeyId:
    unknown = NotFound("There is no such API key", path=("id",))
    return ApiKeyId(get_row_id("ApiKey", key, unknown))


async def _find(ctx: Context, row_id: ApiKeyId) -> KeyRow | None:
    READER.require(ctx)
    account_id = ctx.actor.account_id
    if account_id is None:
        return None
    rows = await ctx.loaders.api_keys.load(account_id)
    return next((row for row in rows if row.id == row_id), None)


register_node("ApiKey", (KeyRow,), _find)
