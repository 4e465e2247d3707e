"""What must hold between commissions, invoices, payouts and books: seen when it does not."""

from uuid import UUID

import pytest

from chenu.affiliates.commissions import attach_due, lock_due, mark_commissions_paid
from chenu.core import db
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.ledger.accounts import (
    AFFILIATE_TRANSFERS,
    PLATFORM_REVENUE,
    AccountRef,
    affiliate_payable,
)
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerEntry, LedgerTransaction, credit, debit, post
from tests.affiliates.earned import DUE, earn
from tests.affiliates.following import follow, violated
from tests.affiliates.test_commissions import make_referral, put_payout
from tests.conftest import Engines
from tests.rows import put, unguarded

ANOTHER = """
    INSERT INTO commission SELECT (jsonb_populate_record(c, jsonb_build_object(
        'id', gen_random_uuid(), 'cause', 'again', 'invoice', {invoice}, 'kind', '{kind}',
        'amount', {amount}))).* FROM commission c WHERE kind = 'COMMISSION' LIMIT 1
"""


@pytest.mark.parametrize(
    ("tampering", "names"),
    [
        ("UPDATE commission SET amount = amount * 100", {"I11", "I11b"}),
        ("UPDATE commission SET amount = amount + 1", {"I11", "I11b"}),
        ("UPDATE commission SET base = base + 1", {"I11"}),
        ("UPDATE commission SET basis_points = 2000", {"I11"}),
        ("UPDATE commission SET paid = 2899", {"I11"}),
        ("UPDATE commission SET invoice = gen_random_uuid()", {"I11", "I11m"}),
        ("UPDATE commission SET kind = 'REINSTATEMENT'", {"I11", "I11m"}),
        ("DELETE FROM commission", {"I11m", "I11b"}),
        ("UPDATE commission SET status = 'REVERSED'", {"I11p"}),
        ("UPDATE invoice SET status = 'VOID'", {"I11"}),
        ("UPDATE invoice SET amount_paid = 1450", {"I11"}),
        ("UPDATE ledger_account SET balance = 241 WHERE kind = 'AFFILIATE_PAYABLE'", {"I11b"}),
        ("UPDATE ledger_transaction SET business_key = 'x' WHERE kind = 'COMMISSION'", {"I11b"}),
        ("UPDATE referral SET state = 'REFUSED'", set[str]()),
        (ANOTHER.format(invoice="c.invoice", kind="CLAWBACK", amount=-84), {"I11", "I11b"}),
    ],
    ids=[
        "a hundredfold",
        "a cent more",
        "another base",
        "another rate",
        "another payment",
        "an unknown invoice",
        "no commission",
        "a lost commission",
        "reversed for nothing",
        "an invoice that is not paid",
        "less was paid",
        "another balance",
        "not booked",
        "a referral that is refused later is sound",
        "a clawback of nothing",
    ],
)
async def test_a_violation_of_commissions_is_reported(
    services: Services, engines: Engines, tampering: str, names: set[str]
) -> None:
    await (await follow()).act("pay")
    assert await violated() == []

    async with unguarded(engines) as connection:
        await connection.execute(tampering)

    assert {name for name in await violated() if name.startswith("I11")} == names


@pytest.mark.parametrize(
    ("tampering", "names"),
    [
        ("UPDATE affiliate_payout SET amount = amount * 100", {"I11p"}),
        ("UPDATE affiliate_payout SET status = 'FAILED'", {"I11p"}),
        (
            "UPDATE commission SET payout = NULL, status = 'DUE' WHERE amount = 5500",
            {"I11p", "I11b"},
        ),
        ("UPDATE commission SET status = 'DUE' WHERE amount = 500", {"I11p", "I11b"}),
        ("UPDATE commission SET status = 'DUE', payout = NULL", {"I11p", "I11b"}),
        ("DELETE FROM ledger_entry WHERE amount IN (6000, -6000)", {"I11p"}),
        ("UPDATE affiliate_payout SET affiliate = gen_random_uuid()", {"I11p"}),
    ],
    ids=[
        "a hundredfold payment",
        "paid, and failed",
        "one of them paid for nothing",
        "one of them due again",
        "a payout of nothing",
        "a transfer that is not booked",
        "somebody else's payout",
    ],
)
async def test_a_violation_of_payouts_is_reported(
    services: Services, engines: Engines, tampering: str, names: set[str]
) -> None:
    await _pay_out()
    assert await _of_payouts() == set()

    async with unguarded(engines) as connection:
        await connection.execute(tampering)

    assert await _of_payouts() == names


async def _pay_out() -> None:
    """5500 and 500 cents in one payout, with their bookings; their invoices are missing."""
    referral = await make_referral()
    rows = [await earn(referral, 5500, DUE), await earn(referral, 500, DUE)]
    payable = affiliate_payable(referral.affiliate_id)
    async with db.transaction():
        for row in rows:
            await _book(
                f"commission:{row.cause}", debit(PLATFORM_REVENUE, euros(row.amount)), payable
            )
        due = await lock_due(referral.affiliate_id)
        payout_id = await put_payout(referral.affiliate_id, due.amount)
        await attach_due(due, payout_id)
        await mark_commissions_paid(payout_id)
        transferred = credit(AFFILIATE_TRANSFERS, euros(due.amount))
        await _book("transfer", transferred, payable, payout_id)
    await put("affiliate_payout", "status", "PAID")


async def _book(
    key: str, entry: LedgerEntry, payable: AccountRef, subject_id: UUID | None = None
) -> None:
    entries = (entry, LedgerEntry(payable, -entry.amount))
    await post(LedgerTransaction(key, "TEST", new_id(), entries, subject_id))


async def _of_payouts() -> set[str]:
    return {name for name in await violated() if name in ("I11p", "I11b")}
