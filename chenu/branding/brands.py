"""The brand of an account: read, and written by whoever manages its members."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.roles import Right
from chenu.branding.contrast import read_colour
from chenu.branding.model import BrandId, BrandInput, check_brand
from chenu.branding.tables import Brand
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import Invalid, InvalidState, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import Columns, insert
from chenu.core.site import FooterLink, Picture, Site
from chenu.core.text import tidy
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import require_feature


class BrandRow(msgspec.Struct, frozen=True):
    """`links_json` and the sizes of the pictures as they are stored."""

    id: BrandId
    account_id: AccountId
    name: str
    sender_name: str
    accent_light: str | None
    accent_dark: str | None
    logo_name: str | None
    logo_width: int | None
    logo_height: int | None
    icon_name: str | None
    icon_width: int | None
    icon_height: int | None
    links_json: str
    locale: str | None
    agents: list[UUID]
    updated_at: datetime

    @property
    def links(self) -> tuple[FooterLink, ...]:
        return msgspec.json.decode(self.links_json, type=tuple[FooterLink, ...])

    @property
    def logo(self) -> Picture | None:
        return _picture(self.logo_name, self.logo_width, self.logo_height)

    @property
    def icon(self) -> Picture | None:
        return _picture(self.icon_name, self.icon_width, self.icon_height)

    def site(self, origin: str) -> Site:
        """As it is shown at this origin."""
        return Site(
            account_id=self.account_id,
            origin=origin,
            name=self.name,
            sender_name=self.sender_name or self.name,
            accent_light=self.accent_light,
            accent_dark=self.accent_dark,
            logo=self.logo,
            icon=self.icon,
            links=self.links,
            locale=self.locale,
            agents=tuple(self.agents),
        )


def _picture(name: str | None, width: int | None, height: int | None) -> Picture | None:
    """None also for one that is being deleted."""
    if name is None or width is None or height is None:
        return None
    return Picture(name, width, height)


_BRAND = Columns(
    BrandRow,
    Brand,
    account_id="account",
    links_json="{0}links::text",
    logo_name="{0}logo",
    logo_width="logo_file.width",
    logo_height="logo_file.height",
    icon_name="{0}icon",
    icon_width="icon_file.width",
    icon_height="icon_file.height",
).select("b")
_SELECT = f"""
    SELECT {_BRAND} FROM brand b
    LEFT JOIN brand_picture logo_file ON logo_file.name = b.logo AND logo_file.removed_at IS NULL
    LEFT JOIN brand_picture icon_file ON icon_file.name = b.icon AND icon_file.removed_at IS NULL
"""  # noqa: S608 - own columns


async def list_brands(account_ids: Sequence[AccountId]) -> list[BrandRow]:
    """In no particular order; asleep or not."""
    return await db.fetch_all(BrandRow, f"{_SELECT} WHERE b.account = ANY($1)", list(account_ids))


async def find_brand(account_id: AccountId) -> BrandRow | None:
    found = await list_brands([account_id])
    return found[0] if found else None


def require_brand_owner(actor: Actor) -> AccountId:
    """The account acted for. Raises Unauthenticated, Forbidden, PlanRequired."""
    account_id = actor.require_right(Right.MANAGE_MEMBERS)
    require_feature(actor.entitlements, Feature.WHITE_LABEL)
    return account_id


async def update_brand(actor: Actor, data: BrandInput) -> AccountId:
    """Of the account acted for, which is returned. The caller checks that the agents exist.

    Raises Unauthenticated, Forbidden, PlanRequired, Invalid, Rejected.
    """
    account_id = require_brand_owner(actor)
    reject_if_any(check_brand(data))
    given = _columns(data)

    async def write() -> None:
        if not await _change(account_id, given):
            await _begin(account_id, given)
        fields = " ".join(sorted(given)) or "none"
        await audit.record(actor, "brand.update", account_id, fields=fields)

    await db.run_in_transaction(write)
    return account_id


def _columns(data: BrandInput) -> dict[str, Any]:
    """What is given, as it is stored."""
    given: dict[str, Any] = {}
    for field in ("name", "sender_name"):
        if (text := getattr(data, field)) is not UNSET:
            given[field] = tidy(text)
    for field in ("accent_light", "accent_dark"):
        if (colour := getattr(data, field)) is not UNSET:
            given[field] = None if colour is None else read_colour(colour)
    if data.links is not UNSET:
        links = [{"label": tidy(link.label), "url": link.url} for link in data.links]
        given["links"] = msgspec.json.encode(links).decode()
    if data.locale is not UNSET:
        given["locale"] = data.locale
    if data.agents is not UNSET:
        given["agents"] = list(dict.fromkeys(data.agents))
    return given


async def _change(account_id: AccountId, given: dict[str, Any]) -> int:
    """The number of brands that were changed: none before there is one."""
    changed = {**given, "updated_at": business_now()}
    changes = ", ".join(f'"{name}" = ${place}' for place, name in enumerate(changed, start=2))
    sql = f"UPDATE brand SET {changes} WHERE account = $1"  # noqa: S608 - own columns
    return await db.execute(sql, account_id, *changed.values())


async def _begin(account_id: AccountId, given: dict[str, Any]) -> None:
    if "name" not in given:
        raise Invalid(mark("Please give the brand a name first"), path=("name",))
    now = business_now()
    times = {"created_at": now, "updated_at": now}
    await insert(Brand, {"id": new_id(), "account": account_id, **given, **times})


async def remove_brand(actor: Actor) -> AccountId:
    """Our own name and colours again, everywhere. Raises InvalidState where there is no brand.

    Not refused once the plan is over: what sleeps can be removed.
    """
    account_id = actor.require_right(Right.MANAGE_MEMBERS)

    async def write() -> None:
        now = business_now()
        pictures = "UPDATE brand_picture SET removed_at = $2 WHERE account = $1"
        await db.execute(f"{pictures} AND removed_at IS NULL", account_id, now)
        if not await db.execute("DELETE FROM brand WHERE account = $1", account_id):
            raise InvalidState("This account has no brand")
        await audit.record(actor, "brand.remove", account_id)

    await db.run_in_transaction(write)
    return account_id
