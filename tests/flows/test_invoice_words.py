"""What an invoice's lines are for, in the reader's language."""

from datetime import UTC, datetime

import pytest

from chenu.billing.recurring import InvoiceLine
from chenu.core.i18n import Locale
from chenu.core.money import Cents
from chenu.flows.invoice_words import describe_line

START, END = datetime(2026, 11, 28, tzinfo=UTC), datetime(2026, 12, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("product", "locale", "words"),
    [
        ("pack_100", "en", "Pack of 100 tokens"),
        ("pack_1k", "en", "Pack of 1,100 tokens"),
        ("pack_1k", "fr", "Pack de 1\u202f100 jetons"),
        ("plan_pro", "en", "Plan Pro, a month, Nov 28, 2026 to Dec 28, 2026"),
        ("pack_none", "fr", "As Stripe has it"),
        (None, "fr", "As Stripe has it"),
    ],
)
def test_a_line_is_named_by_its_product(product: str | None, locale: Locale, words: str) -> None:
    line = InvoiceLine("As Stripe has it", Cents(900), START, END, product_id=product)

    assert describe_line(line, locale) == words
