"""Our mirror of Stripe's world: the webhook inbox and Connect accounts."""

from piccolo.columns import JSONB, UUID, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import AppUser
from chenu.core.clock import business_now, system_now
from chenu.core.columns import belongs_to
from chenu.core.ids import new_id


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
    next_attempt_at = Timestamptz(default=system_now)
    created_at = Timestamptz(default=business_now, index=True)
    received_at = Timestamptz(default=system_now)
    handled_at = Timestamptz(default=None, null=True)


class ConnectAccount(Table, tablename="connect_account"):
    """A person's account at Stripe Connect; one serves sales and commissions."""

    id = UUID(primary_key=True, default=new_id)
    owner = belongs_to(AppUser, unique=True)
    stripe_account_id = Text(default=None, null=True, unique=True)
    country = Text()
    transfers_status = Text(default="NOT_STARTED")
    requirements = JSONB(default="[]")
    is_closed = Boolean(default=False)
    refreshed_at = Timestamptz(default=None, null=True)
