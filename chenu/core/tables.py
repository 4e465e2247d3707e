"""Rows that belong to no feature: the mail outbox and the business clock's offset."""

from piccolo.columns import JSONB, BigInt, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.core.columns import business_time, primary_id


class OutboxMail(Table, tablename="outbox_mail"):
    """One mail to send. `business_key` makes it once; its Message-ID is made from that key."""

    id = primary_id()
    business_key = Text(unique=True)
    kind = Text()
    to_address = Text(index=True)
    locale = Text(default="fr")
    params = JSONB(default="{}")
    state = Text(default="QUEUED")
    attempts = Integer(default=0)
    last_error = Text(default=None, null=True)
    created_at = business_time()
    sent_at = Timestamptz(default=None, null=True)


class BusinessClock(Table, tablename="business_clock"):
    """At most one row: how far the demo's business time runs ahead of system time."""

    id = Integer(primary_key=True, default=1)
    offset_seconds = BigInt(default=0)
