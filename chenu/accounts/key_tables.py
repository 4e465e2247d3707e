"""Keys by which programs act for accounts."""

from piccolo.columns import Array, Boolean, Bytea, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, business_time, primary_id


class ApiKey(Table, tablename="api_key"):
    """`previous_hash` is of the secret before the last rotation, good until `previous_until`."""

    id = primary_id()
    account = belongs_to(Account, index=True)
    created_by = belongs_to(AppUser)
    name = Text()
    prefix = Text()
    secret_hash = Bytea(unique=True)
    scopes = Array(base_column=Text())
    documents_only = Boolean(default=False)
    created_at = business_time()
    last_used_at = Timestamptz(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)
    previous_hash = Bytea(default=None, null=True, unique=True)
    previous_until = Timestamptz(default=None, null=True)


class ServiceKey(Table, tablename="service_key"):
    """A key of the CHE·NU apps, acting for the account that each request names."""

    id = primary_id()
    name = Text()
    prefix = Text()
    secret_hash = Bytea(unique=True)
    created_at = business_time()
    last_used_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)
