"""Connections of accounts: rows. What owners do with them is in chenu/flows/sso."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId, AccountRole
from chenu.accounts.encryption import decrypt
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.rows import Columns, update
from chenu.sso.model import ConnectionId, ConnectionKind, ConnectionState
from chenu.sso.tables import SsoConnection


class ConnectionRow(msgspec.Struct, frozen=True):
    """`roles_json` and `role_rows_json`: see `roles`.

    `has_secret`: whether the provider knows us by one.
    """

    id: ConnectionId
    account_id: AccountId
    kind: ConnectionKind
    name: str
    issuer: str
    client_id: str
    has_secret: bool
    metadata: str
    metadata_read_at: datetime | None
    state: ConnectionState
    is_required: bool
    default_role: AccountRole
    role_claim: str
    roles_json: str
    role_rows_json: str | None
    created_at: datetime
    tried_at: datetime | None
    switched_on_at: datetime | None

    @property
    def is_on(self) -> bool:
        return self.state is ConnectionState.ON

    @property
    def roles(self) -> Mapping[str, AccountRole]:
        """By value of the claim, in the order in which they were entered.

        Rows that differ from the object were there before an older release wrote it.
        """
        stored = msgspec.json.decode(self.roles_json, type=dict[str, AccountRole])
        rows = msgspec.json.decode(self.role_rows_json or "[]", type=list[tuple[str, AccountRole]])
        ordered = dict(rows)
        return ordered if ordered == stored else stored

    def role_of(self, groups: Sequence[str]) -> AccountRole:
        """The first row of the table that the person has a value of."""
        return next(
            (role for value, role in self.roles.items() if value in groups), self.default_role
        )


COLUMNS = Columns(
    ConnectionRow,
    SsoConnection,
    account_id="account",
    has_secret="({0}client_secret IS NOT NULL)",  # noqa: S106 - SQL
    roles_json="({0}roles::text)",
    role_rows_json="({0}role_rows::text)",
)
_SELECT = f"SELECT {COLUMNS.select()} FROM sso_connection"  # noqa: S608 - own columns


async def list_connections(account_id: AccountId) -> list[ConnectionRow]:
    """The oldest first: MOST_CONNECTIONS at most."""
    sql = f"{_SELECT} WHERE account = $1 ORDER BY id"
    return await db.fetch_all(ConnectionRow, sql, account_id)


async def get_connection(account_id: AccountId, connection_id: ConnectionId) -> ConnectionRow:
    """Raises NotFound, also for another account's."""
    sql = f"{_SELECT} WHERE id = $1 AND account = $2"
    found = await db.find_one(ConnectionRow, sql, connection_id, account_id)
    if found is None:
        raise NotFound("There is no such connection")
    return found


async def find_connection(connection_id: ConnectionId) -> ConnectionRow | None:
    """Whosesoever: for somebody who is not signed in yet."""
    return await db.find_one(ConnectionRow, f"{_SELECT} WHERE id = $1", connection_id)


async def find_connection_on(account_id: AccountId) -> ConnectionRow | None:
    sql = f"{_SELECT} WHERE account = $1 AND state = 'ON'"
    return await db.find_one(ConnectionRow, sql, account_id)


async def list_required(account_ids: Sequence[AccountId]) -> list[ConnectionRow]:
    """Of these accounts, those whose members have no passwords."""
    sql = f"{_SELECT} WHERE account = ANY($1) AND state = 'ON' AND is_required ORDER BY id"
    return await db.fetch_all(ConnectionRow, sql, list(account_ids))


async def change_connection(connection_id: ConnectionId, **changes: object) -> None:
    await update(SsoConnection, connection_id, changes)


async def set_state(connection_id: ConnectionId, state: ConnectionState) -> None:
    """Nothing but a connection that is ON may be required."""
    changes: dict[str, object] = {"state": state.value}
    if state is not ConnectionState.ON:
        changes |= {"is_required": False, "switched_on_at": None}
    if state is ConnectionState.DRAFT:
        changes["tried_at"] = None
    if state is ConnectionState.TRIED:
        changes["tried_at"] = business_now()
    if state is ConnectionState.ON:
        changes["switched_on_at"] = business_now()
    await update(SsoConnection, connection_id, changes)


async def delete_connection(connection_id: ConnectionId) -> None:
    """With who came by it, and what is under way."""
    for table in ("sso_join", "sso_attempt", "sso_identity"):
        await db.execute(f"DELETE FROM {table} WHERE connection = $1", connection_id)  # noqa: S608 - own names
    await db.execute("DELETE FROM sso_connection WHERE id = $1", connection_id)


async def open_client_secret(connection_id: ConnectionId, key: bytes) -> str:
    """Empty for a client without one. Raises UnreadableSecret."""
    sql = "SELECT client_secret FROM sso_connection WHERE id = $1"
    sealed: bytes | None = await db.fetch_value(sql, connection_id)
    return "" if sealed is None else decrypt(sealed, key, connection_id).decode()
