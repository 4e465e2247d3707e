"""Why a bank refused a payout, in words that say what to do; the codes are Stripe's."""

from chenu.core.i18n import mark

_CLOSED = mark("The bank account has been closed.")
_UNKNOWN_ACCOUNT = mark("The bank does not know this account: please check its number.")
_OTHER_NAME = mark("The bank account is in another name than yours.")
_NO_CREDITS = mark("The bank account takes no payments of this kind.")
_OTHER_CURRENCY = mark("The bank account does not take euros.")
_OTHER = mark("The bank gave no reason that we can pass on.")

_REASONS = {
    "account_closed": _CLOSED,
    "account_frozen": mark("The bank account is frozen."),
    "bank_account_restricted": _NO_CREDITS,
    "bank_ownership_changed": _OTHER_NAME,
    "debit_not_authorized": _NO_CREDITS,
    "declined": mark("The bank declined the payment."),
    "incorrect_account_holder_name": _OTHER_NAME,
    "incorrect_account_holder_tax_id": _OTHER_NAME,
    "invalid_account_number": _UNKNOWN_ACCOUNT,
    "invalid_account_number_length": _UNKNOWN_ACCOUNT,
    "invalid_currency": _OTHER_CURRENCY,
    "no_account": _UNKNOWN_ACCOUNT,
}


def failure_text(code: str | None) -> str:
    """An English source, also for a code that Stripe is yet to invent."""
    return _REASONS.get(code or "", _OTHER)
