"""States of what is replayed, as texts to translate, and the tabs of /staff/payments."""

import msgspec

from chenu.accounts.actor import Actor, Staff
from chenu.billing.inbox_list import EventState
from chenu.core.i18n import mark
from chenu.core.mail_list import MailState
from chenu.core.queue_list import JobState
from chenu.ledger.operations import OperationState

OPERATION_STATES = {
    OperationState.INTENT: mark("Under way"),
    OperationState.UNKNOWN: mark("Answer lost, asked again"),
    OperationState.SETTLED: mark("Settled"),
    OperationState.FAILED: mark("Failed"),
}
EVENT_STATES = {
    EventState.RECEIVED: mark("Waits"),
    EventState.HANDLED: mark("Handled"),
    EventState.IGNORED: mark("Not ours"),
    EventState.FAILED: mark("Given up"),
}
JOB_STATES = {
    JobState.WAITING: mark("Waits"),
    JobState.RUNNING: mark("Running"),
    JobState.FAILING: mark("Has failed, is tried again"),
}
MAIL_STATES = {
    MailState.QUEUED: mark("Waits"),
    MailState.SENT: mark("Sent"),
    MailState.FAILED: mark("Given up"),
}


class Tab(msgspec.Struct, frozen=True):
    path: str
    words: str
    roles: tuple[Staff, ...]


TABS = (
    Tab("/staff/payments", mark("Calls to Stripe"), (Staff.FINANCE,)),
    Tab("/staff/payments/events", mark("Webhooks in"), (Staff.FINANCE,)),
    Tab("/staff/payments/webhooks", mark("Webhooks out"), (Staff.FINANCE,)),
    Tab("/staff/payments/jobs", mark("Jobs"), (Staff.FINANCE,)),
    Tab("/staff/payments/mails", mark("Mails"), (Staff.SUPPORT, Staff.FINANCE)),
)


def list_tabs(actor: Actor) -> list[Tab]:
    """Those that are open to the visitor."""
    return [tab for tab in TABS if any(map(actor.has_staff, tab.roles))]
