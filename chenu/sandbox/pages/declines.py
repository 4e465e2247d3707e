"""What the payer is told about a payment that failed."""

from chenu.sandbox.objects.payment_intent import Attempt

_DISCLOSED = (
    "insufficient_funds",
    "expired_card",
    "incorrect_cvc",
    "processing_error",
    "discount_gone",
)
"""Reasons that the payer may see; all others read `declined`, so that a thief learns nothing."""


def message_key(attempt: Attempt) -> str:
    """The key of a text in chenu.sandbox.pages.translations."""
    reason = attempt.decline.decline_code if attempt.decline else ""
    if not reason:
        return "authentication_failed"
    return reason if reason in _DISCLOSED else "card_declined"
