"""Refunds of agents: by buyer, creator, staff and at Stripe's dashboard, to the cent."""

from collections.abc import Sequence

import pytest

from chenu.agents.access import has_usable_grant, list_usable_grants, record_first_use
from chenu.agents.errors import Disputed
from chenu.agents.model import PurchaseId
from chenu.agents.payments import PaymentRow, list_payments
from chenu.agents.pricing import RANGES
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.agents.refunds import list_failed_refunds, list_sale_refunds
from chenu.core.errors import ChenuError, Invalid, NotFound
from chenu.core.money import Cents
from chenu.flows.invariants import check_everything
from chenu.flows.purchases.refund_plans import RefundNotAllowed, RefundSaleInput, plan_refund
from chenu.flows.purchases.refunds import refund_sale
from chenu.flows.purchases.reversals import get_debt
from chenu.flows.second_person import SECOND_PERSON_ABOVE
from chenu.flows.services import Services
from chenu.ledger.accounts import creator_payable, creator_receivable
from chenu.ledger.journal import get_cents
from tests.flows.plans import catch_up
from tests.flows.sales import Market, another_agent, buy, open_market, pay_for, start_buying
from tests.flows.test_invariants import EVER
from tests.people import Person, make_person
from tests.rows import count, mails_to
from tests.stripe_side import StripeSide


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    return await open_market(services)


async def require_true_books(services: Services) -> None:
    await catch_up(services)
    await catch_up(services)
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


async def sell(services: Services, market: Market, key: str = "key-1") -> PurchaseRow:
    """With Stripe's invoice mirrored."""
    purchase = await buy(services, market, key)
    await catch_up(services)
    return purchase


async def refund(
    services: Services,
    person: Person,
    purchase_id: PurchaseId,
    amount: int | None = None,
    key: str = "back",
) -> str:
    wanted = None if amount is None else Cents(amount)
    data = RefundSaleInput(purchase_id, None, wanted, "It does not fit")
    return (await refund_sale(services, person.actor, data, key)).state


async def payment_of(purchase_id: PurchaseId) -> PaymentRow:
    [payment] = await list_payments([purchase_id])
    return payment


async def reversed_of(stripe_side: StripeSide, purchase_id: PurchaseId) -> list[int]:
    return [each["amount_reversed"] for each in await stripe_side.transfers_of(purchase_id)]


async def test_the_buyer_gives_an_unused_agent_back(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)

    assert await refund(services, market.buyer, sold.id) == "SETTLED"

    await require_true_books(services)
    payment = await payment_of(sold.id)
    assert (payment.refunded, payment.share_due, payment.share_claimed) == (999, 700, 700)
    assert await reversed_of(stripe_side, sold.id) == [700]
    assert (await get_purchase(sold.id)).status == "REFUNDED"
    assert not await has_usable_grant(sold.account_id, sold.agent_id)
    assert await get_cents(creator_receivable(sold.creator_id)) == 0
    assert await count("credit_note") == 1
    assert "REFUND" in await mails_to(market.buyer.email)
    assert "SALE_REFUNDED" in await mails_to(market.creator.email)


def test_no_refund_of_an_agent_needs_a_second_person() -> None:
    assert max(highest for _, highest in RANGES.values()) <= SECOND_PERSON_ABOVE


async def test_a_repeated_key_refunds_once(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)

    for _ in range(2):
        await refund(services, market.buyer, sold.id)

    assert await count("purchase_refund") == 1
    assert len(await stripe_side.refunds_of((await payment_of(sold.id)).stripe_charge_id)) == 1


@pytest.mark.parametrize("amounts", [(333, 333, 333), (1, 998), (100, 250, 649), (998, 1)], ids=str)
async def test_parts_reverse_exactly_the_share(
    services: Services, market: Market, stripe_side: StripeSide, amounts: Sequence[int]
) -> None:
    sold = await sell(services, market)
    statuses = []

    for number, amount in enumerate(amounts):
        await refund(services, market.creator, sold.id, amount, f"part-{number}")
        statuses.append((await get_purchase(sold.id)).status)

    await require_true_books(services)
    assert await reversed_of(stripe_side, sold.id) == [700]
    assert statuses == [*["PARTIALLY_REFUNDED"] * (len(amounts) - 1), "REFUNDED"]


