"""Holds: tokens reserved for one run, then settled with what it used, or released."""

from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.entitlements import find_entitlements
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.errors import InvalidState, NotFound
from chenu.core.rows import Columns
from chenu.ledger.amounts import Tokens
from chenu.tiers.catalogue import Feature
from chenu.tokens.grants import GrantId
from chenu.tokens.tables import TokenHold

HoldId = NewType("HoldId", UUID)


class HoldStatus(StrEnum):
    OPEN = "OPEN"
    SETTLED = "SETTLED"
    RELEASED = "RELEASED"


class NewHold(msgspec.Struct, frozen=True):
    """`hold_id` is the run's id: its entries carry it as `execution_id`.

    `only_grant`: of this grant alone, as for free tries.
    """

    account_id: AccountId
    most: Tokens
    hold_id: HoldId
    reason: str
    expires_at: datetime
    agent_id: UUID | None = None
    api_key_id: UUID | None = None
    only_grant: GrantId | None = None

    def __post_init__(self) -> None:
        if self.most <= 0:
            raise ValueError("a hold is of one token or more")


class HoldRow(msgspec.Struct, frozen=True):
    id: HoldId
    account_id: AccountId
    agent_id: UUID | None
    api_key_id: UUID | None
    most: Tokens
    held: Tokens
    is_unlimited: bool
    status: HoldStatus
    used: Tokens | None
    capped: bool
    expires_at: datetime
    created_at: datetime
    finished_at: datetime | None


class Settlement(msgspec.Struct, frozen=True):
    """`capped`: more was used than could be taken."""

    used: Tokens
    capped: bool


_HOLDS = Columns(HoldRow, TokenHold, account_id="account")
_HOLD = f"SELECT {_HOLDS.select()} FROM token_hold"  # noqa: S608 - own columns


async def hold_tokens(new: NewHold) -> Tokens:
    """Reserves as much of `most` as there is, in burn order; 0 where there is nothing.

    Once per hold id: a repeated call returns what was reserved. The caller has settled what is due
    of the budget before it locked the wallet: here it would be too late for the order of locks.
    """
    sql = "SELECT hold_tokens($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    held = await db.fetch_value(
        sql,
        new.hold_id,
        new.account_id,
        new.most,
        new.agent_id,
        new.api_key_id,
        new.only_grant,
        new.only_grant is None and await has_unlimited_tokens(new.account_id),
        new.reason,
        new.expires_at,
        business_now(),
        system_now(),
    )
    return Tokens(held)


async def settle_hold(
    account_id: AccountId, hold_id: HoldId, used: Tokens, *, reason: str | None = None
) -> Settlement:
    """Takes what was used from the hold, what is missing from the wallet, and releases the rest.

    Never more than the hold's `most`. Settled once: a repeated call returns what was settled.
    Raises NotFound, also for another account's, and InvalidState for a hold that was released.
    """
    await get_hold(account_id, hold_id)
    is_unlimited = await has_unlimited_tokens(account_id)
    closed = await _close(account_id, hold_id, HoldStatus.SETTLED, used, is_unlimited, reason)
    if closed.status is not HoldStatus.SETTLED or closed.used is None:
        raise InvalidState("These tokens were released before")
    return Settlement(closed.used, closed.capped)


async def release_hold(
    account_id: AccountId, hold_id: HoldId, *, reason: str | None = None
) -> bool:
    """Everything comes back; False where the hold had ended before. Raises NotFound."""
    before = await get_hold(account_id, hold_id)
    if before.status is not HoldStatus.OPEN:
        return False
    closed = await _close(account_id, hold_id, HoldStatus.RELEASED, Tokens(0), False, reason)
    return closed.status is HoldStatus.RELEASED


async def _close(
    account_id: AccountId,
    hold_id: HoldId,
    status: HoldStatus,
    used: Tokens,
    is_unlimited: bool,
    reason: str | None,
) -> HoldRow:
    sql = f"SELECT {_HOLDS.select()} FROM end_token_hold($1, $2, $3, $4, $5, $6, $7, $8)"  # noqa: S608 - own columns
    args = (account_id, hold_id, status, used, is_unlimited, reason, business_now(), system_now())
    closed = await db.find_one(HoldRow, sql, *args)
    if closed is None:
        raise _not_found()
    return closed


async def get_hold(account_id: AccountId, hold_id: HoldId) -> HoldRow:
    """Raises NotFound, also for another account's."""
    sql = f"{_HOLD} WHERE id = $1 AND account = $2"
    found = await db.find_one(HoldRow, sql, hold_id, account_id)
    if found is None:
        raise _not_found()
    return found


def _not_found() -> NotFound:
    return NotFound("There is no such hold of tokens")


async def has_unlimited_tokens(account_id: AccountId) -> bool:
    found = await find_entitlements(account_id)
    return found is not None and found.grant(Feature.TOKENS).is_unlimited
