"""What a buyer's credit at Stripe pays of a monthly agent is split as what a card pays."""

from collections.abc import Sequence

import pytest

from chenu.agents.payments import PaymentRow
from chenu.agents.pricing import split_sale
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.ledger.accounts import LedgerKind, creator_payable
from chenu.ledger.journal import find_amounts, get_cents
from tests.flows.monthly import begin, payments_of, require_true_books, subscription_of
from tests.flows.plans import advance
from tests.flows.sales import Market, open_monthly_market
from tests.stripe_side import StripeSide


@pytest.fixture
async def market(services: Services) -> Market:
    return await open_monthly_market(services, price=2000)


async def make_cheaper(stripe_side: StripeSide, subscription_id: str, amount: int) -> None:
    """At Stripe's dashboard, at once: the difference of the month that runs is a credit."""
    path = f"/v1/subscriptions/{subscription_id}"
    [item] = (await stripe_side.get(path))["items"]["data"]
    price = await stripe_side.change(
        "/v1/prices",
        product=item["price"]["product"],
        currency="eur",
        unit_amount=str(amount),
        **{"recurring[interval]": "month"},
    )
    form = {"items[0][id]": item["id"], "items[0][price]": price["id"]}
    await stripe_side.change(path, proration_behavior="always_invoice", **form)


def sums_of(payments: Sequence[PaymentRow]) -> dict[str, int]:
    """What each invoice came to."""
    found: dict[str, int] = {}
    for each in payments:
        name = each.stripe_invoice_id or ""
        found[name] = found.get(name, 0) + each.gross
    return found


async def test_a_month_paid_by_credit_whole_or_in_part_is_shared_out_whole(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    purchase = await begin(services, market)
    await advance(services, 31.1)
    subscription = await subscription_of(purchase)
    await make_cheaper(stripe_side, subscription.stripe_subscription_id, 900)
    for _ in range(2):
        await advance(services, 31.1)
    await advance(services, 8)  # our balance is available, which pays what has no charge

    payments = await payments_of(purchase)
    by_credit = [each.gross for each in payments if each.is_credit]
    assert sorted(sums_of(payments).values()) == [900, 900, 2000, 2000]
    assert (len(by_credit), max(by_credit)) == (2, 900)
    shares = [each.creator_share for each in payments]
    assert shares == [split_sale(each.gross).creator for each in payments]
    transfers = await stripe_side.transfers_of(purchase.id)
    assert sorted(each["amount"] for each in transfers) == sorted(shares)
    without_charge = [each["amount"] for each in transfers if not each["source_transaction"]]
    assert sorted(without_charge) == sorted(split_sale(Cents(each)).creator for each in by_credit)
    assert await get_cents(creator_payable(purchase.creator_id)) == 0
    [whole] = [each for each in payments if each.is_credit and each.gross == 900]
    assert await find_amounts(f"credit:{whole.stripe_invoice_id}") == {
        LedgerKind.BUYER_PAYMENTS: 900,
        LedgerKind.PLATFORM_REVENUE: -900,
    }
    await require_true_books(services)
