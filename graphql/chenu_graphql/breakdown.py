"""How a sale was divided, to the cent, for buyers and creators."""

from collections.abc import Iterable

import msgspec
import strawberry

from chenu.agents.payments import PaymentRow
from chenu.agents.purchases import PurchaseRow
from chenu.core.i18n import Locale, mark, translate
from chenu.core.money import BasisPoints, Cents
from chenu_graphql.context import Info
from chenu_graphql.fields import Weight, field
from chenu_graphql.money import Line, Money, MoneyLine
from chenu_graphql.permissions import PARENT, STAFF


class Breakdown(msgspec.Struct, frozen=True):
    """gross = discount + tax + creator_share + platform_share, in cents."""

    gross: Cents
    discount: Cents
    tax: Cents
    creator_share: Cents
    platform_share: Cents
    processing_fee: Cents
    creator_basis_points: BasisPoints

    @property
    def net(self) -> Cents:
        return Cents(self.creator_share + self.platform_share)


def add_up(purchase: PurchaseRow, payments: Iterable[PaymentRow]) -> Breakdown:
    """The sum of a purchase's payments; zero before the first one."""
    rows = list(payments)
    return Breakdown(
        gross=Cents(sum(row.gross for row in rows)),
        discount=Cents(sum(row.discount for row in rows)),
        tax=Cents(sum(row.tax for row in rows)),
        creator_share=Cents(sum(row.creator_share for row in rows)),
        platform_share=Cents(sum(row.platform_share for row in rows)),
        processing_fee=Cents(sum(row.fee for row in rows)),
        creator_basis_points=purchase.creator_basis_points,
    )


def of_payment(row: PaymentRow) -> Breakdown:
    return Breakdown(
        gross=row.gross,
        discount=row.discount,
        tax=row.tax,
        creator_share=row.creator_share,
        platform_share=row.platform_share,
        processing_fee=row.fee,
        creator_basis_points=row.creator_basis_points,
    )


async def load_payments(purchase: PurchaseRow, info: Info) -> list[PaymentRow]:
    return await info.context.loaders.payments_of_purchases.load(purchase.id)


async def load_breakdown(purchase: PurchaseRow, info: Info) -> Breakdown:
    return add_up(purchase, await load_payments(purchase, info))


CREATOR = mark("Creator's share")
PLATFORM = mark("Platform's share")
DISCOUNT = mark("Discount")
TAX = mark("VAT")


def describe_lines(root: Breakdown, locale: Locale) -> list[Line]:
    """Lines that add up to gross; discount and tax only if they are not zero."""
    lines = [(CREATOR, root.creator_share), (PLATFORM, root.platform_share)]
    lines += [
        (text, amount) for text, amount in ((DISCOUNT, root.discount), (TAX, root.tax)) if amount
    ]
    return [Line(translate(locale, text), amount) for text, amount in lines]


def _lines(root: strawberry.Parent[Breakdown], info: Info) -> list[Line]:
    return describe_lines(root, info.context.locale)


@strawberry.type(
    description=(
        "How every cent went: gross = discount + tax + creatorShare + platformShare; "
        "net = creatorShare + platformShare."
    )
)
class MoneyBreakdown:
    gross: Money = field(
        "The price before the discount: what was charged, and what was taken off.", PARENT
    )
    discount: Money = field("What was taken off.", PARENT)
    tax: Money = field("VAT in it.", PARENT)
    net: Money = field("What is shared out.", PARENT)
    creator_share: Money = field("Never less than 70 % of net; the odd cent is here.", PARENT)
    platform_share: Money = field("30 % of net, rounded down.", PARENT)
    processing_fee: Money | None = field(
        "What Stripe took out of the platform's share; staff only.", STAFF
    )
    creator_basis_points: int = field("The rule that the sale was made under.", PARENT)
    lines: list[MoneyLine] = field("The same in words.", PARENT, _lines, weight=Weight(size=4))
