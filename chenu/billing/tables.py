"""Our copies of Stripe's data: the webhook inbox, event cursors, and Connect accounts."""

from piccolo.columns import JSONB, BigInt, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import AppUser
from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class WebhookEvent(Table, tablename="webhook_event"):
    """The inbox. The payload only identifies the event; the state is always fetched again."""

    id = Text(primary_key=True)
    type = Text()
    object_id = Text(default="")
    related_account = Text(default=None, null=True)
    source = Text(default="WEBHOOK")
    state = Text(default="RECEIVED")
    attempts = Integer(default=0)
    last_error = Text(default=None, null=True)
    next_attempt_at = system_time()
    created_at = business_time(index=True)
    received_at = system_time()
    handled_at = Timestamptz(default=None, null=True)


class EventCursor(Table, tablename="event_cursor"):
    """How far each of Stripe's lists of events was read: completely until `read_until`.

    `missed_seconds` is the total length of gaps that Stripe no longer listed when we polled.
    """

    stream = Text(primary_key=True)
    read_until = business_time()
    missed_seconds = BigInt(default=0)


class ConnectAccount(Table, tablename="connect_account"):
    """A person's account at Stripe Connect; the same one receives sales and commissions.

    `fetch_number` is that of the answer which the state comes from (core/fetched.py).
    """

    id = primary_id()
    owner = belongs_to(AppUser, unique=True)
    stripe_account_id = Text(default=None, null=True, unique=True)
    country = Text()
    transfers_status = Text(default="NOT_STARTED")
    requirements = JSONB(default="[]")
    is_closed = Boolean(default=False)
    fetch_number = BigInt(default=0)
