"""Whatever is booked, in whatever order and however much at once: balances are sums."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.ledger.accounts import (
    BUYER_PAYMENTS,
    CREATOR_TRANSFERS,
    PLATFORM_REVENUE,
    creator_payable,
)
from chenu.ledger.amounts import euros
from chenu.ledger.invariants import check_ledger
from chenu.ledger.journal import LedgerEntry, LedgerTransaction, get_cents, post
from chenu.ledger.seals import seal_entries
from tests.faults.counts import runs

CREATORS = 3

movements = st.lists(
    st.tuples(st.integers(0, CREATORS - 1), st.integers(1, 100_000), st.integers(0, 100_000)),
    min_size=1,
    max_size=12,
)
"""Creator, what the buyer paid, and how much of it is the creator's (cut to what was paid)."""


@settings(
    max_examples=runs(300),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sales=movements, pay_out=st.booleans(), twice=st.booleans())
async def test_balances_are_the_sums_of_all_that_was_booked(
    services: Services, sales: Sequence[tuple[int, int, int]], pay_out: bool, twice: bool
) -> None:
    creators = [new_id() for _ in range(CREATORS)]
    owed: Counter[UUID] = Counter()
    transactions = []
    for place, gross, share in sales:
        part = min(gross, share)
        owed[creators[place]] += part
        transactions.append(_sale(creators[place], gross, part))

    await asyncio.gather(
        *(_book(transaction) for transaction in transactions * (2 if twice else 1))
    )
    if pay_out:
        await asyncio.gather(*(_book(_transfer(creator, owed[creator])) for creator in creators))
        owed.clear()
    await seal_entries()

    for creator in creators:
        assert await get_cents(creator_payable(creator)) == owed[creator]
    findings = [*await check_ledger(whole=False), *await check_ledger(whole=True)]
    assert [finding for finding in findings if not finding.ok] == []


async def _book(transaction: LedgerTransaction) -> None:
    async with db.transaction():
        await post(transaction)


def _sale(creator: UUID, gross: int, share: int) -> LedgerTransaction:
    entries = (
        LedgerEntry(BUYER_PAYMENTS, euros(Cents(-gross))),
        LedgerEntry(creator_payable(creator), euros(Cents(share))),
        LedgerEntry(PLATFORM_REVENUE, euros(Cents(gross - share))),
    )
    return LedgerTransaction(f"sale:{new_id()}", "PAYMENT", new_id(), entries)


def _transfer(creator: UUID, amount: int) -> LedgerTransaction:
    entries = (
        LedgerEntry(creator_payable(creator), euros(Cents(-amount))),
        LedgerEntry(CREATOR_TRANSFERS, euros(Cents(amount))),
    )
    return LedgerTransaction(f"transfer:{new_id()}", "TRANSFER", new_id(), entries)
