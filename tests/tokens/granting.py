"""Accounts with tokens, and spends of them, for tests."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chenu.accounts.actor import AccountId, ApiScope
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.flows.invariants import check_books
from chenu.ledger.amounts import Tokens
from chenu.tiers.catalogue import Feature
from chenu.tokens.budget_tables import TokenBudgetPeriod
from chenu.tokens.budgets import settle_due_budget
from chenu.tokens.entitlements import get_entitlements
from chenu.tokens.grants import (
    GrantId,
    GrantKind,
    GrantRow,
    NewGrant,
    end_grant,
    grant_tokens,
    revoke_tokens,
)
from chenu.tokens.holds import HoldId, NewHold, hold_tokens
from tests.people import make_person


async def make_account(name: str = "ada") -> AccountId:
    return (await make_person(name)).actor.require_account(ApiScope.READ)


async def give(
    account_id: AccountId,
    amount: int,
    kind: GrantKind = GrantKind.ADJUSTMENT,
    *,
    days: float | None = None,
    expires_at: datetime | None = None,
    agent_id: UUID | None = None,
    key: str | None = None,
) -> GrantRow:
    """A grant that expires then, or in so many days of business time; else never.

    A monthly or trial one is the whole of a budget of its own.
    """
    budget_id = new_id() if kind in (GrantKind.MONTHLY, GrantKind.TRIAL) else None
    if days is not None:
        expires_at = business_now() + timedelta(days=days)
    new = NewGrant(
        account_id,
        kind,
        Tokens(amount),
        key or f"test:{new_id()}",
        "For a test",
        expires_at=expires_at,
        agent_id=agent_id,
        source_id=budget_id,
    )
    grant = await db.run_in_transaction(lambda: grant_tokens(new))
    if budget_id and grant.source_id == budget_id:
        await insert_budget(grant)
    return grant


async def insert_budget(grant: GrantRow) -> None:
    assert grant.expires_at is not None
    values = {
        "id": grant.source_id,
        "account": grant.account_id,
        "source": "TRIAL" if grant.kind is GrantKind.TRIAL else "PLAN",
        "starts_at": min(grant.created_at, grant.expires_at - timedelta(days=1)),
        "ends_at": grant.expires_at,
        "monthly": grant.granted,
        "granted": grant.granted,
        "created_at": grant.created_at,
    }
    if not await insert(TokenBudgetPeriod, values, "ON CONFLICT DO NOTHING"):
        await insert(TokenBudgetPeriod, {**values, "ended_at": grant.expires_at})


async def hold(
    account_id: AccountId, most: int, agent_id: UUID | None = None, *, reason: str = "A run"
) -> tuple[HoldId, int]:
    hold_id = HoldId(new_id())
    expires_at: datetime = business_now() + timedelta(hours=1)
    new = NewHold(account_id, Tokens(most), hold_id, reason, expires_at, agent_id)
    return hold_id, await db.run_in_transaction(lambda: hold_tokens(new))


WITHOUT_A_RUN = "I9u"
"""The invariant that holds of tests break, which no run made."""


async def list_violations() -> list[str]:
    """Names of invariants that do not hold, but for that of holds without a run."""
    found = [each.name for each in await check_books() if not each.ok]
    return [name for name in found if name != WITHOUT_A_RUN]


@dataclass(frozen=True, slots=True)
class Spent:
    spend: int
    status: str
    entry_id: UUID | None
    balance_after: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One spend of a batch; `key` None: one of its own."""

    account_id: AccountId
    amount: int
    agent_id: UUID | None = None
    key: str | None = None
    is_unlimited: bool = False
    input_hash: bytes = b"input"
    reason: str = "A test"


async def spend_all(*wanted: Wanted) -> list[Spent]:
    """In one statement, as the product does it."""
    sql = """
        SELECT spend, status, entry_id, balance_after
        FROM spend_tokens_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    """
    return await db.fetch_all(
        Spent,
        sql,
        [each.account_id for each in wanted],
        [each.amount for each in wanted],
        [each.agent_id for each in wanted],
        [None for _ in wanted],
        [each.reason for each in wanted],
        [each.is_unlimited for each in wanted],
        [each.key or str(new_id()) for each in wanted],
        ["tokenSpend" for _ in wanted],
        [each.input_hash for each in wanted],
        business_now(),
        system_now(),
    )


async def spend(
    account_id: AccountId, amount: int, agent_id: UUID | None = None, *, reason: str = "A test"
) -> Spent:
    [spent] = await spend_all(Wanted(account_id, amount, agent_id, reason=reason))
    return spent


async def revoke(grant_id: GrantId, amount: int, key: str, *, debt: bool) -> int:
    async def take_back() -> Tokens:
        revoked = await revoke_tokens(
            grant_id, Tokens(amount), business_key=key, reason="Refunded", debt=debt
        )
        return revoked.taken

    return await db.run_in_transaction(take_back)


async def end(grant_id: GrantId, key: str) -> int:
    return await db.run_in_transaction(
        lambda: end_grant(grant_id, business_key=key, reason="A new plan")
    )


@dataclass(frozen=True, slots=True)
class MonthlyBudget:
    """`budget` and `resets_at` None: no limit; `used` is of this month."""

    budget: Tokens | None
    used: Tokens
    resets_at: datetime | None

    @property
    def remaining(self) -> Tokens | None:
        return None if self.budget is None else Tokens(max(0, self.budget - self.used))


async def get_monthly_budget(account_id: AccountId) -> MonthlyBudget:
    """What is due by now is granted first."""
    await settle_due_budget(account_id)
    found = (await get_entitlements(account_id)).of(Feature.TOKENS)
    budget = None if found.is_unlimited else Tokens(found.limit or 0)
    return MonthlyBudget(budget, Tokens(found.used or 0), found.resets_at)
