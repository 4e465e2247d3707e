"""What can be refused in the marketplace, beyond the core's errors."""

from chenu.core.errors import RefusedError
from chenu.core.i18n import mark


class PriceOutOfRange(RefusedError):
    code = "PRICE_OUT_OF_RANGE"


class PriceChanged(RefusedError):
    """What the buyer saw is not what it costs now; nothing was charged."""

    code = "PRICE_CHANGED"


def price_changed() -> PriceChanged:
    message = mark("The price has changed: please look at it again before you buy")
    return PriceChanged(message, path=("expected_amount_minor",))


class AlreadyOwned(RefusedError):
    code = "ALREADY_OWNED"


class PayoutsNotReady(RefusedError):
    """Selling a paid agent needs finished Connect onboarding."""

    code = "PAYOUTS_NOT_READY"


class SellerNotReady(PayoutsNotReady):
    """Told to a buyer, who can do nothing about it."""
