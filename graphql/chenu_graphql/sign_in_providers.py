"""Single sign-on of an account: its mail domains and the providers that its people sign in at."""

from datetime import datetime
from typing import Annotated

import strawberry

from chenu.accounts.actor import AccountId, AccountRole, ActorKind
from chenu.accounts.queries import Account as AccountRow
from chenu.accounts.roles import Right
from chenu.core.errors import NotFound
from chenu.domains.domains import DomainRow, find_domain, list_domains
from chenu.domains.model import DomainId, NameKind
from chenu.domains.proving import add_name, prove_name
from chenu.flows.sso.kinds import return_url
from chenu.flows.sso.people import ConnectionPeople
from chenu.flows.sso.saml import audience_of
from chenu.flows.sso.setup import OidcInput, RoleTable, create_oidc
from chenu.flows.sso.switching import ProviderMode, choose_mode
from chenu.scim.model import SCIM_PATH
from chenu.sso.connections import ConnectionRow, find_connection, list_connections
from chenu.sso.model import ConnectionId, ConnectionKind, ConnectionState
from chenu_graphql.context import Context, Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import argument, field, input_argument, input_field
from chenu_graphql.ids import get_row_id, public_id
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.scim_tokens import PROVIDER, ScimToken, find_scim_token

_DOMAIN = "MailDomain"


def _domain_id(root: strawberry.Parent[DomainRow]) -> strawberry.ID:
    return public_id(_DOMAIN, root.id)


@strawberry.type(
    description="What stands behind the @ of an organisation's mailboxes, and how it is proved."
)
class MailDomain(Node):
    id: strawberry.ID = field("By which it is proved.", PARENT, _domain_id)
    name: str = field("In ASCII and lower case.", PARENT)
    record_name: str = field("Where the DNS record of type TXT stands.", PARENT)
    record_value: str = field("The text of that record.", PARENT)
    proved_at: datetime | None = field("Null until the record was found.", PARENT)


def _provider_id(root: strawberry.Parent[ConnectionRow]) -> strawberry.ID:
    return public_id(PROVIDER, root.id)


def _redirect_uri(root: strawberry.Parent[ConnectionRow], info: Info) -> str:
    return return_url(info.context.services, root)


def _scim_url(root: strawberry.Parent[ConnectionRow], info: Info) -> str:
    return info.context.services.url(SCIM_PATH)


def _trial_url(root: strawberry.Parent[ConnectionRow], info: Info) -> str:
    return info.context.services.url(f"/account/sign-in/connections/{root.id}/try")


def _entity_id(root: strawberry.Parent[ConnectionRow], info: Info) -> str | None:
    if root.kind is not ConnectionKind.SAML:
        return None
    return audience_of(info.context.services, root.id)


async def _people(root: strawberry.Parent[ConnectionRow], info: Info) -> ConnectionPeople | None:
    return await info.context.loaders.provider_people.load(root.id)


@strawberry.type(description="Whom a provider is about: what its removal would change for them.")
class SignInProviderPeople:
    count: int = field("Who signs in by it or came from its directory.", PARENT)
    without_password: int = field(
        "Of them, those who would need the link for forgotten passwords.", PARENT
    )


def _groups(root: strawberry.Parent[ConnectionRow]) -> list["GroupRole"]:
    return [GroupRole(group=group, role=role) for group, role in root.roles.items()]


@strawberry.type(description="The role of members who have a group at their provider.")
class GroupRole:
    group: str = field("A value of the claim.", PARENT)
    role: AccountRole = field("Never OWNER.", PARENT)


@strawberry.type(description="An organisation's own service that signs its people in.")
class SignInProvider(Node):
    id: strawberry.ID = field("By which its mode is chosen.", PARENT, _provider_id)
    kind: ConnectionKind = field("The protocol that it speaks.", PARENT)
    name: str = field("What people know it by.", PARENT)
    issuer: str = field("Who signs its answers.", PARENT)
    client_id: str = field("As whom it knows us; empty for SAML.", PARENT)
    redirect_uri: str = field("Where it sends people back to.", PARENT, _redirect_uri)
    state: ConnectionState = field("Whether people are sent to it.", PARENT)
    is_required: bool = field(
        "Whether passwords are off for members of the mail domains, but for the owner.", PARENT
    )
    default_role: AccountRole = field("Of members without a group of groupRoles.", PARENT)
    role_claim: str = field("The claim that has the groups; empty for none.", PARENT)
    group_roles: list[GroupRole] = field("The first that matches counts.", PARENT, _groups)
    tried_at: datetime | None = field("When its owner signed in by it for a trial.", PARENT)
    trial_url: str = field(
        "Where its owner tries it, in the browser in which they are signed in.", PARENT, _trial_url
    )
    entity_id: str | None = field(
        "Our SAML metadata, whose URL is our entity id; null for OIDC.", PARENT, _entity_id
    )
    people: SignInProviderPeople | None = field("Who comes by it.", PARENT, _people)
    scim_url: str = field("Where its directory writes to.", PARENT, _scim_url)
    scim_token: ScimToken | None = field(
        "What its directory proves itself with; null: it has none.", PARENT, find_scim_token
    )


