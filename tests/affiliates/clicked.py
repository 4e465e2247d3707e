"""Clicks for tests, each a row of its own however often somebody clicks."""

import hashlib
from datetime import datetime

from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.model import ClickId
from chenu.affiliates.tables import AffiliateClick
from chenu.core.ids import new_id
from chenu.core.rows import insert


async def click(affiliate: AffiliateRow, visitor: str, at: datetime) -> ClickId:
    click_id = ClickId(new_id())
    values = {
        "id": click_id,
        "affiliate": affiliate.id,
        "landing": "/",
        "visitor": hashlib.sha256(visitor.encode()).digest(),
        "clicked_at": at,
    }
    await insert(AffiliateClick, values)
    return click_id
