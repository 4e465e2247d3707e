"""How much of each part of a payment its refunds take back. Pure; docs/money.md, "Refunds"."""

import msgspec

from chenu.agents.pricing import Split
from chenu.core.money import Cents


class RefundParts(msgspec.Struct, frozen=True):
    """What comes out of whose part: the sum is what goes back to the buyer, in cents."""

    creator: Cents
    platform: Cents
    tax: Cents

    @property
    def total(self) -> Cents:
        return Cents(self.creator + self.platform + self.tax)

    def less(self, other: "RefundParts") -> "RefundParts":
        return RefundParts(
            Cents(self.creator - other.creator),
            Cents(self.platform - other.platform),
            Cents(self.tax - other.tax),
        )


def returned_parts(split: Split, refunded: Cents) -> RefundParts:
    """Of all refunds of a payment together, whatever their number and order.

    Rounded down for the creator and for VAT; a payment that is refunded whole returns each part.
    """
    if not 0 <= refunded <= split.paid:
        raise ValueError("refunds are between nothing and what was paid")
    if not refunded:
        return RefundParts(Cents(0), Cents(0), Cents(0))
    creator = Cents(split.creator * refunded // split.paid)
    tax = Cents(split.tax * refunded // split.paid)
    return RefundParts(creator, Cents(refunded - creator - tax), tax)


def parts_between(split: Split, before: Cents, after: Cents) -> RefundParts:
    """What a change of the refunded sum moves; negative when a refund is put back."""
    return returned_parts(split, after).less(returned_parts(split, before))
