"""Refunds, payouts, disputes, answers and decisions of one sale that meet: F14.

In one process over the real database and the sandbox; the seed is the parameter.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from chenu.agents.access import has_usable_grant
from chenu.agents.payments import list_payments
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.billing.disputes import DisputeRow, list_disputes_of_purchases
from chenu.core.errors import ChenuError
from chenu.core.money import Cents
from chenu.flows.disputes.evidence import EvidenceInput, submit_evidence
from chenu.flows.purchases.refund_plans import RefundSaleInput
from chenu.flows.purchases.refunds import refund_sale
from chenu.flows.services import Services
from tests.faults.counts import seeds
from tests.flows.plans import catch_up
from tests.flows.sales import Market, buy, open_market
from tests.flows.test_sale_refunds import require_true_books
from tests.people import Person, make_person
from tests.stripe_side import StripeSide

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

PARTS = 3
_DAY = 24 * 3600

Act = Callable[[], Awaitable[Any]]


async def _begin(services: Services, stripe_side: StripeSide) -> tuple[Market, PurchaseRow, str]:
    """A sale with its charge; another's money pays its share anew, should a dispute be won."""
    await stripe_side.reset()
    market = await open_market(services)
    sale = await buy(services, market)
    await buy(services, replace(market, buyer=await make_person("other")), "other")
    await catch_up(services)
    [payment] = await list_payments([sale.id])
    return market, sale, payment.stripe_charge_id


async def _race(draw: random.Random, acts: list[Act]) -> None:
    """All at once, each after a few turns of the loop, so that orders differ."""

    async def run(act: Act) -> None:
        for _ in range(draw.randint(0, 40)):
            await asyncio.sleep(0)
        with contextlib.suppress(ChenuError):
            await act()

    draw.shuffle(acts)
    await asyncio.gather(*(run(act) for act in acts))


def _refund(services: Services, person: Person, sale: PurchaseRow, amount: int | None) -> Act:
    wanted = None if amount is None else Cents(amount)
    data = RefundSaleInput(sale.id, None, wanted, "A race")
    return lambda: refund_sale(services, person.actor, data, f"{person.email} {amount}")


async def _dispute(stripe_side: StripeSide, charge: str, kind: str) -> None:
    """Nothing, where nothing of the charge is left."""
    with contextlib.suppress(AssertionError):
        await stripe_side.dispute(charge, kind)


async def _dispute_of(sale: PurchaseRow) -> DisputeRow:
    [dispute] = await list_disputes_of_purchases([sale.id])
    return dispute


async def _require_agreement(
    services: Services, stripe_side: StripeSide, sale: PurchaseRow
) -> None:
    """Of payment, access and share with Stripe's refunds, dispute and transfer."""
    await require_true_books(services)
    [payment] = await list_payments([sale.id])
    refunds = await stripe_side.refunds_of(payment.stripe_charge_id)
    returned = sum(each["amount"] for each in refunds)
    theirs = await stripe_side.list_all("/v1/disputes", charge=payment.stripe_charge_id)
    ours = await list_disputes_of_purchases([sale.id])
    assert payment.refunded == returned
    assert payment.refunded + payment.disputed <= payment.paid
    assert [each.status.lower() for each in ours] == [each["status"] for each in theirs]
    status = (await get_purchase(sale.id)).status
    is_usable = await has_usable_grant(sale.account_id, sale.agent_id)
    assert is_usable == (status in ("PAID", "PARTIALLY_REFUNDED"))
    assert (status == "REFUNDED") == (returned == payment.paid)


@pytest.mark.parametrize("seed", seeds(20))
@pytest.mark.parametrize("kind", ["dispute", "inquiry"])
async def test_refunds_payouts_and_a_dispute_of_one_sale_agree(
    services: Services, stripe_side: StripeSide, kind: str, seed: int
) -> None:
    draw = random.Random(seed)
    market, sale, charge = await _begin(services, stripe_side)
    acts: list[Act] = [
        _refund(services, market.creator, sale, draw.randint(1, 400)) for _ in range(PARTS)
    ]
    acts += [
        _refund(services, market.buyer, sale, None),
        lambda: _dispute(stripe_side, charge, kind),
        lambda: stripe_side.advance(draw.randint(1, 6) * _DAY),
        lambda: catch_up(services),
    ]

    await _race(draw, acts)

    await _require_agreement(services, stripe_side, sale)


@pytest.mark.parametrize("seed", seeds(20))
@pytest.mark.parametrize("end", ["won", "lost"])
async def test_an_answer_that_meets_the_banks_decision_leaves_the_banks(
    services: Services, stripe_side: StripeSide, end: str, seed: int
) -> None:
    draw = random.Random(seed)
    market, sale, charge = await _begin(services, stripe_side)
    await stripe_side.advance(_DAY)
    dispute = await stripe_side.dispute(charge)
    await catch_up(services)
    await stripe_side.advance(6 * _DAY - 60)
    data = EvidenceInput(sale.id, "Used every day")

    await _race(
        draw,
        [
            lambda: submit_evidence(services, market.creator.actor, data, "answer"),
            lambda: stripe_side.end_dispute(dispute, end),
            lambda: _refund(services, market.creator, sale, None)(),
            lambda: catch_up(services),
        ],
    )

    await _require_agreement(services, stripe_side, sale)
    decided = await _dispute_of(sale)
    assert decided.status == end.upper()
    assert not decided.takes_evidence


@pytest.mark.parametrize("seed", seeds(20))
async def test_two_answers_at_once_are_one(
    services: Services, stripe_side: StripeSide, seed: int
) -> None:
    draw = random.Random(seed)
    market, sale, charge = await _begin(services, stripe_side)
    dispute = await stripe_side.dispute(charge)
    await catch_up(services)

    def answer(text: str) -> Act:
        data = EvidenceInput(sale.id, text)
        return lambda: submit_evidence(services, market.creator.actor, data, text)

    await _race(draw, [answer("Used every day"), answer("Never asked for it back")])

    await _require_agreement(services, stripe_side, sale)
    sent = await stripe_side.get(f"/v1/disputes/{dispute}")
    assert sent["evidence_details"]["submission_count"] == 1
    assert sent["evidence"]["uncategorized_text"] == (await _dispute_of(sale)).evidence