async def list_mail_domains(root: strawberry.Parent[AccountRow]) -> list[DomainRow]:
    return await list_domains(root.id, NameKind.MAIL)


async def list_sign_in_providers(root: strawberry.Parent[AccountRow]) -> list[ConnectionRow]:
    return await list_connections(root.id)


@strawberry.input(description="A group at the provider, and the role that it gives.")
class GroupRoleInput:
    group: str = input_field("A value of the claim.")
    role: AccountRole = input_field("MEMBER or BILLING.")


def read_groups(rows: list[GroupRoleInput] | None) -> dict[str, AccountRole]:
    """In their order: the first that matches counts."""
    found: dict[str, AccountRole] = {}
    for row in rows or []:
        found.setdefault(row.group.strip(), row.role)
    return found


@strawberry.input(description="A provider that speaks OpenID Connect.")
class SignInProviderCreateInput:
    name: str = input_field("1 to 80 characters.")
    issuer: str = input_field("An https URL, whose discovery document is read.")
    client_id: str = input_field("As whom the provider knows us.")
    client_secret: str | None = input_field("Null for a public client.", default=None)
    default_role: AccountRole = input_field("MEMBER or BILLING.", default=AccountRole.MEMBER)
    role_claim: str | None = input_field("Such as groups; null for none.", default=None)
    group_roles: list[GroupRoleInput] | None = input_field("50 at most.", default=None)


@strawberry.input(description="How far people sign in by a provider.")
class SignInProviderModeInput:
    id: strawberry.ID = input_field("Which provider.")
    mode: ProviderMode = input_field("ON and REQUIRED need a trial that has succeeded.")


@strawberry.type(description="A mail domain that was entered or proved.")
class MailDomainPayload:
    mail_domain: MailDomain | None = field("The domain.", PARENT)
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="A provider that was entered or changed.")
class SignInProviderPayload:
    sign_in_provider: SignInProvider | None = field("The provider.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_add_domain(
    info: Info, name: Annotated[str, argument("A public domain, such as acme.fr.")]
) -> Payload:
    return Payload(mail_domain=await add_name(info.context.actor, NameKind.MAIL, name))


async def resolve_prove_domain(
    info: Info, domain: Annotated[strawberry.ID, argument("The domain's id.", name="id")]
) -> Payload:
    ctx = info.context
    unknown = NotFound("There is no such name in this account", path=("id",))
    domain_id = DomainId(get_row_id(_DOMAIN, domain, unknown))
    return Payload(mail_domain=await prove_name(ctx.services.resolver, ctx.actor, domain_id))


async def resolve_create(
    info: Info, data: Annotated[SignInProviderCreateInput, input_argument()]
) -> Payload:
    table = RoleTable(
        default_role=data.default_role,
        role_claim=data.role_claim or "",
        roles=read_groups(data.group_roles),
    )
    entered = OidcInput(data.name, data.issuer, data.client_id, data.client_secret, table)
    ctx = info.context
    return Payload(sign_in_provider=await create_oidc(ctx.services, ctx.actor, entered))


def read_provider_id(sent: str) -> ConnectionId:
    """Raises NotFound."""
    unknown = NotFound("There is no such connection", path=("id",))
    return ConnectionId(get_row_id(PROVIDER, sent, unknown))


async def resolve_mode(
    info: Info, data: Annotated[SignInProviderModeInput, input_argument()]
) -> Payload:
    changed = await choose_mode(info.context.actor, read_provider_id(data.id), data.mode)
    return Payload(sign_in_provider=changed)


def _is_set_up_by(ctx: Context, account_id: AccountId) -> bool:
    """By its owner in person, as Account.signInProviders."""
    actor = ctx.actor
    is_owner = actor.kind is ActorKind.SESSION and actor.has_right(Right.MANAGE_MEMBERS)
    return is_owner and actor.account_id == account_id


async def _find_domain(ctx: Context, row_id: DomainId) -> DomainRow | None:
    row = await find_domain(row_id)
    if row is None or row.kind is not NameKind.MAIL:
        return None
    return row if _is_set_up_by(ctx, row.account_id) else None


async def _find_provider(ctx: Context, row_id: ConnectionId) -> ConnectionRow | None:
    row = await find_connection(row_id)
    return row if row is not None and _is_set_up_by(ctx, row.account_id) else None


register_node(_DOMAIN, (DomainRow,), _find_domain)
register_node(PROVIDER, (ConnectionRow,), _find_provider)
