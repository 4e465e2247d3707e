"""Why a payout of an affiliate failed, in words that say what to do; the codes are Stripe's."""

from chenu.core.i18n import mark

_GONE = mark("Your account at Stripe cannot be reached: please connect it again.")
_OTHER = mark("Stripe did not make the transfer, and gave no reason that we can pass on.")
_STOPPED = mark("We have stopped it, to look at it again.")

_REASONS = {
    "account_closed": _GONE,
    "account_invalid": _GONE,
    "given_up": _STOPPED,
    "resource_missing": _GONE,
    "transfers_not_allowed": mark("Your account at Stripe takes no transfers."),
}


def transfer_failure_text(code: str | None) -> str:
    """An English source, also for a code that Stripe is yet to invent."""
    return _REASONS.get(code or "", _OTHER)
