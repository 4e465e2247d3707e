"""Affiliates: who joined, under which code."""

import secrets
from collections.abc import Sequence
from datetime import datetime

import msgspec

from chenu.accounts.actor import Actor, UserId
from chenu.affiliates.model import AffiliateId, AffiliateStatus
from chenu.affiliates.tables import Affiliate
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import InvalidState, NotFound
from chenu.core.ids import new_id
from chenu.core.rows import Columns


class AffiliateRow(msgspec.Struct, frozen=True):
    id: AffiliateId
    member: UserId
    code: str
    status: AffiliateStatus
    suspended_at: datetime | None
    suspension_reason: str
    joined_at: datetime

    @property
    def is_active(self) -> bool:
        return self.status == AffiliateStatus.ACTIVE


_COLUMNS = Columns(AffiliateRow, Affiliate)
_SELECT = f"SELECT {_COLUMNS.select()} FROM affiliate"  # noqa: S608 - own columns


async def find_affiliate_of(user_id: UserId) -> AffiliateRow | None:
    return await db.find_one(AffiliateRow, f"{_SELECT} WHERE member = $1", user_id)


async def find_affiliate_by_code(code: str) -> AffiliateRow | None:
    """Of a code as it is stored, in capitals."""
    return await db.find_one(AffiliateRow, f"{_SELECT} WHERE code = $1", code)


async def get_affiliate(affiliate_id: AffiliateId) -> AffiliateRow:
    """Raises NotFound."""
    found = await db.find_one(AffiliateRow, f"{_SELECT} WHERE id = $1", affiliate_id)
    if found is None:
        raise NotFound("There is no such affiliate")
    return found


async def get_own_affiliate(actor: Actor) -> AffiliateRow:
    """Raises InvalidState for somebody who has not joined."""
    found = await find_affiliate_of(actor.require_user())
    if found is None:
        raise InvalidState("Please join the affiliate programme first: one click is enough")
    return found


async def list_affiliates_by_id(ids: Sequence[AffiliateId]) -> list[AffiliateRow]:
    """In no particular order; callers check whose they are."""
    return await db.fetch_all(AffiliateRow, f"{_SELECT} WHERE id = ANY($1)", list(ids))


async def count_affiliates_among(people: Sequence[UserId]) -> int:
    sql = "SELECT count(*) FROM affiliate WHERE member = ANY($1)"
    return int(await db.fetch_value(sql, list(people)))


async def insert_affiliate(user_id: UserId) -> AffiliateRow:
    """The person's row, made if there is none, with a code that nobody has."""
    while (found := await find_affiliate_of(user_id)) is None:
        row = AffiliateRow(
            id=AffiliateId(new_id()),
            member=user_id,
            code=f"CHENU{secrets.token_hex(4).upper()}",
            status=AffiliateStatus.ACTIVE,
            suspended_at=None,
            suspension_reason="",
            joined_at=business_now(),
        )
        await _COLUMNS.insert(row, "ON CONFLICT DO NOTHING")
    return found
