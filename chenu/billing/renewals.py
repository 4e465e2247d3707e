"""What a renewal will charge, as Stripe expects it."""

from dataclasses import dataclass

from chenu.core.money import Cents


@dataclass(frozen=True, slots=True)
class RenewalPreview:
    """What the next invoice of a subscription will charge, and whether there is a card for it."""

    amount: Cents
    has_card: bool