async def test_a_part_leaves_the_access(services: Services, market: Market) -> None:
    sold = await sell(services, market)

    await refund(services, market.creator, sold.id, 100)

    assert await has_usable_grant(sold.account_id, sold.agent_id)
    await require_true_books(services)


async def test_the_buyer_is_refused_once_it_is_used(services: Services, market: Market) -> None:
    sold = await sell(services, market)
    grants = await list_usable_grants(sold.account_id, [sold.agent_id])
    await record_first_use([grant.id for grant in grants])

    with pytest.raises(RefundNotAllowed, match="used"):
        await refund(services, market.buyer, sold.id)

    assert await refund(services, market.creator, sold.id) == "SETTLED"


@pytest.mark.parametrize(
    ("amount", "refusal"), [(1000, Invalid), (0, Invalid), (-5, Invalid)], ids=str
)
async def test_a_wrong_amount_is_refused(
    services: Services, market: Market, amount: int, refusal: type[ChenuError]
) -> None:
    sold = await sell(services, market)

    with pytest.raises(refusal):
        await refund(services, market.creator, sold.id, amount)

    assert await count("purchase_refund") == 0


async def test_nothing_is_refunded_twice(services: Services, market: Market) -> None:
    sold = await sell(services, market)
    await refund(services, market.creator, sold.id)

    with pytest.raises(RefundNotAllowed, match="already"):
        await refund(services, market.creator, sold.id, None, "again")


async def test_a_stranger_does_not_find_it(services: Services, market: Market) -> None:
    sold = await sell(services, market)
    stranger = await make_person("stranger")

    with pytest.raises(NotFound):
        await refund(services, stranger, sold.id)


async def test_a_plan_moves_nothing(services: Services, market: Market) -> None:
    sold = await sell(services, market)
    data = RefundSaleInput(sold.id, None, Cents(333), "A part")

    plan = await plan_refund(market.creator.actor, data)

    assert (plan.parts.creator, plan.parts.platform, plan.parts.tax) == (233, 100, 0)
    assert await count("purchase_refund") == 0


async def return_at_stripe(stripe_side: StripeSide, charge: str, **form: str) -> None:
    await stripe_side.change("/v1/refunds", charge=charge, **form)


async def test_refunds_at_the_dashboard_lead_to_the_same_state(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)
    charge = (await payment_of(sold.id)).stripe_charge_id

    await return_at_stripe(stripe_side, charge, amount="333")
    await require_true_books(services)

    assert (await get_purchase(sold.id)).status == "PARTIALLY_REFUNDED"
    assert await reversed_of(stripe_side, sold.id) == [233]

    await return_at_stripe(stripe_side, charge)
    await require_true_books(services)

    assert (await get_purchase(sold.id)).status == "REFUNDED"
    assert await reversed_of(stripe_side, sold.id) == [700]
    assert not await has_usable_grant(sold.account_id, sold.agent_id)
    assert [each.origin for each in await list_sale_refunds([sold.id])] == ["STRIPE", "STRIPE"]


@pytest.mark.parametrize(
    ("amount", "status", "share"),
    [(None, "REFUNDED", 700), ("333", "PARTIALLY_REFUNDED", 233)],
    ids=["whole", "a part"],
)
async def test_a_refund_of_a_payment_that_is_not_settled_here_yet(
    services: Services,
    market: Market,
    stripe_side: StripeSide,
    amount: str | None,
    status: str,
    share: int,
) -> None:
    purchase = await start_buying(services, market.buyer, market.agent)
    assert await pay_for(purchase) == 303
    [charge] = await stripe_side.charges_of(purchase.id)
    await return_at_stripe(stripe_side, charge["id"], **({"amount": amount} if amount else {}))

    await require_true_books(services)

    assert (await get_purchase(purchase.id)).status == status
    assert await reversed_of(stripe_side, purchase.id) == [share]


FAILS = "4000000000005126"


