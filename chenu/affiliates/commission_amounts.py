"""What an invoice earns its affiliate, and what of it stays when money goes back. Pure.

docs/money.md, "Commissions".
"""

import msgspec
from msgspec.structs import replace

from chenu.affiliates.model import RATE
from chenu.core.money import WHOLE, Cents


class PaidInvoice(msgspec.Struct, frozen=True):
    """`paid` in cash; `total` with VAT and after discounts. In cents."""

    paid: Cents
    total: Cents
    total_excluding_tax: Cents

    @property
    def base(self) -> Cents:
        """What it brought in without VAT, rounded down; nothing of an invoice of zero."""
        if self.paid <= 0 or self.total <= 0:
            return Cents(0)
        return Cents(self.paid * max(self.total_excluding_tax, 0) // self.total)

    @property
    def commission(self) -> Cents:
        return commission_of(self.base)

    def after(self, returned: Cents) -> "PaidInvoice":
        """When so much of the payment has gone back: all that did, together.

        What is earned depends on that sum alone, so that partial returns take the same in whichever
        order, and a payment that went back whole takes exactly the commission.
        """
        return replace(self, paid=Cents(max(self.paid - returned, 0)))


def commission_of(base: Cents, rate: int = RATE) -> Cents:
    """`rate` (basis points) of a base that is not negative, rounded half up to the cent."""
    return Cents((base * rate + WHOLE // 2) // WHOLE)
