"""The rows of kept pictures: whose they are, and which of them nobody shows any more."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

import msgspec

from chenu.agents.model import AgentId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import LimitReached
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.media.pictures import Picture, PictureHash, PictureUse, Renditions, name_renditions

UNUSED_STORED = timedelta(days=1)
MOST_STORED = 40
"""Of an agent at a time: what it shows, what waits for review, and a day of trying out."""
_BATCH = 500

_TOO_MANY = mark("This agent has many new pictures already. Please try again tomorrow")


class _Row(msgspec.Struct, frozen=True):
    name: str
    width: int
    height: int

    @property
    def picture(self) -> Picture:
        return Picture(PictureHash(self.name), self.width, self.height)


class _Name(msgspec.Struct, frozen=True):
    name: str


class _IdAndName(msgspec.Struct, frozen=True):
    id: UUID
    name: str


async def require_room(agent_id: AgentId) -> None:
    """Raises LimitReached."""
    sql = "SELECT count(*) FROM agent_picture WHERE agent = $1 AND removed_at IS NULL"
    if await db.fetch_value(sql, agent_id) >= MOST_STORED:
        raise LimitReached(_TOO_MANY)


async def insert_picture(agent_id: AgentId, use: PictureUse, renditions: Renditions) -> Picture:
    """Before its files are stored, so that none lies there without a row that leads to it."""
    row_id = new_id()
    name = name_renditions(row_id, renditions)
    sql = """
        INSERT INTO agent_picture (id, agent, name, use, width, height, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
    """
    size = (renditions.width, renditions.height)
    await db.execute(sql, row_id, agent_id, name, use, *size, business_now())
    return Picture(name, *size)


async def lock_pictures(
    agent_id: AgentId, use: PictureUse, names: Collection[PictureHash]
) -> dict[PictureHash, Picture]:
    """The agent's own among these, kept while the caller's transaction lasts.

    Whoever writes names into `agent.media` or a waiting change asks this first, and refuses a name
    that is missing here.
    """
    sql = """
        SELECT name, width, height FROM agent_picture
        WHERE name = ANY($1) AND agent = $2 AND use = $3 AND removed_at IS NULL
        ORDER BY name FOR NO KEY UPDATE
    """
    rows = await db.fetch_all(_Row, sql, list(names), agent_id, use)
    return {row.picture.hash: row.picture for row in rows}


async def list_stored() -> list[PictureHash]:
    """Of all that may be shown."""
    sql = "SELECT name FROM agent_picture WHERE removed_at IS NULL ORDER BY name"
    return [PictureHash(row.name) for row in await db.fetch_all(_Name, sql)]


async def mark_removed(name: PictureHash) -> None:
    """From here on nobody may show it."""
    sql = "UPDATE agent_picture SET removed_at = $2 WHERE name = $1 AND removed_at IS NULL"
    await db.execute(sql, name, business_now())


async def list_removed(after: PictureHash | None) -> list[PictureHash]:
    """By name, a batch at a time."""
    sql = f"""
        SELECT name FROM agent_picture WHERE removed_at IS NOT NULL AND name > $1
        ORDER BY name LIMIT {_BATCH}
    """  # noqa: S608 - a number of ours
    return [PictureHash(row.name) for row in await db.fetch_all(_Name, sql, after or "")]


async def delete_removed(name: PictureHash) -> None:
    """Once its files are gone."""
    await db.execute("DELETE FROM agent_picture WHERE name = $1 AND removed_at IS NOT NULL", name)


async def mark_unused(after: UUID | None) -> UUID | None:
    """Marks a batch of old pictures that no agent and no waiting change names; the last row that
    was looked at, None at the end.

    In a transaction: who is about to name one (lock_pictures) has done so before, or is refused.
    """
    old = f"""
        SELECT id, name FROM agent_picture
        WHERE removed_at IS NULL AND created_at < $1 AND id > $2
        ORDER BY id LIMIT {_BATCH} FOR NO KEY UPDATE SKIP LOCKED
    """  # noqa: S608 - a number of ours
    async with db.transaction():
        rows = await db.fetch_all(
            _IdAndName, old, business_now() - UNUSED_STORED, after or UUID(int=0)
        )
        if not rows:
            return None
        shown = await _list_shown([row.id for row in rows])
        for row in rows:
            if row.name not in shown:
                await mark_removed(PictureHash(row.name))
    return rows[-1].id


async def _list_shown(row_ids: list[UUID]) -> set[str]:
    """Read after the rows were locked: a statement of its own sees what was committed meanwhile."""
    sql = """
        SELECT p.name FROM agent_picture p
        JOIN agent a ON a.id = p.agent LEFT JOIN agent_change c ON c.agent = p.agent
        WHERE p.id = ANY($1) AND (
            strpos(a.media::text, p.name) > 0 OR strpos((c.fields -> 'media')::text, p.name) > 0)
    """
    return {row.name for row in await db.fetch_all(_Name, sql, row_ids)}
