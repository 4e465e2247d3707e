"""Disputes of agents' payments: frozen and reversed, won or lost, answered and refused."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import Staff
from chenu.agents.access import has_usable_grant
from chenu.agents.model import PurchaseId
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.billing.disputes import DisputeRow, list_disputes_of_purchases
from chenu.billing.fraud_warnings import list_open_warnings
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, InvalidState, NotFound
from chenu.flows.disputes.evidence import EvidenceInput, submit_evidence
from chenu.flows.disputes.reminders import remind_of_disputes
from chenu.flows.disputes.warnings import decide_warning
from chenu.flows.purchases.reversals import get_debt
from chenu.flows.services import Services
from chenu.ledger.accounts import creator_receivable
from chenu.ledger.journal import get_cents
from tests.flows.monthly import begin, subscription_of
from tests.flows.packs import Grants, charge_of, grants_of, open_packs, spend
from tests.flows.packs import buy as buy_pack
from tests.flows.plans import catch_up
from tests.flows.sales import Market, buy, open_market, open_monthly_market
from tests.flows.test_sale_refunds import (
    payment_of,
    refund,
    require_true_books,
    reversed_of,
    sell,
)
from tests.people import Person, make_person
from tests.rows import count, put
from tests.stripe_side import StripeSide


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    return await open_market(services, price=5000)


_DAY = 24 * 3600


async def sell_two(services: Services, market: Market) -> PurchaseRow:
    """The first; the money of the other pays its share anew, should a dispute of it be won."""
    sold = await sell(services, market)
    await buy(services, replace(market, buyer=await make_person("other")), "other")
    return sold


async def have_money_at_hand(stripe_side: StripeSide) -> None:
    """Both sales' money is available, and the bank still waits."""
    await stripe_side.advance(6 * _DAY)


async def dispute_of(purchase_id: PurchaseId) -> DisputeRow:
    [dispute] = await list_disputes_of_purchases([purchase_id])
    return dispute


async def open_dispute(
    services: Services, stripe_side: StripeSide, sold: PurchaseRow, kind: str = "dispute"
) -> str:
    charge = (await payment_of(sold.id)).stripe_charge_id
    await stripe_side.advance(2 * _DAY)
    dispute = await stripe_side.dispute(charge, kind)
    await catch_up(services)
    return dispute


async def state_of(sold: PurchaseRow) -> tuple[str, bool]:
    status = (await get_purchase(sold.id)).status
    return status, await has_usable_grant(sold.account_id, sold.agent_id)


async def answer(
    services: Services, person: Person, sold: PurchaseRow, text: str = "Used it daily"
) -> None:
    await submit_evidence(services, person.actor, EvidenceInput(sold.id, text), f"key-{text}")


async def test_a_disputed_agent_is_frozen_and_its_share_reversed(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)

    await open_dispute(services, stripe_side, sold)

    await require_true_books(services)
    payment, dispute = await payment_of(sold.id), await dispute_of(sold.id)
    assert await state_of(sold) == ("DISPUTED", False)
    assert (payment.disputed, payment.share_due, payment.share_claimed) == (5000, 3500, 3500)
    assert await reversed_of(stripe_side, sold.id) == [3500]
    assert (dispute.status, dispute.withdrawn, dispute.taken) == ("NEEDS_RESPONSE", 5000, 5000)
    assert await get_cents(creator_receivable(sold.creator_id)) == 0
    assert await count("outbox_mail", "kind = 'DISPUTE_OPENED'") == 1


async def test_a_lost_one_stays_reversed(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)
    dispute = await open_dispute(services, stripe_side, sold)

    await stripe_side.end_dispute(dispute, "lost")

    await require_true_books(services)
    assert await state_of(sold) == ("DISPUTED", False)
    assert await reversed_of(stripe_side, sold.id) == [3500]
    assert await count("outbox_mail", "kind = 'DISPUTE_LOST'") == 1


