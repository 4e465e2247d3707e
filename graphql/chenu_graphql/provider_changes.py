"""SAML providers are entered, and providers of both kinds changed and removed."""

from typing import Annotated

import strawberry

from chenu.accounts.actor import AccountRole
from chenu.accounts.roles import Right
from chenu.flows.sso.saml_documents import read_published
from chenu.flows.sso.saml_setup import SamlInput, change_saml, create_saml
from chenu.flows.sso.setup import OidcInput, RoleTable, change_oidc
from chenu.flows.sso.switching import remove_connection
from chenu.sso.connections import ConnectionRow, get_connection
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import argument, field, input_argument, input_field
from chenu_graphql.ids import public_id
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.scim_tokens import PROVIDER
from chenu_graphql.sign_in_providers import GroupRoleInput, read_groups, read_provider_id

_METADATA = "Its XML document, or the https URL at which it is published, which is read once, now."


@strawberry.input(description="A provider that speaks SAML 2.0.")
class SamlProviderCreateInput:
    name: str = input_field("1 to 80 characters.")
    metadata: str = input_field(_METADATA)
    default_role: AccountRole = input_field("MEMBER or BILLING.", default=AccountRole.MEMBER)
    role_claim: str | None = input_field(
        "The attribute that has the groups; null for none.", default=None
    )
    group_roles: list[GroupRoleInput] | None = input_field("50 at most.", default=None)


@strawberry.input(
    description="What changes of a provider that speaks SAML 2.0: null stays as it is. Another "
    "provider has to be tried again, and is off until then."
)
class SamlProviderUpdateInput:
    id: strawberry.ID = input_field("Which provider.")
    name: str | None = input_field("1 to 80 characters.", default=None)
    metadata: str | None = input_field(
        f"{_METADATA} New certificates of the same provider count at once.", default=None
    )
    default_role: AccountRole | None = input_field("MEMBER or BILLING.", default=None)
    role_claim: str | None = input_field("Empty for none.", default=None)
    group_roles: list[GroupRoleInput] | None = input_field(
        "In place of all that there are; 50 at most.", default=None
    )


@strawberry.input(
    description="What changes of a provider that speaks OpenID Connect: null stays as it is. "
    "Another issuer, client or secret has to be tried again, and is off until then."
)
class SignInProviderUpdateInput:
    id: strawberry.ID = input_field("Which provider.")
    name: str | None = input_field("1 to 80 characters.", default=None)
    issuer: str | None = input_field("An https URL; it needs its own clientSecret.", default=None)
    client_id: str | None = input_field("As whom the provider knows us.", default=None)
    client_secret: str | None = input_field("Empty for a public client.", default=None)
    default_role: AccountRole | None = input_field("MEMBER or BILLING.", default=None)
    role_claim: str | None = input_field("Empty for none.", default=None)
    group_roles: list[GroupRoleInput] | None = input_field(
        "In place of all that there are; 50 at most.", default=None
    )


@strawberry.type(description="A provider that was removed.")
class SignInProviderRemovePayload:
    removed_id: strawberry.ID | None = field("Its id, of which there is nothing more.", PARENT)
    user_errors: list[UserError] = user_errors()


def _table_of(
    row: ConnectionRow, data: SamlProviderUpdateInput | SignInProviderUpdateInput
) -> RoleTable:
    roles = row.roles if data.group_roles is None else read_groups(data.group_roles)
    claim = row.role_claim if data.role_claim is None else data.role_claim
    return RoleTable(data.default_role or row.default_role, claim, roles)


async def resolve_create_saml(
    info: Info, data: Annotated[SamlProviderCreateInput, input_argument()]
) -> Payload:
    table = RoleTable(data.default_role, data.role_claim or "", read_groups(data.group_roles))
    ctx = info.context
    entered = SamlInput(data.name, data.metadata, table)
    entered = await read_published(ctx.services, ctx.actor, entered)
    return Payload(sign_in_provider=await create_saml(ctx.actor, entered))


async def _find(info: Info, sent: str) -> ConnectionRow:
    """Raises Forbidden, NotFound."""
    account_id = info.context.actor.require_right(Right.MANAGE_MEMBERS)
    return await get_connection(account_id, read_provider_id(sent))


async def resolve_update_saml(
    info: Info, data: Annotated[SamlProviderUpdateInput, input_argument()]
) -> Payload:
    ctx, row = info.context, await _find(info, data.id)
    metadata = row.metadata if data.metadata is None else data.metadata
    name = row.name if data.name is None else data.name
    entered = SamlInput(name, metadata, _table_of(row, data))
    entered = await read_published(ctx.services, ctx.actor, entered)
    return Payload(sign_in_provider=await change_saml(ctx.actor, row.id, entered))


async def resolve_update(
    info: Info, data: Annotated[SignInProviderUpdateInput, input_argument()]
) -> Payload:
    ctx, row = info.context, await _find(info, data.id)
    entered = OidcInput(
        name=row.name if data.name is None else data.name,
        issuer=row.issuer if data.issuer is None else data.issuer,
        client_id=row.client_id if data.client_id is None else data.client_id,
        client_secret=data.client_secret,
        table=_table_of(row, data),
    )
    return Payload(sign_in_provider=await change_oidc(ctx.services, ctx.actor, row.id, entered))


async def resolve_remove(
    info: Info, provider: Annotated[strawberry.ID, argument("The provider's id.", name="id")]
) -> Payload:
    connection_id = read_provider_id(provider)
    await remove_connection(info.context.actor, connection_id)
    return Payload(removed_id=public_id(PROVIDER, connection_id))
