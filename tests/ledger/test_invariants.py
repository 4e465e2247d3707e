"""Each invariant of the books is violated once on purpose, past every rule, and then reported."""

from datetime import timedelta

import pytest

from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.ledger.accounts import BUYER_PAYMENTS, PLATFORM_REVENUE, creator_payable
from chenu.ledger.amounts import euros
from chenu.ledger.invariants import INVARIANTS, Finding, Invariant, check, check_ledger
from chenu.ledger.journal import LedgerEntry, LedgerTransaction, post
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationState,
    create_operation,
    postpone,
)
from chenu.ledger.seals import seal_entries
from tests.conftest import Engines
from tests.rows import put, unguarded, without_constraint

BY_NAME = {invariant.name: invariant for invariant in INVARIANTS}


async def check_i13() -> Finding:
    [finding] = [found for found in await check_ledger(whole=True) if found.name == "I13"]
    return finding


async def look(name: str) -> Finding:
    return await check(BY_NAME[name])


@pytest.fixture
async def sale(services: Services) -> None:
    """One booked sale: transaction 1, entries 1 to 3."""
    entries = (
        LedgerEntry(BUYER_PAYMENTS, euros(Cents(-1000))),
        LedgerEntry(creator_payable(new_id()), euros(Cents(700))),
        LedgerEntry(PLATFORM_REVENUE, euros(Cents(300))),
    )
    async with db.transaction():
        await post(LedgerTransaction("sale:1", "PAYMENT", new_id(), entries))


@pytest.mark.parametrize("name", [*BY_NAME, "I13"])
async def test_empty_and_untouched_books_violate_nothing(sale: None, name: str) -> None:
    finding = await check_i13() if name == "I13" else await look(name)

    assert (finding.ok, finding.violations, finding.samples) == (True, 0, ())
    assert finding.description


@pytest.mark.parametrize(
    ("tampering", "sample"),
    [
        ("UPDATE ledger_entry SET amount = amount + 1 WHERE id = 2", "transaction 1 EUR"),
        ("DELETE FROM ledger_entry WHERE id = 2", "transaction 1 EUR"),
        ("DELETE FROM ledger_entry", "transaction 1 is empty"),
        ("UPDATE ledger_account SET asset = 'USD' WHERE owner_id IS NULL", "transaction 1 EUR"),
    ],
)
async def test_i1_sees_what_does_not_sum_to_zero(
    engines: Engines, sale: None, tampering: str, sample: str
) -> None:
    async with unguarded(engines) as connection:
        await connection.execute(tampering)

    finding = await look("I1")

    assert not finding.ok
    assert sample in finding.samples


async def test_i2_sees_a_balance_that_is_not_its_entries_sum(sale: None) -> None:
    await put("ledger_account", "balance", 701, "owner_id IS NOT NULL")

    assert (await look("I2")).violations == 1
    assert (await look("I1")).ok


async def test_i3_sees_an_account_below_zero(engines: Engines, sale: None) -> None:
    async with without_constraint(engines, "ledger_account", "ledger_account_balance"):
        await put("ledger_account", "balance", -1, "owner_id IS NOT NULL")

        assert (await look("I3")).violations == 1


async def test_i4_sees_a_stripe_object_of_two_operations(
    engines: Engines, services: Services
) -> None:
    for n in range(2):
        await create_operation(NewOperation(OperationKind.TRANSFER, f"split:{n}", "x"))
    index = "SELECT indexdef FROM pg_indexes WHERE indexname = 'operation_stripe_object'"
    async with unguarded(engines) as connection:
        rule = await connection.fetchval(index)
        await connection.execute("DROP INDEX operation_stripe_object")
        try:
            await put("operation", "stripe_id", "tr_1")
            finding = await look("I4")
        finally:
            await connection.execute("DELETE FROM operation")
            await connection.execute(rule)

    assert finding.samples == ("TRANSFER tr_1",)


async def test_i13_sees_a_changed_entry(engines: Engines, sale: None) -> None:
    await seal_entries()
    async with unguarded(engines) as connection:
        await connection.execute("UPDATE ledger_entry SET amount = amount * 2")

    finding = await check_i13()

    assert (finding.name, finding.samples) == ("I13", ("entries 1 to 3",))
    assert (await look("I1")).ok


@pytest.mark.parametrize("state", [OperationState.INTENT, OperationState.UNKNOWN])
async def test_i14_sees_an_open_operation_that_repair_has_left(
    services: Services, state: OperationState
) -> None:
    operation = await create_operation(NewOperation(OperationKind.TRANSFER, "split:1", "x"))
    await postpone(operation, "lost", state=state)

    await put("operation", "next_check_at", system_now() - timedelta(minutes=14))
    assert (await look("I14")).ok
    await put("operation", "next_check_at", system_now() - timedelta(minutes=16))
    assert (await look("I14")).samples == (f"operation {operation.id}",)


async def test_i14_sees_an_open_operation_without_a_time(
    engines: Engines, services: Services
) -> None:
    await create_operation(NewOperation(OperationKind.TRANSFER, "split:1", "x"))
    async with without_constraint(engines, "operation", "operation_repair"):
        await put("operation", "next_check_at", None)

        assert (await look("I14")).violations == 1


async def test_a_check_has_longer_than_a_request(services: Services) -> None:
    """It reads whole tables: with a million subscriptions some take a minute."""
    allowed = "SELECT current_setting('statement_timeout') AS what"

    found = await check(Invariant("I0", "how long it has", allowed))

    assert found.samples == ("1h",)
    assert await db.fetch_value(allowed) == "30s"


async def test_a_finding_counts_all_and_shows_ten(services: Services) -> None:
    for n in range(12):
        await create_operation(NewOperation(OperationKind.TRANSFER, f"split:{n}", "x"))
    await put("operation", "next_check_at", system_now() - timedelta(days=1))

    finding = await look("I14")

    assert (finding.violations, len(finding.samples)) == (12, 10)
