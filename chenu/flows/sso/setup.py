"""What owners do with connections of their account: entered, changed, switched on, required."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, AccountRole, Actor
from chenu.accounts.confirmation import RECENT, require_fresh
from chenu.accounts.encryption import encrypt
from chenu.accounts.members import GIVEN_ROLES, lock_as_owner
from chenu.accounts.roles import Right
from chenu.accounts.validation import check_name
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Invalid, InvalidState, LimitReached, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.core.text import has_control, tidy
from chenu.flows.services import Services
from chenu.sso.connections import (
    ConnectionRow,
    change_connection,
    get_connection,
    list_connections,
    set_state,
)
from chenu.sso.model import MOST_CONNECTIONS, ConnectionId, ConnectionKind, ConnectionState
from chenu.sso.oidc_metadata import metadata_url
from chenu.sso.tables import SsoConnection
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import require_feature
from chenu.webhooks.targets import read_target

MOST_ROLES = 50
_LONGEST_CLIENT, _LONGEST_SECRET, _LONGEST_VALUE = 255, 1000, 255


class RoleTable(msgspec.Struct, frozen=True):
    """`roles` by value of the claim; who has none of the values gets `default_role`."""

    default_role: str = AccountRole.MEMBER
    role_claim: str = ""
    roles: Mapping[str, str] = msgspec.field(default_factory=dict)


class OidcInput(msgspec.Struct, frozen=True):
    """`client_secret` None: as it is; empty: a public client, which PKCE alone protects."""

    name: str
    issuer: str
    client_id: str
    client_secret: str | None = None
    table: RoleTable = msgspec.field(default_factory=RoleTable)


def require_setting_up(actor: Actor) -> AccountId:
    """Raises Unauthenticated, Forbidden, PlanRequired, Unverified."""
    account_id = actor.require_right(Right.MANAGE_MEMBERS)
    require_feature(actor.entitlements, Feature.SSO)
    actor.require_verified()
    return account_id


async def create_oidc(services: Services, actor: Actor, data: OidcInput) -> ConnectionRow:
    """A draft; its provider was asked who it is.

    Raises Forbidden, PlanRequired, Unverified, Invalid, LimitReached, SsoRefused, SignInAgain.
    """
    require_setting_up(actor)
    reject_if_any(check_oidc(services, data))
    await require_fresh(actor, RECENT)
    await services.providers.get_metadata(data.issuer.strip(), anew=True)
    connection_id = ConnectionId(new_id())

    async def write() -> ConnectionRow:
        account = await lock_as_owner(actor)
        await require_room(account.id)
        secret = _seal(services, connection_id, data.client_secret or "")
        values = {"id": connection_id, "account": account.id, "kind": ConnectionKind.OIDC.value}
        values |= {"state": ConnectionState.DRAFT.value, "created_at": business_now()}
        await insert(SsoConnection, {**values, **_oidc_values(data), "client_secret": secret})
        await audit.record(actor, "sso.create", connection_id, issuer=data.issuer.strip())
        return await get_connection(account.id, connection_id)

    return await db.run_in_transaction(write)


async def require_room(account_id: AccountId) -> None:
    """Of every kind. Raises LimitReached."""
    if len(await list_connections(account_id)) >= MOST_CONNECTIONS:
        message = mark("An account has at most {count} connections: remove one first")
        raise LimitReached(message, count=MOST_CONNECTIONS)


def _seal(services: Services, connection_id: ConnectionId, secret: str) -> bytes | None:
    if not secret:
        return None
    return encrypt(secret.encode(), services.settings.secret, connection_id)


def _oidc_values(data: OidcInput) -> dict[str, object]:
    return {
        "name": tidy(data.name),
        "issuer": data.issuer.strip(),
        "client_id": data.client_id.strip(),
        **table_values(data.table),
    }


def table_values(table: RoleTable) -> dict[str, object]:
    """The columns of a table of roles, once it was checked."""
    return {
        "default_role": table.default_role,
        "role_claim": table.role_claim.strip(),
        "roles": msgspec.json.encode(dict(table.roles)).decode(),
        "role_rows": msgspec.json.encode(list(table.roles.items())).decode(),
    }


def check_oidc(services: Services, data: OidcInput) -> list[ChenuError]:
    errors = check_name(data.name, path=("name",))
    errors += _check_issuer(services, data.issuer.strip())
    errors += _check_text(data.client_id, "client_id", _LONGEST_CLIENT, is_needed=True)
    errors += _check_text(data.client_secret or "", "client_secret", _LONGEST_SECRET)
    return errors + check_table(data.table)


def _check_issuer(services: Services, issuer: str) -> list[ChenuError]:
    """Its metadata is asked for below it, so that it has no query."""
    try:
        allows_loopback = services.providers.http.allows_loopback
        target = read_target(metadata_url(issuer), allows_loopback=allows_loopback)
    except Invalid as error:
        return [Invalid(error.message, path=("issuer",), **error.params)]
    if target.url.query or "?" in issuer:
        return [Invalid("Please enter an issuer without a query (?…)", path=("issuer",))]
    return []


def _check_text(text: str, name: str, longest: int, *, is_needed: bool = False) -> list[ChenuError]:
    if len(text) > longest or has_control(text, is_line=True) or (is_needed and not text.strip()):
        message = mark("Please enter at most {count} characters, without control characters")
        return [Invalid(message, path=(name,), count=longest)]
    return []


def check_table(table: RoleTable) -> list[ChenuError]:
    """Of every kind of connection: owners are never made by a claim."""
    errors = _check_text(table.role_claim, "role_claim", _LONGEST_VALUE)
    if len(table.roles) > MOST_ROLES:
        message = mark("A table of roles has at most {count} rows")
        errors.append(Invalid(message, path=("roles",), count=MOST_ROLES))
    for value in table.roles:
        errors += _check_text(value, "roles", _LONGEST_VALUE, is_needed=True)
    if {table.default_role, *table.roles.values()} - set(GIVEN_ROLES):
        allowed = ", ".join(GIVEN_ROLES)
        message = mark("The role is one of {allowed}")
        errors.append(Invalid(message, path=("roles",), allowed=allowed))
    if table.roles and not table.role_claim.strip():
        message = mark("Please say which claim has the values of the table")
        errors.append(Invalid(message, path=("role_claim",)))
    return errors


async def change_oidc(
    services: Services, actor: Actor, connection_id: ConnectionId, data: OidcInput
) -> ConnectionRow:
    """Another provider or client has to be tried again, and is off until then.

    Raises as `create_oidc`, NotFound.
    """
    account_id = require_setting_up(actor)
    before = await get_connection(account_id, connection_id)
    if before.kind is not ConnectionKind.OIDC:
        raise InvalidState("This connection is of another kind")
    reject_if_any(check_oidc(services, data))
    _require_own_secret(before, data)
    await require_fresh(actor, RECENT)
    await services.providers.get_metadata(data.issuer.strip(), anew=True)

    async def write(connection: ConnectionRow) -> None:
        _require_own_secret(connection, data)
        changes = _oidc_values(data)
        if data.client_secret is not None:
            changes["client_secret"] = _seal(services, connection_id, data.client_secret)
        await change_connection(connection_id, **changes)
        known = (connection.issuer, connection.client_id)
        if known != (data.issuer.strip(), data.client_id.strip()) or data.client_secret is not None:
            await set_state(connection_id, ConnectionState.DRAFT)
        await audit.record(actor, "sso.change", connection_id, issuer=data.issuer.strip())

    return await change_locked(actor, connection_id, write)


def _require_own_secret(before: ConnectionRow, data: OidcInput) -> None:
    """What one provider knows us by is never sent to another. Raises Invalid."""
    is_moved = before.issuer != data.issuer.strip()
    if is_moved and before.has_secret and data.client_secret is None:
        message = mark("Another provider has a secret of its own: please enter it")
        raise Invalid(message, path=("client_secret",))


async def change_locked(
    actor: Actor,
    connection_id: ConnectionId,
    write: Callable[[ConnectionRow], Awaitable[None]],
) -> ConnectionRow:
    """In one transaction, under the lock of the account."""

    async def run() -> ConnectionRow:
        account = await lock_as_owner(actor)
        await write(await get_connection(account.id, connection_id))
        return await get_connection(account.id, connection_id)

    return await db.run_in_transaction(run)
