"""Clicks of affiliates' links: counted on the server, without anything stored in the browser."""

import hmac
from datetime import date, datetime, timedelta

import msgspec

from chenu.affiliates.bots import is_bot
from chenu.affiliates.click_keys import get_click_key
from chenu.affiliates.codes import find_code
from chenu.affiliates.model import AffiliateId, ClickId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.text import storable

ONE_VISIT = timedelta(hours=1)
"""Whoever follows the same link again within it is counted once."""
_LONGEST_LANDING = 300


class Click(msgspec.Struct, frozen=True):
    id: ClickId
    affiliate_id: AffiliateId
    clicked_at: datetime


# $1 the affiliate, $2 the visitor, $3 now, $4 the oldest click of the same visit.
_RECORD = """
    WITH known AS (
        SELECT id FROM affiliate_click
        WHERE affiliate = $1 AND visitor = $2 AND clicked_at > $4
        ORDER BY clicked_at DESC LIMIT 1
    ), fresh AS (
        INSERT INTO affiliate_click (id, affiliate, landing, visitor, clicked_at)
        SELECT $5, $1, $6, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM known) RETURNING id
    ), counted AS (
        INSERT INTO affiliate_day (id, affiliate, day, clicks)
        SELECT $7, $1, $8, 1 FROM fresh
        ON CONFLICT (affiliate, day) DO UPDATE SET clicks = affiliate_day.clicks + 1
    )
    SELECT id FROM fresh UNION ALL SELECT id FROM known
"""


async def record_click(code: str, landing: str, ip: str, user_agent: str) -> ClickId | None:
    """None where nothing is recorded: no such code, a suspended affiliate, a bot.

    `landing` is a path of ours. The same visitor's next click within the hour is the same one.
    """
    stored = None if is_bot(user_agent) else find_code(code)
    affiliate_id = None if stored is None else await _find_active(stored)
    if affiliate_id is None:
        return None
    visitor = hmac.digest(await get_click_key(), ip.encode(), "sha256")
    now = business_now()
    path = storable(landing.partition("?")[0][:_LONGEST_LANDING])
    oldest, today = now - ONE_VISIT, now.date()
    values = (affiliate_id, visitor, now, oldest, new_id(), path, new_id(), today)
    return ClickId(await db.fetch_value(_RECORD, *values))


async def _find_active(code: str) -> AffiliateId | None:
    sql = "SELECT id FROM affiliate WHERE code = $1 AND status = 'ACTIVE'"
    found: AffiliateId | None = await db.fetch_value(sql, code)
    return found


async def find_click(click_id: ClickId) -> Click | None:
    """None for one of a month that is deleted, and so too old to count."""
    sql = "SELECT id, affiliate AS affiliate_id, clicked_at FROM affiliate_click WHERE id = $1"
    return await db.find_one(Click, sql, click_id)


async def count_clicks(affiliate_id: AffiliateId, since: date | None = None) -> int:
    """On that day and later; all without one."""
    sql = """
        SELECT coalesce(sum(clicks), 0)::bigint FROM affiliate_day
        WHERE affiliate = $1 AND ($2::date IS NULL OR day >= $2)
    """
    return int(await db.fetch_value(sql, affiliate_id, since))
