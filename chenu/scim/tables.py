"""Tokens of directories, and what directories have sent."""

from piccolo.columns import Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, business_time, primary_id, system_time
from chenu.sso.tables import SsoConnection


class ScimToken(Table, tablename="scim_token"):
    """What the directory of a connection proves itself by: one that is not revoked at a time."""

    id = primary_id()
    account = belongs_to(Account, index=True)
    connection = belongs_to(SsoConnection, index=True)
    created_by = belongs_to(AppUser, index=True)
    prefix = Text()
    secret_hash = Bytea(unique=True)
    created_at = business_time()
    last_used_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)


class ScimEntry(Table, tablename="scim_entry"):
    """A person as the directory describes them.

    `member` is the person here, null while somebody who was here before has not joined.
    `revision` grows with each change: its text is the ETag.
    """

    id = primary_id()
    account = belongs_to(Account, index=True)
    connection = belongs_to(SsoConnection)
    user_name = Text()
    external_id = Text(default=None, null=True)
    display_name = Text(default="")
    given_name = Text(default="")
    family_name = Text(default="")
    email = Text()
    is_active = Boolean(default=True)
    member = belongs_to(AppUser, null=True, default=None, index=True)
    revision = Integer(default=1)
    created_at = system_time()
    updated_at = system_time()


class ScimGroup(Table, tablename="scim_group"):
    """A group of the directory, whose name the connection's table may map to a role."""

    id = primary_id()
    account = belongs_to(Account, index=True)
    connection = belongs_to(SsoConnection)
    name = Text()
    external_id = Text(default=None, null=True)
    revision = Integer(default=1)
    created_at = system_time()
    updated_at = system_time()


class ScimGroupMember(Table, tablename="scim_group_member"):
    """Somebody is in a group."""

    id = primary_id()
    group_id = belongs_to(ScimGroup)
    entry = belongs_to(ScimEntry, index=True)
