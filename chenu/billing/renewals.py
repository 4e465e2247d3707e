"""What a renewal will charge, as Stripe expects it."""

import msgspec

from chenu.core.money import Cents


class RenewalPreview(msgspec.Struct, frozen=True):
    """What the next invoice of a subscription will charge, and whether there is a card for it."""

    amount: Cents
    has_card: bool
