"""A share that is put back while its reversal has no answer: no cent is lost or doubled."""

import contextlib

import pytest
from msgspec.structs import replace

from chenu.agents.purchases import PurchaseRow
from chenu.core.errors import ChenuError
from chenu.flows.purchases.reversals import get_debt
from chenu.flows.services import Services
from chenu.ledger.accounts import creator_payable, creator_receivable
from chenu.ledger.journal import get_cents
from chenu.ledger.operation_sums import sum_open
from chenu.ledger.operations import OperationKind
from tests.flows.plans import catch_up
from tests.flows.sales import Market, open_market
from tests.flows.test_sale_refunds import (
    payment_of,
    refund,
    require_true_books,
    reversed_of,
    sell,
)
from tests.people import make_person
from tests.stripe_side import AWAY, StripeSide

_DAY = 24 * 3600


async def _sell_twice(services: Services, stripe_side: StripeSide) -> tuple[Market, PurchaseRow]:
    """Another sale's money is what a share could be paid from anew."""
    await stripe_side.reset()
    market = await open_market(services, price=5000)
    sold = await sell(services, market)
    await sell(services, replace(market, buyer=await make_person("other")), "other")
    return market, sold


async def _on_the_way(sold: PurchaseRow) -> int:
    """What is sent again once our balance at Stripe suffices."""
    return await sum_open(OperationKind.TRANSFER, [(await payment_of(sold.id)).id])


async def test_a_refund_refused_before_its_reversal_has_an_answer_leaves_no_debt(
    services: Services, stripe_side: StripeSide
) -> None:
    """The bank has taken the payment, which we do not know yet; reversals have no answer."""
    market, sold = await _sell_twice(services, stripe_side)
    payment = await payment_of(sold.id)
    await stripe_side.fail(AWAY, "/v1/transfers/*/reversals", times=None)
    dispute = await stripe_side.dispute(payment.stripe_charge_id)

    with contextlib.suppress(ChenuError):
        await refund(services, market.creator, sold.id, 390)
    debt = await get_debt(sold.creator_id)
    await stripe_side.heal()
    await require_true_books(services)
    while_disputed = await reversed_of(stripe_side, sold.id)
    await stripe_side.advance(6 * _DAY)
    await stripe_side.end_dispute(dispute, "won")
    await require_true_books(services)

    assert (debt, await get_debt(sold.creator_id)) == (0, 0)
    assert while_disputed == [3500]
    assert await get_cents(creator_receivable(sold.creator_id)) == 0
    assert await get_cents(creator_payable(sold.creator_id)) == await _on_the_way(sold)


@pytest.mark.parametrize("comes_back", [True, False], ids=["comes back", "is a debt"])
async def test_a_dispute_won_before_its_reversal_has_an_answer_costs_the_creator_nothing(
    services: Services, stripe_side: StripeSide, comes_back: bool
) -> None:
    """Whether the share came back meanwhile, and is sent again, or was never away."""
    _, sold = await _sell_twice(services, stripe_side)
    payment = await payment_of(sold.id)
    await stripe_side.fail(AWAY, "/v1/transfers/*/reversals", times=None)
    dispute = await stripe_side.dispute(payment.stripe_charge_id)
    await catch_up(services)
    await stripe_side.end_dispute(dispute, "won")
    await catch_up(services)
    under_way = (await payment_of(sold.id)).share_claimed
    await stripe_side.heal()
    if comes_back:
        await catch_up(services)
    else:
        await stripe_side.advance(10 * _DAY)  # the creator's bank has the share

    await require_true_books(services)

    assert under_way == 3500
    assert await _on_the_way(sold) == (3500 if comes_back else 0)
    assert (await payment_of(sold.id)).share_claimed == 0
    assert await get_debt(sold.creator_id) == 0
    assert await get_cents(creator_receivable(sold.creator_id)) == 0
    assert await get_cents(creator_payable(sold.creator_id)) == await _on_the_way(sold)
