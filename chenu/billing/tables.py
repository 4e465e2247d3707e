"""Our mirror of Stripe's world: the webhook inbox, what was polled, and Connect accounts."""

from piccolo.columns import JSONB, BigInt, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import AppUser
from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class WebhookEvent(Table, tablename="webhook_event"):
    """The inbox. The payload is kept for identity; state is always fetched again."""

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
    """How far each of Stripe's lists of events was read: all of it until `read_until`.

    `missed_seconds`: how much of the time before, in all, Stripe had forgotten when we came.
    """

    stream = Text(primary_key=True)
    read_until = business_time()
    missed_seconds = BigInt(default=0)


class ConnectAccount(Table, tablename="connect_account"):
    """A person's account at Stripe Connect; one serves sales and commissions.

    `fetch_number`: of the answer that its state is from (core/fetched.py).
    """

    id = primary_id()
    owner = belongs_to(AppUser, unique=True)
    stripe_account_id = Text(default=None, null=True, unique=True)
    country = Text()
    transfers_status = Text(default="NOT_STARTED")
    requirements = JSONB(default="[]")
    is_closed = Boolean(default=False)
    fetch_number = BigInt(default=0)
