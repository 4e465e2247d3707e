"""Tables that belong to no feature: mail outbox, business clock, schedule, archived months."""

from piccolo.columns import JSONB, UUID, BigInt, Bytea, Date, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.core.columns import business_time, primary_id, system_time


class OutboxMail(Table, tablename="outbox_mail"):
    """One mail to send, unique by `business_key`, from which its Message-ID is made too.

    `site` is the account whose site asked for it; null: ours, or the worker.
    """

    id = primary_id()
    business_key = Text(unique=True)
    kind = Text()
    to_address = Text(index=True)
    locale = Text(default="fr")
    params = JSONB(default="{}")
    site = UUID(default=None, null=True)
    state = Text(default="QUEUED")
    attempts = Integer(default=0)
    last_error = Text(default=None, null=True)
    next_attempt_at = system_time()
    created_at = business_time()
    sent_at = Timestamptz(default=None, null=True)


class BusinessClock(Table, tablename="business_clock"):
    """At most one row: business time less system time, in the demo and tests."""

    id = Integer(primary_key=True, default=1)
    offset_seconds = BigInt(default=0)


class SchemaFloor(Table, tablename="schema_floor"):
    """At most one row: the migration that code must know to run on this schema."""

    id = Integer(primary_key=True, default=1)
    oldest_code = Text()


class PrimaryTimeline(Table, tablename="primary_timeline"):
    """At most one row: the timeline of PostgreSQL's log that the primary is on, so that a replica's
    data say which it has replayed.
    """

    id = Integer(primary_key=True, default=1)
    timeline = Integer()


class ScheduledTask(Table, tablename="scheduled_task"):
    """When a recurring task runs next, on business time; its claim is a lease on system time."""

    name = Text(primary_key=True)
    due_at = business_time()
    failures = Integer(default=0)
    last_error = Text(default=None, null=True)
    next_attempt_at = Timestamptz(default=None, null=True)
    last_started_at = Timestamptz(default=None, null=True)
    last_finished_at = Timestamptz(default=None, null=True)
    claimed_by = UUID(default=None, null=True)
    claimed_until = Timestamptz(default=None, null=True)


class MailPreference(Table, tablename="mail_preference"):
    """A topic of mail that the person at an address has turned off: unique by both."""

    id = primary_id()
    email_hash = Bytea()
    topic = Text()
    turned_off_at = business_time()


class ArchivedMonth(Table, tablename="archived_month"):
    """A month of a split table that is in a file: what the file must say, once a table and month.

    `hash` is SHA-256 over its `rows` rows as COPY writes them, in the order of ids; `sums` are of
    some of their columns.
    """

    id = primary_id()
    table_name = Text()
    month = Date(default=None)
    rows = BigInt()
    sums = JSONB(default="{}")
    hash = Bytea()
    archived_at = system_time()
