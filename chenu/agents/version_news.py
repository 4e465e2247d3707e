"""Versions that those who have their agent are yet to be told of, and who was told."""

from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.agents.model import AgentId, GrantId, VersionId
from chenu.agents.tables import AccessGrant
from chenu.agents.version_tables import VersionNews
from chenu.core import db
from chenu.core.backoff import BACKOFF
from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.core.rows import Columns, insert


class NewsRow(msgspec.Struct, frozen=True):
    id: UUID
    agent_id: AgentId
    version_id: VersionId
    attempts: int


class Unnotified(msgspec.Struct, frozen=True):
    """A right to the agent whose account uses an older version and was not told of this one."""

    id: GrantId
    account_id: AccountId
    version_id: VersionId


_NEWS = Columns(NewsRow, VersionNews, agent_id="agent", version_id="version").select()
_UNNOTIFIED = Columns(Unnotified, AccessGrant, account_id="account", version_id="version").select()


async def announce_version(agent_id: AgentId, version_id: VersionId) -> None:
    """Those who have the agent will be told; again changes nothing."""
    now = system_now()
    news = {
        "id": new_id(),
        "agent": agent_id,
        "version": version_id,
        "attempts": 0,
        "next_attempt_at": now,
        "created_at": business_now(),
    }
    await insert(VersionNews, news, "ON CONFLICT (version) DO NOTHING")


async def list_due_news(*, limit: int = 100) -> list[NewsRow]:
    """The longest due first."""
    sql = f"""
        SELECT {_NEWS} FROM version_news WHERE next_attempt_at <= $1
        ORDER BY next_attempt_at LIMIT $2
    """  # noqa: S608 - own columns
    return await db.fetch_all(NewsRow, sql, system_now(), limit)


async def list_unnotified(news: NewsRow, *, after: GrantId, limit: int = 200) -> list[Unnotified]:
    """Usable rights alone, in pages by id."""
    sql = f"""
        SELECT {_UNNOTIFIED} FROM access_grant WHERE agent = $1 AND id > $2
            AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > $3)
            AND version <> $4 AND notified_version IS DISTINCT FROM $4
        ORDER BY id LIMIT $5
    """  # noqa: S608 - own columns
    values = (news.agent_id, after, business_now(), news.version_id, limit)
    return await db.fetch_all(Unnotified, sql, *values)


async def mark_notified(grant_id: GrantId, version_id: VersionId) -> bool:
    """Whether it was not yet."""
    sql = """
        UPDATE access_grant SET notified_version = $2
        WHERE id = $1 AND notified_version IS DISTINCT FROM $2
    """
    return bool(await db.execute(sql, grant_id, version_id))


async def postpone_news(news_id: UUID, error: str) -> None:
    """After somebody could not be told: they are tried again, later and later."""
    sql = f"""
        UPDATE version_news SET attempts = attempts + 1, last_error = $2,
            next_attempt_at = $3::timestamptz + {BACKOFF}
        WHERE id = $1
    """  # noqa: S608 - texts of ours
    await db.execute(sql, news_id, error[:500], system_now())


async def drop_news(news_id: UUID) -> None:
    await db.execute("DELETE FROM version_news WHERE id = $1", news_id)
