"""Refusals of the marketplace, in addition to those of core."""

from chenu.core.errors import InvalidState, RefusedError
from chenu.core.i18n import mark


class PriceOutOfRange(RefusedError):
    code = "PRICE_OUT_OF_RANGE"


class PriceChanged(RefusedError):
    """The price is no longer the one that the buyer saw; nothing was charged."""

    code = "PRICE_CHANGED"


def price_changed() -> PriceChanged:
    message = mark("The price has changed: please look at it again before you buy")
    return PriceChanged(message, path=("expected_amount_minor",))


class AlreadyOwned(RefusedError):
    code = "ALREADY_OWNED"


class PayoutsNotReady(RefusedError):
    """Selling a paid agent requires completed Connect onboarding."""

    code = "PAYOUTS_NOT_READY"


class SellerNotReady(PayoutsNotReady):
    """Shown to a buyer, who cannot resolve it."""


class NotInLibrary(InvalidState):
    """The account may buy this agent, and has not, or no longer has it."""


class Disputed(RefusedError):
    """The buyer's bank decides about this payment: nothing else moves its money meanwhile."""

    code = "DISPUTED"


def payment_disputed() -> Disputed:
    message = mark(
        "The buyer's bank is deciding about this payment: wait for its decision, or write to us"
    )
    return Disputed(message)
