"""Users, accounts, and how users prove who they are."""

from piccolo.columns import JSONB, UUID, BigInt, Boolean, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class AppUser(Table, tablename="app_user"):
    """A person. `email` is stored in lower case.

    `deleted_at`: their data is gone, and email and name are a pseudonym.
    """

    id = primary_id()
    email = Text(unique=True)
    display_name = Text()
    password_hash = Text()
    locale = Text(default="fr")
    email_verified_at = Timestamptz(default=None, null=True)
    created_at = business_time()
    deleted_at = Timestamptz(default=None, null=True)


class Account(Table, tablename="account"):
    """Owner of purchases and keys.

    `tier` comes from its subscription, contract or the demo's seed, and `period_start`,
    `period_end` and `period_is_trial` from the subscription that gives it; null without one.
    `seats` is a contract's number of members; null for as many as the tier has. `api_plan` is the
    paid API plan that its subscription gives; `api_calls` (a month) and `api_rate` (a minute) are a
    contract's, null for no limit. `closed_at`: its owner's data was deleted.
    """

    id = primary_id()
    name = Text()
    kind = Text(default="PERSONAL")
    owner = belongs_to(AppUser, index=True)
    tier = Text(default="FREE")
    period_start = Timestamptz(default=None, null=True)
    period_end = Timestamptz(default=None, null=True)
    period_is_trial = Boolean(default=False)
    seats = Integer(default=None, null=True)
    api_plan = Text(default="FREE")
    api_calls = BigInt(default=None, null=True)
    api_rate = Integer(default=None, null=True)
    stripe_customer_id = Text(default=None, null=True, unique=True)
    created_at = business_time()
    closed_at = Timestamptz(default=None, null=True)


class TokenBudget(Table, tablename="token_budget"):
    """When the monthly budget of an account must be looked at, by business time; one row each.

    `due_at` null: not before its plan changes. `source` gave the budget when it was settled last;
    its months without a plan count from `anchor_at`.
    """

    id = primary_id()
    account = belongs_to(Account, unique=True)
    source = Text(default="ACCOUNT")
    anchor_at = business_time()
    due_at = Timestamptz(default=None, null=True)
    attempts = Integer(default=0)
    last_error = Text(default=None, null=True)
    next_attempt_at = system_time()


class BillingDetails(Table, tablename="billing_details"):
    """Whom Stripe's invoices are made out to; without a row, the owner by name and address of mail.

    `tax_id_status` is what became of the number at Stripe; None while it is not sent.
    """

    id = primary_id()
    account = belongs_to(Account, unique=True)
    name = Text(default="")
    line1 = Text(default="")
    line2 = Text(default="")
    postal_code = Text(default="")
    city = Text(default="")
    country = Text(default="")
    tax_id = Text(default="")
    tax_id_status = Text(default=None, null=True)
    stripe_tax_id = Text(default=None, null=True, unique=True)
    updated_at = business_time()


class Membership(Table, tablename="membership"):
    id = primary_id()
    account = belongs_to(Account, index=True)
    member = belongs_to(AppUser, index=True)
    role = Text()


class Invitation(Table, tablename="invitation"):
    """A link by which whoever reads the mails to `email` joins the account, once."""

    id = primary_id()
    token_hash = Bytea(unique=True)
    account = belongs_to(Account, index=True)
    email = Text()
    role = Text()
    invited_by = belongs_to(AppUser, index=True)
    sent_at = business_time()
    expires_at = system_time()
    accepted_at = Timestamptz(default=None, null=True)
    revoked_at = Timestamptz(default=None, null=True)


class StaffRole(Table, tablename="staff_role"):
    id = primary_id()
    member = belongs_to(AppUser, index=True)
    role = Text()


class UserSession(Table, tablename="user_session"):
    """Only the hash of a session's token is stored.

    Ids that we did not create are never accepted. `account` is the one that the person chose to act
    for; null for the personal one. `confirmed_at`: the person proved themselves again.
    """

    id = primary_id()
    token_hash = Bytea(unique=True)
    owner = belongs_to(AppUser, index=True)
    account = belongs_to(Account, null=True, default=None)
    user_agent = Text(default="")
    ip = Text(default="")
    created_at = system_time()
    last_seen_at = system_time()
    expires_at = system_time()
    revoked_at = Timestamptz(default=None, null=True)
    confirmed_at = Timestamptz(default=None, null=True)


