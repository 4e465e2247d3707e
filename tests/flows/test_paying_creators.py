"""The creator's share: one transfer a payment, whatever the balance, the seller or the line do."""

from datetime import timedelta

import pytest

from chenu.agents.payments import PaymentRow, get_payment, list_payments
from chenu.agents.purchases import PurchaseRow
from chenu.billing import connect_accounts
from chenu.core.clock import business_now, system_now
from chenu.flows.invariants import check_books
from chenu.flows.mirrors.connect_account import refresh_connect_state
from chenu.flows.operations.repair import repair_due
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.ledger.accounts import creator_payable
from chenu.ledger.journal import get_cents
from chenu.ledger.operations import OperationRow, find_by_key
from tests.flows.sales import Market, open_page, pay_for, report, work_off
from tests.rows import count_jobs, put
from tests.stripe_side import AWAY, StripeSide


@pytest.fixture
async def sold(services: Services, market: Market) -> PurchaseRow:
    """Paid and settled; the creator's share is owed."""
    purchase = await open_page(services, market)
    assert await pay_for(purchase) == 303
    await report(services, purchase)
    return purchase


async def payment_of(purchase: PurchaseRow) -> PaymentRow:
    [payment] = await list_payments([purchase.id])
    return payment


async def transfer_of(purchase: PurchaseRow) -> OperationRow:
    operation = await find_by_key(f"split:{(await payment_of(purchase)).id}")
    assert operation is not None
    return operation


async def stripe_account(market: Market) -> str:
    account = await connect_accounts.find_of_user(market.creator.user_id)
    assert account is not None
    assert account.stripe_account_id is not None
    return account.stripe_account_id


async def test_the_share_is_transferred_out_of_its_own_charge(
    services: Services, stripe_side: StripeSide, market: Market, sold: PurchaseRow
) -> None:
    await work_off(services)
    await work_off(services)

    payment = await payment_of(sold)
    [transfer] = await stripe_side.transfers_of(sold.id)
    assert (transfer["id"], transfer["amount"]) == (payment.stripe_transfer_id, 700)
    assert transfer["source_transaction"] == payment.stripe_charge_id
    assert transfer["destination"] == await stripe_account(market)
    assert await get_cents(creator_payable(payment.creator_id)) == 0


async def test_the_share_waits_while_the_seller_cannot_be_paid(
    services: Services, stripe_side: StripeSide, market: Market, sold: PurchaseRow
) -> None:
    """And goes out as soon as Stripe says that they can be, with no day of waiting."""
    account = await stripe_account(market)
    await stripe_side.set_capability(account, "restricted")
    await refresh_connect_state(services.connect, account)
    for _ in range(4):
        await run_operation(services, (await transfer_of(sold)).id)
    waiting = await transfer_of(sold)
    owed = await get_cents(creator_payable((await payment_of(sold)).creator_id))

    jobs = await count_jobs("repair")
    await stripe_side.set_capability(account, "active")
    await refresh_connect_state(services.connect, account)
    assert await count_jobs("repair") == jobs + 1
    await repair_due(services)

    assert (waiting.state, waiting.error_code) == ("INTENT", "payouts_not_ready")
    assert owed == 700
    assert len(await stripe_side.transfers_of(sold.id)) == 1
    assert await get_cents(creator_payable((await payment_of(sold)).creator_id)) == 0
    assert [f for f in await check_books() if not f.ok] == []


async def test_a_waiting_share_is_tried_again_ever_more_rarely(
    services: Services, sold: PurchaseRow
) -> None:
    await put("connect_account", "transfers_status", "restricted")
    waits = []
    for _ in range(5):
        before = system_now()
        due = await transfer_of(sold)
        await put("operation", "next_check_at", before, "id = $2", due.id)
        operation = await run_operation(services, due.id)
        assert operation.next_check_at is not None
        waits.append((operation.next_check_at - before).total_seconds())

    assert [round(wait, -1) for wait in waits] == [30, 300, 3600, 86_400, 86_400]


