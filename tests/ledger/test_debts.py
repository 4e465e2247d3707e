"""What may be owed to us has accounts of its own; nothing else of a person falls below zero."""

from collections.abc import Callable
from uuid import UUID

import asyncpg
import pytest

from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.ledger.accounts import (
    CREATOR_TRANSFERS,
    EITHER_SIGN,
    OWNED,
    RECEIVABLE,
    AccountRef,
    LedgerKind,
    creator_receivable,
    customer_receivable,
)
from chenu.ledger.amounts import euros
from chenu.ledger.invariants import INVARIANTS, check, check_all
from chenu.ledger.journal import LedgerEntry, LedgerTransaction, get_cents, post
from tests.conftest import Engines
from tests.rows import put, without_constraint

DEBTS = {"creator": creator_receivable, "customer": customer_receivable}


async def owe(account: AccountRef, amount: int) -> None:
    async with db.transaction():
        entries = (
            LedgerEntry(account, euros(Cents(-amount))),
            LedgerEntry(CREATOR_TRANSFERS, euros(Cents(amount))),
        )
        await post(LedgerTransaction(f"debt:{new_id()}", "TEST", new_id(), entries))


@pytest.mark.parametrize("debt", DEBTS.values(), ids=DEBTS.keys())
async def test_a_debt_grows_is_paid_and_never_turns_into_credit(
    services: Services, debt: Callable[[UUID], AccountRef]
) -> None:
    account = debt(new_id())

    await owe(account, 700)
    await owe(account, -200)

    assert await get_cents(account) == -500
    with pytest.raises(asyncpg.CheckViolationError):
        await owe(account, -501)
    assert await get_cents(account) == -500
    assert [finding for finding in await check_all(INVARIANTS) if not finding.ok] == []


@pytest.mark.parametrize("kind", sorted(OWNED - RECEIVABLE - EITHER_SIGN))
async def test_nothing_else_that_a_person_owns_falls_below_zero(
    services: Services, kind: LedgerKind
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await owe(AccountRef(kind, new_id()), 1)


@pytest.mark.parametrize("kind", sorted(EITHER_SIGN))
async def test_a_running_account_may_have_either_sign(services: Services, kind: LedgerKind) -> None:
    account = AccountRef(kind, new_id())

    await owe(account, 700)
    owed = await get_cents(account)
    await owe(account, -900)

    assert (owed, await get_cents(account)) == (-700, 200)
    assert [finding for finding in await check_all(INVARIANTS) if not finding.ok] == []


async def test_i3_sees_a_debt_that_has_become_credit(services: Services, engines: Engines) -> None:
    await owe(creator_receivable(new_id()), 700)
    [i3] = [invariant for invariant in INVARIANTS if invariant.name == "I3"]
    async with without_constraint(engines, "ledger_account", "ledger_account_balance"):
        await put("ledger_account", "balance", 1, "owner_id IS NOT NULL")

        finding = await check(i3)

    assert finding.violations == 1


def test_the_database_knows_debts_by_their_name() -> None:
    assert {kind for kind in LedgerKind if kind.endswith("_RECEIVABLE")} == RECEIVABLE
