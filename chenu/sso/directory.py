"""What a directory (SCIM) asks of its connection: whose it is, what a group gives, who left."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.accounts.roles import AccountRole
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.rows import Columns
from chenu.sso.model import ConnectionId
from chenu.sso.tables import SsoConnection


@dataclass(frozen=True, slots=True)
class Directory:
    """A connection, as its directory needs it. `break_glass` never loses access."""

    id: ConnectionId
    account_id: AccountId
    default_role: AccountRole
    roles_text: str
    break_glass: UserId | None

    @property
    def roles(self) -> Mapping[str, AccountRole]:
        """By the group's name."""
        return msgspec.json.decode(self.roles_text, type=dict[str, AccountRole])

    def role_of(self, groups: Collection[str]) -> AccountRole:
        """BILLING before MEMBER, where groups give both: by the alphabet."""
        given = {self.roles[group] for group in groups if group in self.roles}
        return min(given, default=self.default_role)


_COLUMNS = Columns(Directory, SsoConnection, account_id="account", roles_text="{0}roles::text")


async def get_directory(account_id: AccountId, connection_id: ConnectionId) -> Directory:
    """Raises NotFound, also for another account's."""
    sql = f"SELECT {_COLUMNS.select()} FROM sso_connection WHERE id = $1 AND account = $2"  # noqa: S608 - own columns
    found = await db.find_one(Directory, sql, connection_id, account_id)
    if found is None:
        raise NotFound("There is no such connection in this account")
    return found


async def mark_left(connection_id: ConnectionId, member: UserId) -> None:
    """Part of the caller's transaction: they cannot come back by their provider."""
    sql = """
        UPDATE sso_identity SET left_at = $3
        WHERE connection = $1 AND member = $2 AND left_at IS NULL
    """
    await db.execute(sql, connection_id, member, business_now())


async def mark_back(connection_id: ConnectionId, member: UserId) -> None:
    """The directory has them again."""
    sql = "UPDATE sso_identity SET left_at = NULL WHERE connection = $1 AND member = $2"
    await db.execute(sql, connection_id, member)
