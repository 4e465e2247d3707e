"""Euros and tokens in one journal: each is counted apart, and neither passes for the other."""

import asyncio
from uuid import UUID

import pytest

from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.ledger.accounts import (
    BUYER_PAYMENTS,
    PLATFORM_REVENUE,
    creator_payable,
    customer_receivable,
)
from chenu.ledger.amounts import Amount, Asset, Tokens, euros, tokens
from chenu.ledger.invariants import check_ledger
from chenu.ledger.journal import (
    LedgerEntry,
    LedgerTransaction,
    UnbalancedError,
    credit,
    debit,
    get_balance,
    get_cents,
    post,
)
from chenu.ledger.seals import seal_entries
from tests.api.calls import counted_statements
from tests.rows import count, fingerprint


async def book(key: str, account_id: UUID, *entries: LedgerEntry) -> bool:
    async with db.transaction():
        return await post(LedgerTransaction(key, "TEST", account_id, entries))


def pack(customer: UUID, cents: int, count: int) -> tuple[LedgerEntry, ...]:
    """Books money received and tokens granted in one transaction, on arbitrary accounts."""
    return (
        debit(BUYER_PAYMENTS, euros(Cents(cents))),
        credit(PLATFORM_REVENUE, euros(Cents(cents))),
        debit(customer_receivable(customer), tokens(Tokens(count))),
        credit(PLATFORM_REVENUE, tokens(Tokens(count))),
    )


async def test_one_transaction_carries_two_assets_that_each_sum_to_zero(
    services: Services,
) -> None:
    customer = new_id()

    assert await book("pack", customer, *pack(customer, 900, 1100))
    await seal_entries()

    sql = """
        SELECT a.asset || ' ' || sum(e.amount) FROM ledger_entry e
        JOIN ledger_account a ON a.id = e.ledger_account_id
        WHERE e.amount > 0 GROUP BY a.asset ORDER BY 1
    """
    assert [row[0] for row in await db.fetch_records(sql)] == ["EUR 900", "TOKEN 1100"]
    balance = await get_balance(customer_receivable(customer), Asset.TOKEN)
    assert balance == tokens(Tokens(-1100))
    assert await get_cents(customer_receivable(customer)) == 0
    assert [found for found in await check_ledger(whole=True) if not found.ok] == []


@pytest.mark.parametrize(
    "wrong",
    [euros(Cents(1)), tokens(Tokens(1)), tokens(Tokens(-900))],
    ids=["a cent more", "a token more", "tokens for cents"],
)
async def test_an_asset_that_does_not_sum_to_zero_is_not_booked(
    services: Services, wrong: Amount
) -> None:
    customer = new_id()
    entries = (*pack(customer, 900, 1100), credit(PLATFORM_REVENUE, wrong))
    before = await fingerprint()

    with pytest.raises(UnbalancedError):
        await book("pack", customer, *entries)

    assert await fingerprint() == before


def test_cents_and_tokens_cannot_be_mixed() -> None:
    """mypy holds it: without the error these comments would be errors themselves."""
    euros(Tokens(5))  # type: ignore[arg-type]
    tokens(Cents(5))  # type: ignore[arg-type]
    credit(PLATFORM_REVENUE, Cents(5))  # type: ignore[arg-type]

    assert euros(Cents(5)) != tokens(Tokens(5))


async def test_rows_carry_the_account_of_the_customer(services: Services) -> None:
    customer = new_id()

    await book("pack", customer, *pack(customer, 900, 1100))

    assert await count("ledger_transaction", "account_id = $1", customer) == 1
    assert await count("ledger_entry", "account_id = $1", customer) == 4


async def test_a_transaction_is_posted_by_one_statement(services: Services) -> None:
    customer = new_id()

    async with db.transaction(), counted_statements() as statements:
        await post(LedgerTransaction("pack", "TEST", customer, pack(customer, 900, 1100)))

    assert len([said for said in statements if "post_transaction" in said]) == 1
    assert len([said for said in statements if "ledger_" in said]) == 0


async def test_twenty_posters_of_the_same_accounts_leave_right_balances(
    services: Services,
) -> None:
    """Each opens or changes the same four, in an order of its own."""
    creators = [new_id() for _ in range(4)]

    async def give(number: int) -> None:
        turned = creators[number % 4 :] + creators[: number % 4]
        for turn in range(5):
            parts = [
                credit(creator_payable(creator), euros(Cents(10 + place)))
                for place, creator in enumerate(turned)
            ]
            paid = debit(BUYER_PAYMENTS, euros(Cents(46)))
            assert await book(f"gift:{number}:{turn}", new_id(), *parts, paid)

    await asyncio.gather(*(give(number) for number in range(20)), seal_entries())
    await seal_entries()

    balances = [await get_cents(creator_payable(creator)) for creator in creators]
    assert balances == [5 * 5 * (10 + 11 + 12 + 13)] * 4
    assert [found for found in await check_ledger(whole=True) if not found.ok] == []


async def test_an_account_that_a_transaction_names_twice_gets_both(services: Services) -> None:
    creator = creator_payable(new_id())
    parts = (credit(creator, euros(Cents(70))), debit(creator, euros(Cents(20))))

    await book("twice", new_id(), *parts, debit(BUYER_PAYMENTS, euros(Cents(50))))

    assert await get_cents(creator) == 50
    assert [found for found in await check_ledger(whole=True) if not found.ok] == []
