"""What an invoice earns its affiliate, and what of it stays when money goes back. Pure.

docs/money.md, "Commissions".
"""

from dataclasses import dataclass

from chenu.affiliates.model import RATE
from chenu.core.money import WHOLE, Cents


@dataclass(frozen=True, slots=True)
class PaidInvoice:
    """`paid` in cash; `total` with VAT and after discounts. In cents."""

    paid: Cents
    total: Cents
    total_excluding_tax: Cents

    @property
    def base(self) -> Cents:
        """What it brought in without VAT, rounded down; nothing of an invoice of zero."""
        return self._base_of(self.paid)

    @property
    def commission(self) -> Cents:
        return commission_of(self.base)

    def keep_commission(self, returned: Cents) -> Cents:
        """What is earned when so much of the payment has gone back: all that did, together.

        It depends on the sum alone, so that partial returns take the same in whichever order, and
        a payment that went back whole takes exactly the commission.
        """
        return commission_of(self._base_of(Cents(self.paid - returned)))

    def _base_of(self, kept: Cents) -> Cents:
        if kept <= 0 or self.total <= 0:
            return Cents(0)
        return Cents(kept * max(self.total_excluding_tax, 0) // self.total)


def commission_of(base: Cents, rate: int = RATE) -> Cents:
    """`rate` (basis points) of a base that is not negative, rounded half up to the cent."""
    return Cents((base * rate + WHOLE // 2) // WHOLE)
