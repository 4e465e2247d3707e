"""Parallel refunds of one payment never exceed it, whoever makes them: F14.

In one process over the real database and the sandbox; the seed is the parameter.
"""

import asyncio
import contextlib
import random

import pytest

from chenu.agents.payments import list_payments
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.core.errors import ChenuError
from chenu.core.money import Cents
from chenu.flows.purchases.refund_plans import RefundSaleInput
from chenu.flows.purchases.refunds import refund_sale
from chenu.flows.services import Services
from chenu.flows.withdrawals.declare import declare_own
from tests.faults.books import require_true_books
from tests.faults.counts import seeds
from tests.flows.plans import catch_up
from tests.flows.sales import Market, buy, open_market
from tests.people import Person
from tests.stripe_side import StripeSide

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

PARTS = 8


async def _refund(
    services: Services, person: Person, sale: PurchaseRow, amount: int | None, key: str
) -> None:
    wanted = None if amount is None else Cents(amount)
    data = RefundSaleInput(sale.id, None, wanted, "A race")
    with contextlib.suppress(ChenuError):
        await refund_sale(services, person.actor, data, key)


async def _withdraw(services: Services, market: Market, sale: PurchaseRow) -> None:
    with contextlib.suppress(ChenuError):
        await declare_own(services, market.buyer.actor, sale.id)


@pytest.mark.parametrize("seed", seeds(20))
async def test_parallel_refunds_of_a_payment_never_exceed_it(
    services: Services, stripe_side: StripeSide, seed: int
) -> None:
    await stripe_side.reset()
    draw = random.Random(seed)
    market = await open_market(services)
    sale = await buy(services, market)
    await catch_up(services)
    acts = [
        _refund(services, market.creator, sale, draw.randint(1, 400), f"part {number}")
        for number in range(PARTS)
    ]
    acts += [
        _refund(services, market.buyer, sale, None, "whole"),
        _withdraw(services, market, sale),
    ]
    draw.shuffle(acts)

    await asyncio.gather(*acts)

    await catch_up(services)
    await catch_up(services)
    [payment] = await list_payments([sale.id])
    refunds = await stripe_side.refunds_of(payment.stripe_charge_id)
    assert sum(each["amount"] for each in refunds) == payment.refunded <= payment.paid
    [transfer] = await stripe_side.transfers_of(sale.id)
    assert transfer["amount_reversed"] == payment.share_due == 700 * payment.refunded // 999
    is_whole = payment.refunded == payment.paid
    status = (await get_purchase(sale.id)).status
    assert status == ("REFUNDED" if is_whole else "PARTIALLY_REFUNDED")
    await require_true_books()
