"""What owners do with SAML connections: entered from the provider's metadata, and read anew."""

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import Actor
from chenu.accounts.confirmation import RECENT, require_fresh
from chenu.accounts.members import lock_as_owner
from chenu.accounts.validation import check_name
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.errors import InvalidState, reject_if_any
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.core.text import tidy
from chenu.flows.sso.setup import (
    RoleTable,
    change_locked,
    check_table,
    require_room,
    require_setting_up,
    table_values,
)
from chenu.saml.metadata import read_metadata
from chenu.saml.verifier import require_saml
from chenu.sso.connections import ConnectionRow, change_connection, get_connection, set_state
from chenu.sso.model import ConnectionId, ConnectionKind, ConnectionState
from chenu.sso.tables import SsoConnection


class SamlInput(msgspec.Struct, frozen=True):
    """`metadata` is the provider's XML document."""

    name: str
    metadata: str
    table: RoleTable = msgspec.field(default_factory=RoleTable)


async def create_saml(actor: Actor, data: SamlInput) -> ConnectionRow:
    """A draft.

    Raises Forbidden, PlanRequired, Unverified, Invalid, LimitReached, SignInAgain, and InvalidState
    where SAML is not installed.
    """
    require_setting_up(actor)
    require_saml()
    values = _check(data)
    await require_fresh(actor, RECENT)
    connection_id = ConnectionId(new_id())

    async def write() -> ConnectionRow:
        account = await lock_as_owner(actor)
        await require_room(account.id)
        made = {"id": connection_id, "account": account.id, "kind": ConnectionKind.SAML.value}
        made |= {"state": ConnectionState.DRAFT.value, "created_at": business_now()}
        await insert(SsoConnection, {**made, **values})
        await audit.record(actor, "sso.create", connection_id, issuer=str(values["issuer"]))
        return await get_connection(account.id, connection_id)

    return await db.run_in_transaction(write)


def _check(data: SamlInput) -> dict[str, object]:
    """The columns of the row. Raises Invalid, Rejected."""
    reject_if_any([*check_name(data.name, path=("name",)), *check_table(data.table)])
    provider = read_metadata(data.metadata.encode(), system_now(), path=("metadata",))
    return {
        "name": tidy(data.name),
        "issuer": provider.provider,
        "metadata": data.metadata.strip(),
        "metadata_read_at": business_now(),
        **table_values(data.table),
    }


async def change_saml(actor: Actor, connection_id: ConnectionId, data: SamlInput) -> ConnectionRow:
    """Another provider has to be tried again; new certificates of the same one count at once.

    Raises as `create_saml`, NotFound.
    """
    account_id = require_setting_up(actor)
    before = await get_connection(account_id, connection_id)
    if before.kind is not ConnectionKind.SAML:
        raise InvalidState("This connection is of another kind")
    values = _check(data)
    await require_fresh(actor, RECENT)

    async def write(connection: ConnectionRow) -> None:
        await change_connection(connection_id, **values)
        if connection.issuer != values["issuer"]:
            await set_state(connection_id, ConnectionState.DRAFT)
        await audit.record(actor, "sso.change", connection_id, issuer=str(values["issuer"]))

    return await change_locked(actor, connection_id, write)
