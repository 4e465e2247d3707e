"""People, who pays, and how they prove who they are."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    Bytea,
    Integer,
    Text,
    Timestamptz,
)
from piccolo.table import Table

from chenu.core.clock import business_now, system_now
from chenu.core.columns import belongs_to
from chenu.core.ids import new_id


class AppUser(Table, tablename="app_user"):
    """A person. `email` is stored in lower case."""

    id = UUID(primary_key=True, default=new_id)
    email = Text(unique=True)
    display_name = Text()
    password_hash = Text()
    locale = Text(default="fr")
    email_verified_at = Timestamptz(default=None, null=True)
    created_at = Timestamptz(default=business_now)


class Account(Table, tablename="account"):
    """Who pays. `tier` is what its subscription, contract or the demo's seed gave it."""

    id = UUID(primary_key=True, default=new_id)
    name = Text()
    kind = Text(default="PERSONAL")
    owner = belongs_to(AppUser, index=True)
    tier = Text(default="FREE")
    stripe_customer_id = Text(default=None, null=True, unique=True)
    created_at = Timestamptz(default=business_now)


class Membership(Table, tablename="membership"):
    id = UUID(primary_key=True, default=new_id)
    account = belongs_to(Account, index=True)
    member = belongs_to(AppUser, index=True)
    role = Text()


class StaffRole(Table, tablename="staff_role"):
    id = UUID(primary_key=True, default=new_id)
    member = belongs_to(AppUser, index=True)
    role = Text()


class UserSession(Table, tablename="user_session"):
    """Only the hash of a session's token is stored; an id that we did not make is never adopted."""

    id = UUID(primary_key=True, default=new_id)
    token_hash = Bytea(unique=True)
    owner = belongs_to(AppUser, index=True)
    user_agent = Text(default="")
    ip = Text(default="")
    created_at = Timestamptz(default=system_now)
    last_seen_at = Timestamptz(default=system_now)
    expires_at = Timestamptz(default=system_now)
    revoked_at = Timestamptz(default=None, null=True)


class MailToken(Table, tablename="mail_token"):
    """A single-use link sent by mail; `email` is the address that it proves or changes to."""

    id = UUID(primary_key=True, default=new_id)
    token_hash = Bytea(unique=True)
    owner = belongs_to(AppUser, index=True)
    purpose = Text()
    email = Text()
    expires_at = Timestamptz(default=system_now)
    used_at = Timestamptz(default=None, null=True)


class AttemptWindow(Table, tablename="attempt_window"):
    """How often something was tried for one subject in its running window."""

    subject = Text(primary_key=True)
    started_at = Timestamptz(default=system_now)
    tries = Integer(default=0)


class Acceptance(Table, tablename="acceptance"):
    """Which version of which document somebody accepted, and when."""

    id = UUID(primary_key=True, default=new_id)
    owner = belongs_to(AppUser, index=True)
    document = Text()
    version = Text()
    accepted_at = Timestamptz(default=business_now)


class ApiKey(Table, tablename="api_key"):
    id = UUID(primary_key=True, default=new_id)
    account = belongs_to(Account, index=True)
    created_by = belongs_to(AppUser)
    name = Text()
    prefix = Text()
    secret_hash = Bytea(unique=True)
    scopes = Array(base_column=Text())
    created_at = Timestamptz(default=business_now)
    last_used_at = Timestamptz(default=None, null=True)
    expires_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)


class ServiceKey(Table, tablename="service_key"):
    """A key of the CHE·NU apps: acts for the account that the request names."""

    id = UUID(primary_key=True, default=new_id)
    name = Text()
    prefix = Text()
    secret_hash = Bytea(unique=True)
    created_at = Timestamptz(default=business_now)
    last_used_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)


class IdempotencyRecord(Table, tablename="idempotency_record"):
    """A client's key on one account: which request, with which input, made which row."""

    id = UUID(primary_key=True, default=new_id)
    account = belongs_to(Account)
    key = Text()
    request = Text()
    input_hash = Bytea()
    result_id = UUID()
    created_at = Timestamptz(default=system_now)


class AuditEvent(Table, tablename="audit_event"):
    """Append-only: who did what, from where."""

    id = UUID(primary_key=True, default=new_id)
    at = Timestamptz(default=business_now)
    actor = UUID(default=None, null=True, index=True)
    account_id = UUID(default=None, null=True, index=True)
    action = Text()
    subject = Text(default="")
    detail = JSONB(default="{}")
    ip = Text(default="")
