"""The rows of a brand's pictures: what it shows, and what waits to be deleted."""

from datetime import timedelta

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, Actor
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import InvalidState
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.media.pictures import Picture, PictureHash, PictureUse, Renditions, name_renditions

UNSHOWN_STORED = timedelta(days=1)
_BATCH = 500
_COLUMN = {PictureUse.LOGO: "logo", PictureUse.ICON: "icon"}
_NO_BRAND = mark("Please give the brand a name first")


class _Name(msgspec.Struct, frozen=True):
    name: str


async def insert_picture(account_id: AccountId, use: PictureUse, renditions: Renditions) -> Picture:
    """Before its files are stored, so that none lies there without a row that leads to it."""
    row_id = new_id()
    name = name_renditions(row_id, renditions)
    sql = """
        INSERT INTO brand_picture (id, account, name, use, width, height, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
    """
    size = (renditions.width, renditions.height)
    await db.execute(sql, row_id, account_id, name, use, *size, business_now())
    return Picture(name, *size)


async def show_picture(
    actor: Actor, account_id: AccountId, use: PictureUse, name: PictureHash | None
) -> None:
    """In the place of the one before, which is deleted by and by; None: no picture.

    In a transaction. Raises InvalidState without a brand.
    """

    async def write() -> None:
        column = _COLUMN[use]
        sql = f"UPDATE brand SET {column} = $2, updated_at = $3 WHERE account = $1"  # noqa: S608 - own names
        if not await db.execute(sql, account_id, name, business_now()):
            raise InvalidState(_NO_BRAND)
        old = """
            UPDATE brand_picture SET removed_at = $4
            WHERE account = $1 AND use = $2 AND name IS DISTINCT FROM $3 AND removed_at IS NULL
        """
        await db.execute(old, account_id, use, name, business_now())
        await audit.record(actor, f"brand.{column}", account_id, picture=name or "none")

    await db.run_in_transaction(write)


async def list_stored() -> list[PictureHash]:
    """Of all that may be shown, for backups."""
    sql = "SELECT name FROM brand_picture WHERE removed_at IS NULL ORDER BY name"
    return [PictureHash(row.name) for row in await db.fetch_all(_Name, sql)]


async def mark_removed(name: PictureHash) -> None:
    """From here on nothing may show it."""
    sql = "UPDATE brand_picture SET removed_at = $2 WHERE name = $1 AND removed_at IS NULL"
    await db.execute(sql, name, business_now())


async def mark_unshown() -> None:
    """Of uploads that broke off before their brand showed them, once they are a day old."""
    sql = """
        UPDATE brand_picture p SET removed_at = $1
        WHERE p.removed_at IS NULL AND p.created_at < $2 AND NOT EXISTS (
            SELECT 1 FROM brand b
            WHERE b.account = p.account AND (b.logo = p.name OR b.icon = p.name))
    """
    now = business_now()
    await db.execute(sql, now, now - UNSHOWN_STORED)


async def list_removed(after: PictureHash | None) -> list[PictureHash]:
    """By name, a batch at a time."""
    sql = f"""
        SELECT name FROM brand_picture WHERE removed_at IS NOT NULL AND name > $1
        ORDER BY name LIMIT {_BATCH}
    """  # noqa: S608 - a number of ours
    return [PictureHash(row.name) for row in await db.fetch_all(_Name, sql, after or "")]


async def delete_removed(name: PictureHash) -> None:
    """Once its files are gone."""
    await db.execute("DELETE FROM brand_picture WHERE name = $1 AND removed_at IS NOT NULL", name)