async def test_a_refusal_that_passes_is_asked_again_under_a_new_key(
    services: Services, stripe_side: StripeSide, market: Market, sold: PurchaseRow
) -> None:
    """Stripe remembers the refusal under the old key for a day, and would only repeat it."""
    account = await stripe_account(market)
    await stripe_side.set_capability(account, "restricted")
    first = await transfer_of(sold)
    await work_off(services)
    refused = await transfer_of(sold)

    await stripe_side.set_capability(account, "active")
    await work_off(services)

    assert refused.error_code == "insufficient_capabilities_for_transfer"
    assert (first.key_number, refused.key_number) == (0, 1)
    assert (await transfer_of(sold)).state == "SETTLED"
    assert len(await stripe_side.transfers_of(sold.id)) == 1


async def test_the_share_waits_for_the_balance(
    services: Services, stripe_side: StripeSide, sold: PurchaseRow
) -> None:
    await stripe_side.fail("card_error", "/v1/transfers", code="balance_insufficient")
    await work_off(services)
    waiting = await transfer_of(sold)

    await work_off(services)

    assert (waiting.state, waiting.error_code) == ("INTENT", "balance_insufficient")
    assert len(await stripe_side.transfers_of(sold.id)) == 1


async def test_another_transfer_of_the_same_order_is_not_taken_for_the_share(
    services: Services, stripe_side: StripeSide, market: Market, sold: PurchaseRow
) -> None:
    """As somebody made it at Stripe's dashboard; ours was lost before it arrived."""
    await stripe_side.fail(
        "card_error", "/v1/transfers", method="POST", code="balance_insufficient"
    )
    await work_off(services)
    await stripe_side.heal()
    other = await stripe_side.change(
        "/v1/transfers",
        amount="100",
        currency="eur",
        destination=await stripe_account(market),
        source_transaction=(await payment_of(sold)).stripe_charge_id,
        transfer_group=f"order_{sold.id}",
    )
    waiting = await transfer_of(sold)

    await work_off(services)

    payment = await payment_of(sold)
    made = await stripe_side.transfers_of(sold.id)
    assert waiting.key_number == 1  # so it is looked for first
    assert payment.stripe_transfer_id != other["id"]
    assert sorted(transfer["amount"] for transfer in made) == [100, 700]


@pytest.mark.parametrize("effect", [AWAY, "500_after", "truncated"])
async def test_a_transfer_whose_answer_is_lost_is_made_once(
    services: Services, stripe_side: StripeSide, sold: PurchaseRow, effect: str
) -> None:
    await stripe_side.fail(effect, "/v1/transfers", method="POST", times=None)
    await work_off(services)
    lost = await transfer_of(sold)

    await stripe_side.heal()
    await work_off(services)

    assert (lost.state, lost.key_number) == ("UNKNOWN", 0)
    [transfer] = await stripe_side.transfers_of(sold.id)
    assert (await payment_of(sold)).stripe_transfer_id == transfer["id"]
    assert [f for f in await check_books() if not f.ok] == []


async def test_a_transfer_that_was_made_is_found_when_its_key_is_forgotten(
    services: Services, stripe_side: StripeSide, sold: PurchaseRow
) -> None:
    await stripe_side.fail("truncated", "/v1/transfers", method="POST", times=None)
    await work_off(services)
    await stripe_side.heal()
    await stripe_side.watch("/v1/transfers", method="POST")
    await put("operation", "created_at", business_now() - timedelta(hours=24))

    await work_off(services)

    assert await stripe_side.hits() == [0]
    assert len(await stripe_side.transfers_of(sold.id)) == 1
    assert (await transfer_of(sold)).state == "SETTLED"


async def test_what_was_never_made_is_sent_however_old_the_request(
    services: Services, stripe_side: StripeSide, sold: PurchaseRow
) -> None:
    await put("operation", "created_at", business_now() - timedelta(days=3))

    await work_off(services)

    assert len(await stripe_side.transfers_of(sold.id)) == 1


async def test_a_refusal_for_good_leaves_the_share_owed_for_operators(
    services: Services, stripe_side: StripeSide, sold: PurchaseRow
) -> None:
    await stripe_side.fail("card_error", "/v1/transfers", code="transfers_not_allowed")

    await work_off(services)

    failed = await transfer_of(sold)
    payment = await get_payment((await payment_of(sold)).id)
    assert (failed.state, failed.error_code) == ("FAILED", "transfers_not_allowed")
    assert await get_cents(creator_payable(payment.creator_id)) == payment.creator_share
    [named] = [finding for finding in await check_books() if not finding.ok]
    assert named.name == "I18"
    assert str(failed.id) in named.samples[0]
