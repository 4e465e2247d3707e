"""Spending: concurrent spends of this process are one statement, and each caller has their answer.

The statement is `spend_tokens_batch` of migrations/sql/token_spending.sql. See docs/decisions/0034.
"""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

import msgspec
import structlog

from chenu.accounts.actor import AccountId
from chenu.accounts.budget_dates import is_none_due, list_due_of
from chenu.accounts.idempotency import ClientKey, key_conflict
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.crash_points import crash_point
from chenu.core.errors import ChenuError
from chenu.core.group_commit import GroupCommit
from chenu.ledger.amounts import Tokens
from chenu.tiers.catalogue import Feature, get_tier
from chenu.tiers.entitlements import Entitlements
from chenu.tokens.budgets import settle_budget
from chenu.tokens.errors import InsufficientTokens
from chenu.tokens.limits import LimitId, get_refusal
from chenu.tokens.wallet import EntryId

log = structlog.get_logger(__name__)


class Spend(msgspec.Struct, frozen=True):
    """`agent_id` and `api_key_id` say what used the tokens; `key` says when it is the same use.

    `entitlements` are the account's: where TOKENS has no limit, use is recorded and nothing is
    taken.
    """

    account_id: AccountId
    amount: Tokens
    reason: str
    key: ClientKey
    entitlements: Entitlements
    agent_id: UUID | None = None
    api_key_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ValueError("a spend is of one token or more")
        if self.key.account_id != self.account_id:
            raise ValueError("the key belongs to another account")


class SpendResult(msgspec.Struct, frozen=True):
    """`entry_id` is the spend's last entry, where several grants paid it."""

    account_id: AccountId
    entry_id: EntryId
    balance_after: Tokens


async def spend_tokens(spend: Spend) -> SpendResult:
    """Durable when it returns; the same key and input find the same entry.

    Raises InsufficientTokens, TokenLimitReached, IdempotencyConflict, or Unavailable where it is
    not known whether it was done: the same key answers that. Not to be called in a transaction,
    which it could not join.
    """
    if db.in_transaction():
        raise RuntimeError("a spend is committed by itself, with others")
    outcome = await _SPENDS.add(spend)
    if outcome.result_id is None:
        raise _describe_refusal(spend, outcome)
    if outcome.status is _Status.LIMITED:
        raise await get_refusal(LimitId(outcome.result_id))
    return SpendResult(spend.account_id, EntryId(outcome.result_id), outcome.balance_after)


class _Status(StrEnum):
    """What became of one spend of a batch. KNOWN: the same key and input did it before."""

    DONE = "DONE"
    KNOWN = "KNOWN"
    CONFLICT = "CONFLICT"
    REFUSED = "REFUSED"
    LIMITED = "LIMITED"


class _Outcome(msgspec.Struct, frozen=True):
    """`result_id` is the entry, or the limit that was met; None in all other refusals.

    `balance_after` is what is available where it was refused.
    """

    status: _Status
    result_id: UUID | None
    balance_after: Tokens


def _describe_refusal(spend: Spend, outcome: _Outcome) -> ChenuError:
    if outcome.status is _Status.CONFLICT:
        return key_conflict()
    tier = get_tier(spend.entitlements.tier)
    return InsufficientTokens(spend.amount, outcome.balance_after, tier=tier)


_SPEND = """
    SELECT status, entry_id AS result_id, coalesce(balance_after, 0) AS balance_after
    FROM spend_tokens_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_UNLESS_DUE = f" WHERE {is_none_due('$1', '$10')}"
_IN_ORDER = " ORDER BY spend"


async def _spend(spends: Sequence[Spend]) -> list[_Outcome]:
    """One statement, and with it one commit; an outcome for each, in their order.

    Where a budget is due it does nothing: whoever spends then has the new month's tokens first.
    """
    columns = list(zip(*map(_as_row, spends), strict=True))
    crash_point("spend.before_statement")
    outcomes = await _call(_SPEND + _UNLESS_DUE + _IN_ORDER, columns)
    if not outcomes:
        await _settle_budgets(spends)
        outcomes = await _call(_SPEND + _IN_ORDER, columns)
    crash_point("spend.committed")
    return outcomes


async def _call(sql: str, columns: Sequence[tuple[object, ...]]) -> list[_Outcome]:
    return await db.fetch_all(_Outcome, sql, *columns, business_now(), system_now())


async def _settle_budgets(spends: Sequence[Spend]) -> None:
    """One that fails, which the worker tries again, keeps nobody from spending what there is."""
    for account_id in await list_due_of([spend.account_id for spend in spends]):
        try:
            await settle_budget(account_id)
        except Exception:
            log.exception("budget_not_settled", account=str(account_id))


def _as_row(spend: Spend) -> tuple[object, ...]:
    key = spend.key
    return (
        spend.account_id,
        spend.amount,
        spend.agent_id,
        spend.api_key_id,
        spend.reason,
        spend.entitlements.grant(Feature.TOKENS).is_unlimited,
        key.key,
        key.request,
        key.input_hash,
    )


_SPENDS = GroupCommit(_spend)
