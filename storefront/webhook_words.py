"""What pages of webhooks call events, states and failures."""

from chenu.core.i18n import mark
from chenu.webhooks.model import AttemptError, DeliveryState, EventKind, OffReason

KINDS = {
    EventKind.SUBSCRIPTION_CHANGED: mark("A plan or a monthly agent begins, changes or ends"),
    EventKind.INVOICE_PAID: mark("An invoice is paid"),
    EventKind.PURCHASE_SETTLED: mark("An agent is bought and can be used"),
    EventKind.REFUND_MADE: mark("Money is returned"),
    EventKind.TOKENS_LOW: mark("80 % or all of the month’s tokens are used"),
    EventKind.EXECUTION_FINISHED: mark("A run of an agent ends"),
    EventKind.API_KEY_REVOKED: mark("An API key is revoked"),
    EventKind.PAYOUT_PAID: mark("A payout arrives"),
    EventKind.TEST: mark("A test that somebody asked for"),
}
STATES = {
    DeliveryState.WAITING: mark("waits to be sent"),
    DeliveryState.DELIVERED: mark("delivered"),
    DeliveryState.HELD: mark("held"),
}
OFF_REASONS = {
    OffReason.NONE: "",
    OffReason.OWNER: mark("Somebody of this account switched it off."),
    OffReason.FAILURES: mark(
        "It had failed ten times in a row. Once your server works again, switch it on."
    ),
    OffReason.GONE: mark("It answered 410 Gone, by which a server says that it wants no more."),
}
ERRORS = {
    AttemptError.NONE: "",
    AttemptError.TARGET_REFUSED: mark("The host has an IP address that is not public."),
    AttemptError.NAME_NOT_FOUND: mark("The host’s name is not known."),
    AttemptError.CONNECTION_FAILED: mark("The server could not be reached, or hung up."),
    AttemptError.CERTIFICATE_REFUSED: mark(
        "The server’s certificate has expired, is for another host, or is of an authority that "
        "nobody trusts."
    ),
    AttemptError.TOO_SLOW: mark("The server did not answer within five seconds."),
    AttemptError.ANSWER_TOO_LARGE: mark("The answer had more than a million bytes."),
    AttemptError.BROKEN: mark(
        "The fault was on our side: we try again by ourselves, you need not do anything."
    ),
}
