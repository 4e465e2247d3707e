"""A payment that arrives too late to buy anything goes back whole, once, with a mail."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from chenu.agents.access import give_access, has_usable_grant
from chenu.agents.model import GrantSource, PurchaseStatus
from chenu.agents.payments import PaymentRow, list_payments
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.core import db
from chenu.core.clock import business_now
from chenu.flows.creators.review_agent import archive_agent
from chenu.flows.invariants import check_books, check_everything
from chenu.flows.purchases.state import PurchaseState
from chenu.flows.services import Services
from chenu.ledger.accounts import LedgerKind, creator_payable
from chenu.ledger.journal import get_cents
from chenu.ledger.open_operations import list_open
from chenu.ledger.operations import OperationKind
from tests.flows.sales import (
    Market,
    open_market,
    open_page,
    pay_for,
    report,
    start_buying,
    work_off,
)
from tests.rows import count, fingerprint, mails_to, put
from tests.stripe_side import AWAY, StripeSide

EVER = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    """Over an empty sandbox, so that its totals can be compared with ours."""
    await stripe_side.reset()
    return await open_market(services)


async def _given(market: Market) -> None:
    account_id = market.buyer.actor.account_id
    assert account_id is not None
    async with db.transaction():
        await give_access(account_id, market.agent.id, GrantSource.GIFT, None)


async def _archived(market: Market) -> None:
    await archive_agent(market.creator.actor, market.agent.id)


async def _suspended(market: Market) -> None:
    await put("agent", "status", "SUSPENDED")


Change = Callable[[Market], Awaitable[None]]
TOO_LATE: dict[str, tuple[Change, str]] = {
    "owned meanwhile": (_given, "already_owned"),
    "archived meanwhile": (_archived, "agent_stopped"),
    "suspended meanwhile": (_suspended, "agent_stopped"),
}


async def pay_too_late(
    services: Services, market: Market, change: Change = _archived
) -> tuple[PurchaseRow, PaymentRow]:
    """Paid on a page that was still open, and settled; nothing is refunded yet."""
    purchase = await open_page(services, market)
    await change(market)
    assert await pay_for(purchase) == 303
    await report(services, purchase)
    [payment] = await list_payments([purchase.id])
    return await get_purchase(purchase.id), payment


@pytest.mark.parametrize(("change", "reason"), TOO_LATE.values(), ids=TOO_LATE.keys())
async def test_a_late_payment_goes_back_whole_and_the_buyer_is_informed(
    services: Services, stripe_side: StripeSide, market: Market, change: Change, reason: str
) -> None:
    purchase, payment = await pay_too_late(services, market, change)

    await work_off(services)

    assert purchase.status is PurchaseStatus.REFUNDED
    assert (await report(services, purchase)).state is PurchaseState.RETURNED
    [refund] = await stripe_side.refunds_of(payment.stripe_charge_id)
    assert (refund["amount"], refund["status"]) == (999, "succeeded")
    assert await mails_to(market.buyer.email) == ["PAYMENT_RETURNED"]
    assert await _mailed_reason() == reason
    assert await count("access_grant", "purchase IS NOT NULL") == 0


async def _mailed_reason() -> str:
    sql = "SELECT params::text FROM outbox_mail WHERE kind = 'PAYMENT_RETURNED'"
    return str(msgspec.json.decode(await db.fetch_value(sql))["reason"])


async def test_the_creator_gets_nothing_and_is_informed_nothing(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    purchase, payment = await pay_too_late(services, market)

    await work_off(services)

    assert await get_cents(creator_payable(payment.creator_id)) == 0
    assert await stripe_side.transfers_of(purchase.id) == []
    assert await count("operation", "kind = 'TRANSFER'") == 0
    assert "SALE" not in await mails_to(market.creator.email)


async def test_nothing_but_the_fee_stays_in_the_books(services: Services, market: Market) -> None:
    _, payment = await pay_too_late(services, market)

    await work_off(services)

    assert payment.fee > 0
    assert await _balances() == {
        LedgerKind.PLATFORM_REVENUE: -payment.fee,
        LedgerKind.STRIPE_FEES: payment.fee,
    }
    assert [f for f in await check_everything(services, EVER) if not f.ok] == []


async def _balances() -> dict[str, int]:
    """The balances of all ledger accounts that are not zero."""
    sql = """
        SELECT jsonb_object_agg(kind, total)::text FROM (
            SELECT a.kind, sum(e.amount) AS total
            FROM ledger_entry e JOIN ledger_account a ON a.id = e.ledger_account_id
            GROUP BY a.kind HAVING sum(e.amount) <> 0) sums
    """
    return msgspec.json.decode(await db.fetch_value(sql), type=dict[str, int])


async def test_between_payment_and_refund_the_books_say_what_is_owed(
    services: Services, market: Market
) -> None:
    _, payment = await pay_too_late(services, market)

    assert (await _balances())[LedgerKind.BUYER_REFUNDS_DUE] == payment.gross
    assert [f for f in await check_books() if not f.ok] == []


async def test_whoever_looks_again_finds_it_returned_once(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    purchase, payment = await pay_too_late(services, market)
    await asyncio.gather(*(work_off(services) for _ in range(5)))
    before = await fingerprint()

    for _ in range(3):
        await report(services, purchase)
        await work_off(services)

    assert await fingerprint() == before
    assert len(await stripe_side.refunds_of(payment.stripe_charge_id)) == 1
    assert await count("outbox_mail", "kind = 'PAYMENT_RETURNED'") == 1


@pytest.mark.parametrize("effect", [AWAY, "500_after", "truncated"])
async def test_a_refund_whose_answer_is_lost_is_made_once(
    services: Services, stripe_side: StripeSide, market: Market, effect: str
) -> None:
    _, payment = await pay_too_late(services, market)
    await stripe_side.fail(effect, "/v1/refunds", times=None)
    await work_off(services)
    assert await list_open() != []
    assert [f for f in await check_books() if not f.ok] == []

    await stripe_side.heal()
    await work_off(services)

    assert await list_open() == []
    assert len(await stripe_side.refunds_of(payment.stripe_charge_id)) == 1
    assert [f for f in await check_everything(services, EVER) if not f.ok] == []


async def test_a_refund_that_was_made_is_found_when_its_key_is_forgotten(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    _, payment = await pay_too_late(services, market)
    await stripe_side.fail("truncated", "/v1/refunds", method="POST", times=None)
    await work_off(services)
    await stripe_side.heal()
    await stripe_side.watch("/v1/refunds", method="POST")
    await put("operation", "created_at", business_now() - timedelta(hours=24))

    await work_off(services)

    assert await stripe_side.hits() == [0]
    [refund] = await stripe_side.refunds_of(payment.stripe_charge_id)
    assert await count("operation", "stripe_id = $1 AND kind = $2", refund["id"],
                       OperationKind.REFUND) == 1  # fmt: skip


async def test_a_canceled_order_that_was_paid_after_all_loses_to_the_open_one(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    first = await open_page(services, market)
    await put("purchase", "status", "CANCELED")
    second = await start_buying(services, market.buyer, market.agent, "key-2")
    assert await pay_for(first) == 303
    await work_off(services)

    assert await pay_for(second) == 303
    await report(services, second)
    await work_off(services)

    assert await _mailed_reason() == "another_purchase"
    statuses = [(await get_purchase(purchase.id)).status for purchase in (first, second)]
    assert statuses == [PurchaseStatus.REFUNDED, PurchaseStatus.PAID]
    assert [f for f in await check_everything(services, EVER) if not f.ok] == []


async def test_a_canceled_order_that_was_paid_after_all_still_buys(
    services: Services, market: Market
) -> None:
    """Nothing speaks against it: the money is there, the agent is on sale and nobody else pays."""
    purchase = await open_page(services, market)
    await put("purchase", "status", "CANCELED")
    assert await pay_for(purchase) == 303

    await work_off(services)

    assert (await get_purchase(purchase.id)).status is PurchaseStatus.PAID
    assert await has_usable_grant(purchase.account_id, purchase.agent_id)
