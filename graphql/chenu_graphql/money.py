"""Money in the API: cents and a currency; the source of a Money is an amount in cents."""

from typing import Annotated

import msgspec
import strawberry

from chenu.core.errors import BadInput
from chenu.core.i18n import LOCALES, Locale, is_locale, mark
from chenu.core.money import CURRENCY, Cents, format_cents
from chenu_graphql.context import Context, Info
from chenu_graphql.fields import argument, field
from chenu_graphql.permissions import PARENT
from chenu_graphql.scalars import BigInt


def read_locale(ctx: Context, requested: str | None) -> Locale:
    """The language asked for, else the caller's; raises BadInput."""
    if requested is None:
        return ctx.locale
    if not is_locale(requested):
        message = mark("The language is one of {allowed}")
        raise BadInput(message, path=("locale",), allowed=", ".join(LOCALES))
    return requested


def _get_amount(root: strawberry.Parent[Cents]) -> int:
    return root


def _get_currency() -> str:
    return CURRENCY


LocaleArgument = Annotated[
    str | None, argument("'fr' or 'en'; without it the language of the request.")
]


def _format(root: strawberry.Parent[Cents], info: Info, locale: LocaleArgument = None) -> str:
    return format_cents(root, read_locale(info.context, locale))


@strawberry.type(description="Integer minor units and an ISO 4217 code, never a float.")
class Money:
    amount_minor: BigInt = field("In cents.", PARENT, _get_amount)
    currency: str = field("ISO 4217.", PARENT, _get_currency)
    formatted: str = field("For people: '9,00 €' (fr) or '€9.00' (en).", PARENT, _format)


class Line(msgspec.Struct, frozen=True):
    description: str
    amount: Cents


@strawberry.type(description="One line of a sum, in the caller's language.")
class MoneyLine:
    description: str = field("What the amount is for.", PARENT)
    amount: Money = field("How much.", PARENT)