async def test_a_refund_that_fails_is_put_back(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    purchase = await start_buying(services, market.buyer, market.agent)
    assert await pay_for(purchase, FAILS) == 303
    await catch_up(services)
    await stripe_side.advance(8 * 24 * 3600)  # our balance is available, which pays the share anew
    await refund(services, market.buyer, purchase.id)

    await stripe_side.advance(2 * 3600)

    await require_true_books(services)
    assert (await get_purchase(purchase.id)).status == "PAID"
    assert await has_usable_grant(purchase.account_id, purchase.agent_id)
    payment = await payment_of(purchase.id)
    assert (payment.refunded, payment.share_due, payment.transferred) == (0, 0, 700)
    assert await get_cents(creator_payable(purchase.creator_id)) == 0
    assert (await mails_to(market.buyer.email)).count("REFUND_FAILED") == 1
    assert [each.purchase_id for each in await list_failed_refunds()] == [purchase.id]


async def test_a_refund_that_came_back_can_be_made_again_without_another_note(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    """Of the invoice no second credit note is left: Stripe refuses it, and the money goes back."""
    purchase = await start_buying(services, market.buyer, market.agent)
    assert await pay_for(purchase, FAILS) == 303
    await catch_up(services)
    await stripe_side.advance(8 * 24 * 3600)
    await refund(services, market.buyer, purchase.id)
    await stripe_side.advance(2 * 3600)
    await catch_up(services)
    put_back = (await payment_of(purchase.id)).refunded

    await refund(services, market.buyer, purchase.id, key="again")

    assert (put_back, (await payment_of(purchase.id)).refunded) == (0, 999)
    assert len(await stripe_side.list_all("/v1/credit_notes")) == 1
    assert len(await stripe_side.list_all("/v1/refunds")) == 2
    await require_true_books(services)


async def pay_creators_out(stripe_side: StripeSide) -> None:
    """Their banks have the money: no reversal of a transfer is possible any more."""
    await stripe_side.advance(10 * 24 * 3600)


async def test_what_the_balance_does_not_give_is_a_debt_taken_out_of_the_next_share(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)
    await pay_creators_out(stripe_side)
    await refund(services, market.creator, sold.id)
    await require_true_books(services)

    assert await reversed_of(stripe_side, sold.id) == [0]
    assert await get_debt(sold.creator_id) == 700
    assert await get_cents(creator_receivable(sold.creator_id)) == -700

    other = await another_agent(services, market)  # 5 €, of which 3.50 € are the creator's
    first = await sell(services, other, "key-2")
    await require_true_books(services)

    assert await stripe_side.transfers_of(first.id) == []
    assert await get_debt(sold.creator_id) == 350

    again = await sell(services, market, "key-3")  # 9.99 €: 7.00 €, half of it still owed
    await require_true_books(services)

    assert [each["amount"] for each in await stripe_side.transfers_of(again.id)] == [350]
    assert await get_debt(sold.creator_id) == 0


async def test_a_refund_of_a_netted_sale_reverses_what_was_sent_and_owes_the_rest(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)
    await pay_creators_out(stripe_side)
    await refund(services, market.creator, sold.id, 500)
    await require_true_books(services)
    owed = await get_debt(sold.creator_id)
    other = await another_agent(services, market)
    first = await sell(services, other, "key-2")
    await require_true_books(services)

    await refund(services, market.creator, first.id, None, "whole")
    await require_true_books(services)

    assert owed == 350  # 700 * 500 // 999
    assert await stripe_side.transfers_of(first.id) == []
    assert await get_debt(sold.creator_id) == 350


async def test_a_refund_before_the_transfer_comes_back_with_it(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    await stripe_side.fail("503", "/v1/transfers", times=None)
    sold = await sell(services, market)
    await refund(services, market.creator, sold.id)
    await stripe_side.heal()

    await require_true_books(services)

    assert await reversed_of(stripe_side, sold.id) == [700]
    assert await get_debt(sold.creator_id) == 0


async def test_nothing_is_owed_after_a_refusal(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    sold = await sell(services, market)
    charge = (await payment_of(sold.id)).stripe_charge_id
    await stripe_side.dispute(charge)

    for _ in range(2):  # the same key gets the same answer
        with pytest.raises(Disputed):
            await refund(services, market.buyer, sold.id)

    assert await has_usable_grant(sold.account_id, sold.agent_id)
    assert (await payment_of(sold.id)).refunded == 0
    assert await count("operation", "kind = 'REFUND' AND error_code = 'charge_disputed'") == 1