class SecondFactor(Table, tablename="second_factor"):
    """The secret of somebody's authenticator app, encrypted; it counts once it is confirmed.

    `last_step` is the half minute of the last code that was taken: no code is taken twice.
    """

    id = primary_id()
    owner = belongs_to(AppUser, unique=True)
    secret = Bytea()
    last_step = BigInt(default=0)
    created_at = system_time()
    confirmed_at = Timestamptz(default=None, null=True)


class RecoveryCode(Table, tablename="recovery_code"):
    """For the day when the authenticator is lost: each works once. Only its hash is stored."""

    id = primary_id()
    owner = belongs_to(AppUser, index=True)
    code_hash = Bytea(unique=True)
    created_at = system_time()
    used_at = Timestamptz(default=None, null=True)


class MailToken(Table, tablename="mail_token"):
    """A single-use link sent by mail; `email` is the address that it verifies or changes to.

    `link_query`: what else the link takes along, such as the plan that was chosen at sign-up.
    """

    id = primary_id()
    token_hash = Bytea(unique=True)
    owner = belongs_to(AppUser, index=True)
    purpose = Text()
    email = Text()
    link_query = Text()
    expires_at = system_time()
    used_at = Timestamptz(default=None, null=True)


class AttemptWindow(Table, tablename="attempt_window"):
    """How often something was tried for one subject in its current window."""

    subject = Text(primary_key=True)
    started_at = system_time()
    tries = Integer(default=0)


class Acceptance(Table, tablename="acceptance"):
    """Which version of which document a user accepted, and when."""

    id = primary_id()
    owner = belongs_to(AppUser, index=True)
    document = Text()
    version = Text()
    accepted_at = business_time()


class EntitlementOverride(Table, tablename="entitlement_override"):
    """What staff gave or took of one feature of one account; its past is in the audit trail.

    `maximum` None with `enabled`: no limit.
    """

    id = primary_id()
    account = belongs_to(Account)
    feature = Text()
    enabled = Boolean()
    maximum = BigInt(default=None, null=True)
    reason = Text()
    set_by = belongs_to(AppUser, index=True)
    set_at = business_time()
    expires_at = Timestamptz(default=None, null=True)


class EntitlementGauge(Table, tablename="entitlement_gauge"):
    """How much of a feature an account has in use, as the CHE·NU apps report it."""

    id = primary_id()
    account = belongs_to(Account)
    feature = Text()
    used = BigInt(default=0)


class EntitlementUse(Table, tablename="entitlement_use"):
    """One report of use, and what was answered to it: a repeated request gets the same answer.

    `quantity` is negative for a release. The columns that begin with `granted` are the right as it
    was then.
    """

    id = primary_id()
    account = belongs_to(Account, index=True)
    feature = Text()
    quantity = BigInt()
    used_after = BigInt()
    granted = Boolean()
    granted_limit = BigInt(default=None, null=True)
    granted_by = Text()
    created_at = system_time()


class IdempotencyRecord(Table, tablename="idempotency_record"):
    """A client's key on one account, with the request, its input and the row that it created."""

    id = primary_id()
    account = belongs_to(Account)
    key = Text()
    request = Text()
    input_hash = Bytea()
    result_id = UUID(default=None)
    created_at = system_time()


class AuditEvent(Table, tablename="audit_event"):
    """Append-only: who did what, from which IP.

    `by_staff`: done because of a staff role, or at the command line; its `detail` has the reason.
    """

    id = primary_id()
    at = business_time()
    actor = UUID(default=None, null=True, index=True)
    account_id = UUID(default=None, null=True, index=True)
    action = Text()
    subject = Text(default="")
    detail = JSONB(default="{}")
    ip = Text(default="")
    by_staff = Boolean(default=False)
