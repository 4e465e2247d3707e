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
from chenu.ledger.invariants import INVARIANTS, check_all, check_seals
from chenu.ledger.journal import Entry, Posting, get_balance, post
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
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sales=movements, pay_out=st.booleans(), twice=st.booleans())
async def test_balances_are_the_sums_of_all_that_was_booked(
    services: Services, sales: Sequence[tuple[int, int, int]], pay_out: bool, twice: bool
) -> None:
    creators = [new_id() for _ in range(CREATORS)]
    owed: Counter[UUID] = Counter()
    entries = []
    for place, gross, share in sales:
        part = min(gross, share)
        owed[creators[place]] += part
        entries.append(_sale(creators[place], gross, part))

    await asyncio.gather(*(_book(entry) for entry in entries * (2 if twice else 1)))
    if pay_out:
        await asyncio.gather(*(_book(_transfer(creator, owed[creator])) for creator in creators))
        owed.clear()
    await seal_entries()

    for creator in creators:
        assert await get_balance(creator_payable(creator)) == owed[creator]
    findings = [*await check_all(INVARIANTS), await check_seals()]
    assert [finding for finding in findings if not finding.ok] == []


async def _book(entry: Entry) -> None:
    async with db.transaction():
        await post(entry)


def _sale(creator: UUID, gross: int, share: int) -> Entry:
    postings = (
        Posting(BUYER_PAYMENTS, Cents(-gross)),
        Posting(creator_payable(creator), Cents(share)),
        Posting(PLATFORM_REVENUE, Cents(gross - share)),
    )
    return Entry(f"sale:{new_id()}", "PAYMENT", postings)


def _transfer(creator: UUID, amount: int) -> Entry:
    postings = (
        Posting(creator_payable(creator), Cents(-amount)),
        Posting(CREATOR_TRANSFERS, Cents(amount)),
    )
    return Entry(f"transfer:{new_id()}", "TRANSFER", postings)
