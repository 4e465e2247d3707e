"""The allowed prices of agents and the split of a sale. Pure; docs/money.md, "The split"."""

import msgspec

from chenu.agents.errors import PriceOutOfRange
from chenu.agents.model import Price, PriceType
from chenu.core.money import WHOLE, BasisPoints, Cents, format_cents, share_down

PLATFORM_RATE = BasisPoints(3000)
CREATOR_RATE = BasisPoints(WHOLE - PLATFORM_RATE)
SPLIT_RULE = "70-30.1"
"""Version of the rule, stored with each sale; a sale is never split anew by a later rule."""

RANGES = {
    PriceType.ONE_TIME: (Cents(100), Cents(5000)),
    PriceType.SUBSCRIPTION: (Cents(500), Cents(2000)),
}


class Split(msgspec.Struct, frozen=True):
    """The division of a payment: gross = discount + tax + creator + platform, in cents."""

    gross: Cents
    discount: Cents
    tax: Cents
    creator: Cents
    platform: Cents

    @property
    def paid(self) -> Cents:
        """What was charged to the buyer's card."""
        return Cents(self.gross - self.discount)

    @property
    def net(self) -> Cents:
        return Cents(self.creator + self.platform)


def split_sale(gross: Cents, *, discount: Cents = Cents(0), tax: Cents = Cents(0)) -> Split:
    """`gross` is the price before discount, tax included; tax is due on the discounted price.

    The platform's 30 % of the net are rounded down, so that the odd cent goes to the creator.
    """
    net = Cents(gross - discount - tax)
    if net < 0:
        raise ValueError("discount and tax exceed the gross amount")
    platform = share_down(net, PLATFORM_RATE)
    return Split(gross, discount, tax, Cents(net - platform), platform)


def make_price(price_type: PriceType, amount: int | None) -> Price:
    """Raises PriceOutOfRange."""
    if price_type is PriceType.FREE:
        if amount:
            raise PriceOutOfRange("A free agent costs 0", path=("price", "amount_minor"))
        return Price(PriceType.FREE, Cents(0))
    lowest, highest = RANGES[price_type]
    if amount is None or not lowest <= amount <= highest:
        raise PriceOutOfRange(
            "This price must be between {lowest} and {highest} cents",
            path=("price", "amount_minor"),
            lowest=lowest,
            highest=highest,
        )
    return Price(price_type, Cents(amount))


def describe_range(price_type: PriceType, locale: str) -> str:
    """Such as '1,00 € – 50,00 €', for the form."""
    lowest, highest = RANGES[price_type]
    return f"{format_cents(lowest, locale)} – {format_cents(highest, locale)}"
