"""The secret by which visitors' addresses are hashed: every 90 days another one replaces it.

The old one is deleted, so that nobody can find out any more whose clicks the old ones were.
"""

import secrets
from datetime import datetime, timedelta

from chenu.affiliates.tables import ClickKey
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.rows import insert

REPLACED_EVERY = timedelta(days=90)
_BYTES = 32


async def get_click_key() -> bytes:
    """Made if there is none yet."""
    while (found := await _find_newest()) is None:
        await replace_click_key()
    return found


async def _find_newest() -> bytes | None:
    sql = "SELECT secret FROM click_key ORDER BY created_at DESC, id DESC LIMIT 1"
    secret: bytes | None = await db.fetch_value(sql)
    return secret


@db.transactional
async def replace_click_key() -> bool:
    """True if the key was old enough, or there was none."""
    await db.lock_until_commit("click_key")
    now = business_now()
    made_at: datetime | None = await db.fetch_value("SELECT max(created_at) FROM click_key")
    if made_at is not None and now - made_at < REPLACED_EVERY:
        return False
    await db.execute("DELETE FROM click_key")
    values = {"id": new_id(), "secret": secrets.token_bytes(_BYTES), "created_at": now}
    await insert(ClickKey, values)
    return True
