"""Referrals as staff see them: those of one affiliate, and whether one is held."""

from collections.abc import Sequence

import msgspec

from chenu.accounts.actor import UserId
from chenu.affiliates.model import AffiliateId, ReferralId, ReferralState
from chenu.affiliates.referrals import ReferralRow
from chenu.affiliates.tables import Referral
from chenu.core import db
from chenu.core.errors import NotFound
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns

_COLUMNS = Columns(ReferralRow, Referral, affiliate_id="affiliate", account_id="account")
_SELECT = f"SELECT {_COLUMNS.select()} FROM referral"  # noqa: S608 - own columns


_COMPARED = 1000
"""Customers with whom a new one is compared."""


class ReferralCount(msgspec.Struct, frozen=True):
    """How many referrals of one affiliate are in this state for this reason."""

    affiliate_id: AffiliateId
    state: ReferralState
    reason: str
    referrals: int


async def list_referrals(affiliate_id: AffiliateId, page: PageRequest) -> Page[ReferralRow]:
    """The newest first."""
    return await fetch_page(ReferralRow, _SELECT, "affiliate = $1", affiliate_id, page=page)


async def lock_referral(referral_id: ReferralId) -> ReferralRow:
    """Until the caller's transaction ends. Raises NotFound."""
    sql = f"{_SELECT} WHERE id = $1 FOR NO KEY UPDATE"
    found = await db.find_one(ReferralRow, sql, referral_id)
    if found is None:
        raise NotFound("There is no such referral")
    return found


async def count_referrals(affiliate_ids: Sequence[AffiliateId]) -> list[ReferralCount]:
    """Nothing for an affiliate without any."""
    sql = """
        SELECT affiliate AS affiliate_id, state, reason, count(*) AS referrals FROM referral
        WHERE affiliate = ANY($1) GROUP BY affiliate, state, reason ORDER BY state, reason
    """
    return await db.fetch_all(ReferralCount, sql, list(affiliate_ids))


async def list_bound_people(affiliate_id: AffiliateId) -> list[UserId]:
    """The last who signed up by this affiliate, in whatever state their referral is."""
    sql = "SELECT member FROM referral WHERE affiliate = $1 ORDER BY id DESC LIMIT $2"
    rows = await db.fetch_records(sql, affiliate_id, _COMPARED)
    return [UserId(row["member"]) for row in rows]
