"""Customers bound to affiliates: one for each account, for ever."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.affiliates.model import (
    AffiliateId,
    ClickId,
    ReferralId,
    ReferralOrigin,
    ReferralReason,
    ReferralState,
)
from chenu.affiliates.tables import Referral
from chenu.core import db
from chenu.core.errors import NotFound
from chenu.core.rows import Columns


class ReferralRow(msgspec.Struct, frozen=True):
    """`member` signed up and owns the account. `reason` says why it is HELD or REFUSED."""

    id: ReferralId
    affiliate_id: AffiliateId
    account_id: AccountId
    member: UserId
    origin: ReferralOrigin
    state: ReferralState
    reason: str
    click: ClickId | None
    clicked_at: datetime | None
    bound_at: datetime


_COLUMNS = Columns(ReferralRow, Referral, affiliate_id="affiliate", account_id="account")
_SELECT = f"SELECT {_COLUMNS.select()} FROM referral"  # noqa: S608 - own columns


async def find_referral_of(account_id: AccountId) -> ReferralRow | None:
    return await db.find_one(ReferralRow, f"{_SELECT} WHERE account = $1", account_id)


async def lock_referral_of(account_id: AccountId) -> ReferralRow | None:
    """Its state stays what it is until the transaction ends."""
    sql = f"{_SELECT} WHERE account = $1 FOR NO KEY UPDATE"
    return await db.find_one(ReferralRow, sql, account_id)


async def get_referral(referral_id: ReferralId) -> ReferralRow:
    """Raises NotFound."""
    found = await db.find_one(ReferralRow, f"{_SELECT} WHERE id = $1", referral_id)
    if found is None:
        raise NotFound("There is no such referral")
    return found


async def refuse_referral(referral_id: ReferralId, reason: ReferralReason) -> bool:
    """Nothing is earned with this customer from now on. False if that was so already."""
    sql = "UPDATE referral SET state = 'REFUSED', reason = $2 WHERE id = $1 AND state <> 'REFUSED'"
    return bool(await db.execute(sql, referral_id, reason))


async def list_referrals_by_id(ids: Sequence[ReferralId]) -> list[ReferralRow]:
    """In no particular order; callers check whose they are."""
    return await db.fetch_all(ReferralRow, f"{_SELECT} WHERE id = ANY($1)", list(ids))


async def list_referrals_between(person: UserId, others: Sequence[UserId]) -> list[ReferralRow]:
    """Those that are not refused, of this person as the affiliate and one of the others as the
    customer, or the other way round.
    """
    sql = f"""
        {_SELECT} WHERE state <> 'REFUSED' AND (
            (member = ANY($2) AND affiliate IN (SELECT id FROM affiliate WHERE member = $1))
            OR (member = $1 AND affiliate IN (SELECT id FROM affiliate WHERE member = ANY($2))))
        ORDER BY id
    """  # noqa: S608 - own columns
    return await db.fetch_all(ReferralRow, sql, person, list(others))


async def list_referrals_beside(person: UserId, others: Sequence[UserId]) -> list[ReferralRow]:
    """Those of this customer that count, whose affiliate brought one of the others too."""
    sql = f"""
        {_SELECT} WHERE member = $1 AND state = 'BOUND' AND EXISTS (
            SELECT 1 FROM referral other WHERE other.affiliate = referral.affiliate
                AND other.member = ANY($2) AND other.state <> 'REFUSED')
    """  # noqa: S608 - own columns
    return await db.fetch_all(ReferralRow, sql, person, list(others))


async def insert_referral(row: ReferralRow) -> bool:
    """False for an account that is bound already, to whomever."""
    return bool(await _COLUMNS.insert(row, "ON CONFLICT (account) DO NOTHING"))
