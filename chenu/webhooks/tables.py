"""Endpoints of accounts, events that they hear of, deliveries and attempts.

`account` is no foreign key: accounts stand above this package, so that they can tell of their keys.
"""

from piccolo.columns import UUID, Array, BigSerial, Bytea, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class WebhookEndpoint(Table, tablename="webhook_endpoint"):
    """A url of an account's to which its events are sent, one after another.

    The secrets are encrypted; `previous_secret` signs beside the other until `previous_until`.
    `failures`: attempts in a row; before `next_attempt_at` nothing is sent. A worker that sends has
    a lease, so that no transaction is open meanwhile.
    """

    id = primary_id()
    account = UUID(default=None, index=True)
    url = Text()
    kinds = Array(base_column=Text())
    secret = Bytea()
    previous_secret = Bytea(default=None, null=True)
    previous_until = Timestamptz(default=None, null=True)
    state = Text()
    off_reason = Text(default="")
    switched_off_at = Timestamptz(default=None, null=True)
    failures = Integer(default=0)
    next_attempt_at = system_time()
    claimed_by = UUID(default=None, null=True)
    claimed_until = Timestamptz(default=None, null=True)
    created_at = business_time()


class OutgoingEvent(Table, tablename="outgoing_event"):
    """Something that happened to an account, once by `business_key`.

    `payload` is the very text that is signed and sent, each time.
    """

    id = primary_id()
    account = UUID(default=None)
    business_key = Text()
    kind = Text()
    payload = Text()
    occurred_at = business_time()


class WebhookDelivery(Table, tablename="webhook_delivery"):
    """An event for an endpoint. The WAITING one of the lowest `position` is sent first.

    HELD: it came while the endpoint was off, and waits for somebody to send it.
    """

    id = primary_id()
    endpoint = belongs_to(WebhookEndpoint)
    event = belongs_to(OutgoingEvent, index=True)
    position = BigSerial()
    state = Text()
    created_at = system_time()
    delivered_at = Timestamptz(default=None, null=True)


class WebhookAttempt(Table, tablename="webhook_attempt"):
    """One try to send a delivery. `status` is of HTTP; `error` is ours, where there is none.

    `answer` is the beginning of what came back.
    """

    id = primary_id()
    delivery = belongs_to(WebhookDelivery, index=True)
    attempted_at = system_time()
    status = Integer(default=None, null=True)
    error = Text(default="")
    milliseconds = Integer()
    answer = Text(default="")
