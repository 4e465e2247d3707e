"""After a restore, what Stripe did since the backup is found there, and not done again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from chenu.agents.payments import list_payments
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.core.clock import business_now
from chenu.core.money import Cents
from chenu.flows.affiliates.payout_run import run_payouts
from chenu.flows.invariants import check_everything
from chenu.flows.purchases.refund_plans import RefundSaleInput
from chenu.flows.purchases.refunds import refund_sale
from chenu.flows.reconciliation import reconcile
from chenu.flows.services import Services
from chenu.ledger.accounts import affiliate_payable
from chenu.ledger.journal import get_cents
from chenu.ledger.restores import SOUGHT, record_restore
from tests.affiliates.paid import fund, open_earning, this_month
from tests.database import OwnedDatabase
from tests.flows.plans import catch_up
from tests.flows.sales import Market, open_market, open_page, pay_for, start_buying, work_off
from tests.flows.test_invariants import EVER
from tests.rows import count, put
from tests.stripe_side import StripeSide


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    return await open_market(services)


@asynccontextmanager
async def forgotten(services: Services, database: OwnedDatabase) -> AsyncIterator[None]:
    """What happens inside is known to Stripe alone afterwards: a backup from before is restored."""
    made_at, backup = business_now(), await database.dump()
    yield
    await database.empty()
    await database.load(backup)
    await record_restore(made_at)
    await reconcile(services, made_at - timedelta(days=1))


async def require_true_books(services: Services) -> None:
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


async def settle(services: Services, purchase: PurchaseRow) -> None:
    assert await pay_for(purchase) == 303
    await work_off(services)
    await catch_up(services)
    assert [row.stripe_transfer_id is not None for row in await list_payments([purchase.id])] == [
        True
    ]


async def test_a_creator_is_paid_once_for_a_sale_that_was_paid_after_the_backup(
    services: Services, market: Market, stripe_side: StripeSide, database: OwnedDatabase
) -> None:
    purchase = await open_page(services, market)
    async with forgotten(services, database):
        await settle(services, purchase)

    await work_off(services)

    [payment] = await list_payments([purchase.id])
    [transfer] = await stripe_side.transfers_of(purchase.id)
    assert payment.stripe_transfer_id == transfer["id"]
    assert (await get_purchase(purchase.id)).status == "PAID"
    assert await count("access_grant") == 1
    await require_true_books(services)


async def test_a_refund_after_the_backup_takes_the_share_back_once(
    services: Services, market: Market, stripe_side: StripeSide, database: OwnedDatabase
) -> None:
    purchase = await open_page(services, market)
    await settle(services, purchase)
    async with forgotten(services, database):
        data = RefundSaleInput(purchase.id, None, Cents(100), "It does not fit")
        await refund_sale(services, market.creator.actor, data, "back")
        await work_off(services)

    await work_off(services)

    [payment] = await list_payments([purchase.id])
    [transfer] = await stripe_side.transfers_of(purchase.id)
    assert (payment.refunded, transfer["amount_reversed"]) == (100, 70)
    assert await count("operation", "kind = 'TRANSFER_REVERSAL' AND state = 'SETTLED'") == 1
    await require_true_books(services)


async def test_what_was_begun_after_the_backup_is_named(
    services: Services, market: Market, stripe_side: StripeSide, database: OwnedDatabase
) -> None:
    async with forgotten(services, database):
        purchase = await start_buying(services, market.buyer, market.agent)
        await settle(services, purchase)

    [violated] = [each for each in await check_everything(services, EVER) if not each.ok]

    [charge] = await stripe_side.charges_of(purchase.id)
    assert violated.name == "I15"
    assert [line for line in violated.samples if charge["id"] in line]
    assert await count("purchase") == 0


async def test_long_after_a_restore_nobody_looks_any_more(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    await record_restore(business_now())
    await put("restored_backup", "restored_at", business_now() - SOUGHT)
    await stripe_side.watch("/v1/transfers", method="GET")
    purchase = await open_page(services, market)

    await settle(services, purchase)

    assert await stripe_side.hits() == [0]


async def test_an_affiliate_is_paid_once_for_the_month_of_the_backup(
    services: Services, stripe_side: StripeSide, database: OwnedDatabase
) -> None:
    await stripe_side.reset()
    earning = await open_earning(services, 7920)
    await fund(stripe_side)
    async with forgotten(services, database):
        await run_payouts(this_month(), dry_run=False)
        await work_off(services)

    await run_payouts(this_month(), dry_run=False)
    await work_off(services)

    [transfer] = await earning.transfers(stripe_side)
    payout = await earning.payout()
    assert (payout.status, payout.stripe_transfer_id) == ("PAID", transfer["id"])
    assert await get_cents(affiliate_payable(earning.affiliate.id)) == 0