async def test_a_won_one_sends_the_share_again_and_gives_access_back(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell_two(services, market)
    dispute = await open_dispute(services, stripe_side, sold)
    await have_money_at_hand(stripe_side)

    await stripe_side.end_dispute(dispute, "won")

    await require_true_books(services)
    again, first = await stripe_side.transfers_of(sold.id)
    assert await state_of(sold) == ("PAID", True)
    assert (first["amount_reversed"], first["source_transaction"] is None) == (3500, False)
    assert (again["amount"], again["source_transaction"]) == (3500, None)
    assert (await payment_of(sold.id)).disputed == 0
    assert await count("outbox_mail", "kind = 'DISPUTE_WON'") == 1


async def test_a_debt_that_another_sale_has_paid_is_sent_again_when_the_dispute_is_won(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    """The creator's bank has the share, so that the next sale's share pays for the dispute."""
    sold = await sell(services, market)
    await stripe_side.advance(10 * _DAY)
    dispute = await open_dispute(services, stripe_side, sold)
    debt = await get_debt(sold.creator_id)
    await answer(services, market.creator, sold)
    await buy(services, replace(market, buyer=await make_person("other")), "other")
    await stripe_side.advance(7 * _DAY)

    await stripe_side.end_dispute(dispute, "won")

    await require_true_books(services)
    transfers = await stripe_side.transfers_of(sold.id)
    assert debt == 3500
    assert [(each["amount"], each["amount_reversed"]) for each in transfers] == [(3500, 0)] * 2
    assert await get_debt(sold.creator_id) == 0


@pytest.mark.parametrize("kind", ["inquiry", "prevented"])
async def test_inquiries_and_prevented_ones_move_nothing_and_may_be_refunded(
    services: Services, market: Market, stripe_side: StripeSide, kind: str
) -> None:
    sold = await sell(services, market)

    await open_dispute(services, stripe_side, sold, kind)

    await require_true_books(services)
    assert await state_of(sold) == ("PAID", True)
    assert (await dispute_of(sold.id)).withdrawn is None
    assert await refund(services, market.creator, sold.id) == "SETTLED"
    await require_true_books(services)


async def test_an_inquiry_that_escalates_freezes(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)
    dispute = await open_dispute(services, stripe_side, sold, "inquiry")

    await stripe_side.end_dispute(dispute, "needs_response")

    await require_true_books(services)
    assert await state_of(sold) == ("DISPUTED", False)
    assert await count("outbox_mail", "kind = 'DISPUTE_OPENED'") == 2


async def test_a_refund_of_a_disputed_payment_is_refused(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)
    await open_dispute(services, stripe_side, sold)

    with pytest.raises(ChenuError) as refusal:
        await refund(services, market.creator, sold.id)

    assert refusal.value.code == "DISPUTED"
    assert await count("purchase_refund") == 0


async def test_what_is_left_of_a_part_refund_is_disputed(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell_two(services, market)
    await refund(services, market.creator, sold.id, 1000)
    dispute = await open_dispute(services, stripe_side, sold)
    payment = await payment_of(sold.id)
    await have_money_at_hand(stripe_side)

    await stripe_side.end_dispute(dispute, "won")

    await require_true_books(services)
    assert (payment.refunded, payment.disputed, payment.share_due) == (1000, 4000, 3500)
    assert await state_of(sold) == ("PARTIALLY_REFUNDED", True)
    assert (await payment_of(sold.id)).share_due == 700


async def test_events_in_any_order_and_twice_lead_to_the_same_state(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)
    dispute = await stripe_side.dispute((await payment_of(sold.id)).stripe_charge_id)
    await stripe_side.end_dispute(dispute, "lost")

    await catch_up(services)

    await require_true_books(services)
    assert await state_of(sold) == ("DISPUTED", False)
    assert await count("dispute") == 1


@pytest.mark.parametrize(
    ("text", "status"),
    [("winning_evidence", "WON"), ("losing_evidence", "LOST"), ("Used daily", "UNDER_REVIEW")],
)
async def test_the_creator_answers_once(
    services: Services, market: Market, stripe_side: StripeSide, text: str, status: str
) -> None:
    sold = await sell(services, market)
    await open_dispute(services, stripe_side, sold)

    for _ in range(2):
        await answer(services, market.creator, sold, text)

    dispute = await dispute_of(sold.id)
    assert (dispute.status, dispute.evidence, dispute.evidence_by) == (
        status,
        text,
        market.creator.user_id,
    )
    with pytest.raises(InvalidState):
        await answer(services, market.creator, sold, "More")


async def test_a_buyer_does_not_answer(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)
    await open_dispute(services, stripe_side, sold)

    with pytest.raises(NotFound):
        await answer(services, market.buyer, sold)


async def test_a_warning_waits_for_the_support_desk(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)

    await stripe_side.warn((await payment_of(sold.id)).stripe_charge_id)
    await catch_up(services)

    assert await count("fraud_warning", "state = 'OPEN'") == 1
    assert await state_of(sold) == ("PAID", True)


async def test_who_has_not_answered_is_reminded_once(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)
    await open_dispute(services, stripe_side, sold)
    await put("dispute", "due_by", business_now() + timedelta(days=1))

    for _ in range(2):
        await remind_of_disputes(services)

    assert await count("outbox_mail", "kind = 'DISPUTE_DUE'") == 1


async def test_the_desk_decides_about_a_warning_once(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)
    await stripe_side.warn((await payment_of(sold.id)).stripe_charge_id)
    await catch_up(services)
    desk = await make_person("desk", staff=(Staff.SUPPORT,))
    [warning] = await list_open_warnings()

    await decide_warning(desk.actor, warning.id, "Refunded by hand.")

    assert await list_open_warnings() == []
    with pytest.raises(InvalidState):
        await decide_warning(desk.actor, warning.id, "Again.")


async def test_a_disputed_month_is_frozen_and_ends_when_it_is_lost(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    monthly = await open_monthly_market(services)
    bought = await begin(services, monthly)
    dispute = await open_dispute(services, stripe_side, bought)
    frozen = await state_of(bought)

    await stripe_side.end_dispute(dispute, "lost")

    await require_true_books(services)
    assert frozen == ("DISPUTED", False)
    assert await state_of(bought) == ("DISPUTED", False)
    assert (await subscription_of(bought)).status == "CANCELED"


async def test_a_disputed_month_that_is_won_is_usable_and_not_renewed_by_itself(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    monthly = await open_monthly_market(services)
    bought = await begin(services, monthly)
    dispute = await open_dispute(services, stripe_side, bought)

    await stripe_side.end_dispute(dispute, "won")

    await catch_up(services)
    assert await state_of(bought) == ("CANCELED", True)
    assert (await payment_of(bought.id)).disputed == 0


@pytest.mark.parametrize("end", ["won", "lost"])
async def test_a_disputed_pack_loses_all_tokens_and_has_them_again_when_it_is_won(
    services: Services, stripe_side: StripeSide, end: str
) -> None:
    await stripe_side.reset()
    zoe = await open_packs(services)
    order = await buy_pack(services, zoe.actor)
    await spend(zoe, 100)

    dispute = await stripe_side.dispute(await charge_of(order))
    await catch_up(services)
    taken = await grants_of(order)
    await stripe_side.end_dispute(dispute, end)

    await require_true_books(services)
    left = await grants_of(order)
    assert taken == Grants(0, 0, 100)
    assert left.base + left.bonus - left.debt == (order.tokens - 100 if end == "won" else -100)
    assert await count("dispute", "subject = 'PACK'") == 1
