"""What banks say of a dispute, in words; by Stripe's codes."""

from chenu.core.i18n import mark

_REASONS = {
    "fraudulent": mark("the cardholder says that somebody else has paid with the card"),
    "product_not_received": mark("the cardholder says that nothing was received"),
    "product_unacceptable": mark("the cardholder says that it is not what was described"),
    "duplicate": mark("the cardholder says that the same was charged twice"),
    "credit_not_processed": mark("the cardholder says that a refund is still owed"),
    "subscription_canceled": mark("the cardholder says that the subscription was cancelled"),
    "unrecognized": mark("the cardholder does not recognise the payment"),
}
_OTHER = mark("the cardholder's bank gave no reason")


def reason_text(code: str) -> str:
    """An English source text."""
    return _REASONS.get(code, _OTHER)
