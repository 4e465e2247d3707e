"""Tokens of directories, by which these write people and groups over SCIM 2.0."""

from datetime import datetime
from typing import Annotated

import strawberry

from chenu.core.errors import NotFound
from chenu.scim.tokens import TokenRow, create_token, revoke_token
from chenu.sso.connections import ConnectionRow
from chenu.sso.model import ConnectionId
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import argument, field
from chenu_graphql.ids import get_row_id
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT

PROVIDER = "SignInProvider"


@strawberry.type(description="What a directory proves itself with; the secret is not stored.")
class ScimToken:
    prefix: str = field("How the secret begins.", PARENT)
    created_at: datetime = field("When it was made.", PARENT)
    last_used_at: datetime | None = field("To the minute; null: never.", PARENT)
    revoked_at: datetime | None = field("When it ended; null: it works.", PARENT)


@strawberry.type(description="'secret' is shown once, here.")
class ScimTokenPayload:
    scim_token: ScimToken | None = field("The token.", PARENT)
    secret: str | None = field("The whole token; null when it was revoked.", PARENT)
    user_errors: list[UserError] = user_errors()


async def find_scim_token(root: strawberry.Parent[ConnectionRow], info: Info) -> TokenRow | None:
    return await info.context.loaders.scim_tokens.load(root.id)


_Provider = Annotated[strawberry.ID, argument("The id of the provider.", name="id")]


async def resolve_create_token(info: Info, provider: _Provider) -> Payload:
    ctx = info.context
    made = await create_token(ctx.actor, _get_id(provider), ctx.services.settings.secret)
    return Payload(scim_token=made.token, secret=made.secret)


async def resolve_revoke_token(info: Info, provider: _Provider) -> Payload:
    return Payload(scim_token=await revoke_token(info.context.actor, _get_id(provider)))


def _get_id(provider: str) -> ConnectionId:
    unknown = NotFound("There is no such connection", path=("id",))
    return ConnectionId(get_row_id(PROVIDER, provider, unknown))
