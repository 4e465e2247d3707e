"""Affiliates as staff see them: the list, and whether one is suspended."""

from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.model import AffiliateId, AffiliateStatus
from chenu.affiliates.tables import Affiliate
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns, update

_COLUMNS = Columns(AffiliateRow, Affiliate)
_SELECT = f"SELECT {_COLUMNS.select()} FROM affiliate"  # noqa: S608 - own columns


async def list_affiliates(page: PageRequest) -> Page[AffiliateRow]:
    """Whoever joined last comes first."""
    return await fetch_page(AffiliateRow, _SELECT, "true", page=page)


async def lock_affiliate(affiliate_id: AffiliateId) -> AffiliateRow:
    """Until the caller's transaction ends. Raises NotFound."""
    sql = f"{_SELECT} WHERE id = $1 FOR NO KEY UPDATE"
    found = await db.find_one(AffiliateRow, sql, affiliate_id)
    if found is None:
        raise NotFound("There is no such affiliate")
    return found


async def set_standing(affiliate_id: AffiliateId, status: AffiliateStatus, reason: str) -> None:
    """`reason` is of a suspension, and empty once it is over."""
    is_suspended = status is AffiliateStatus.SUSPENDED
    values = {
        "status": status.value,
        "suspended_at": business_now() if is_suspended else None,
        "suspension_reason": reason,
    }
    await update(Affiliate, affiliate_id, values)
