"""Agents and creators as read from the database: row types, column lists, one join."""

from datetime import date, datetime
from functools import cache, cached_property
from typing import Any
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.agents.media import AgentMedia
from chenu.agents.model import (
    AgentId,
    AgentKind,
    AgentStatus,
    CreatorId,
    Price,
    PriceType,
    VersionId,
)
from chenu.agents.tables import Agent, AgentChange, AgentVersion, Creator
from chenu.core.i18n import LOCALES, Locale
from chenu.core.money import Cents
from chenu.core.rows import Columns
from chenu.media.pictures import PictureHash

_NO_MEDIA = "{}"


class AgentText(msgspec.Struct, frozen=True):
    """An agent's texts in one language."""

    name: str
    tagline: str
    description: str
    description_html: str


class CreatorRow(msgspec.Struct, frozen=True):
    """A struct as agents are: each of a list has one."""

    id: CreatorId
    owner_id: UserId
    account_id: AccountId
    handle: str
    display_name: str
    bio: str
    payouts_ready: bool


class CreatorProfile(CreatorRow, frozen=True):
    """With what only the creator's own page shows."""

    created_at: datetime


CREATORS = Columns(CreatorRow, Creator, owner_id="owner", account_id="account")
SELECT_CREATOR = f"SELECT {CREATORS.select()} FROM creator"  # noqa: S608 - own columns
_PROFILES = Columns(CreatorProfile, Creator, owner_id="owner", account_id="account")
SELECT_PROFILE = f"SELECT {_PROFILES.select()} FROM creator"  # noqa: S608 - own columns


class AgentRow(msgspec.Struct, frozen=True, dict=True):
    """An agent with its creator's public profile. Times are business time, `price` is in cents.

    A struct, because lists contain many of them: frozen dataclasses take ten times as long to
    create.
    """

    id: AgentId
    slug: str
    kind: AgentKind
    status: AgentStatus
    creator_id: CreatorId | None
    account_id: AccountId | None
    name: str
    tagline: str
    description: str
    description_html: str
    translations_json: str
    media_json: str
    language: str
    capabilities: list[str]
    permissions: list[str]
    level: str
    sphere: str | None
    price_type: PriceType
    price_amount: Cents
    price_version: int
    stripe_price_id: str | None
    seconds_saved: int
    current_version: VersionId | None
    platform_rank: int | None
    installs: int
    rating_sum: int
    review_count: int
    rejection_reason: str | None
    submitted_at: datetime | None
    published_at: datetime | None
    updated_at: datetime
    creator_handle: str | None
    creator_name: str | None
    creator_owner: UserId | None
    payouts_ready: bool | None
    creator_account: AccountId | None
    creator_bio: str | None

    @property
    def maker(self) -> CreatorRow | None:
        """None for the platform's own agents and for private ones."""
        if self.creator_id is None:
            return None
        known: Any = self  # if the creator's id is set, so are its other columns
        return CreatorRow(
            id=self.creator_id,
            owner_id=known.creator_owner,
            account_id=known.creator_account,
            handle=known.creator_handle,
            display_name=known.creator_name,
            bio=known.creator_bio,
            payouts_ready=known.payouts_ready,
        )

    @cached_property
    def media(self) -> AgentMedia:
        return msgspec.json.decode(self.media_json, type=AgentMedia)

    @property
    def icon(self) -> PictureHash | None:
        """None for one that is drawn from the id."""
        return self.media.icon if self.media_json != _NO_MEDIA else None

    @property
    def price(self) -> Price:
        return Price(self.price_type, self.price_amount)

    @property
    def is_on_sale(self) -> bool:
        return self.status is AgentStatus.PUBLISHED and self.kind is not AgentKind.CUSTOM

    @cached_property
    def _translations(self) -> dict[str, AgentText]:
        return msgspec.json.decode(self.translations_json, type=dict[str, AgentText])

    def text(self, locale: Locale) -> AgentText:
        """In the reader's language if it exists, else as its creator wrote it."""
        if locale == self.language or locale not in self._translations:
            return AgentText(self.name, self.tagline, self.description, self.description_html)
        return self._translations[locale]

    @property
    def languages(self) -> tuple[str, ...]:
        return (self.language, *self._translations)


_AGENTS = Columns(
    AgentRow,
    Agent,
    creator_id="creator",
    account_id="account",
    translations_json="{0}translations::text",
    media_json="{0}media::text",
    price_amount="price",
    creator_handle="c.handle",
    creator_name="c.display_name",
    creator_owner="c.owner",
    payouts_ready="c.payouts_ready",
    creator_account="c.account",
    creator_bio="c.bio",
)
AGENT_COLUMNS = _AGENTS.select("a")
"""Of an agent `a` and its creator `c`."""


_TEXTS = frozenset(AgentText.__struct_fields__)


@cache
def shown_columns(names: tuple[str, ...], locale: Locale) -> str:
    """SQL of these fields of an AgentRow alone, its texts in the reader's language."""
    return ", ".join(
        f"{_text_column(name, locale)} AS {name}" if name in _TEXTS else _AGENTS.read(name, "a")
        for name in names
    )


def _text_column(name: str, locale: Locale) -> str:
    """As `AgentRow.text`: the reader's language if it exists, else the creator's text."""
    return (
        f"CASE WHEN a.language = '{locale}' THEN a.{name}"
        f" ELSE coalesce(a.translations -> '{locale}' ->> '{name}', a.{name}) END"
    )


class AgentCard(msgspec.Struct, frozen=True):
    """What a list shows of an agent, in one language: without descriptions, which may be long.

    Cards that look the same are equal, so that their rendering can be cached.
    """

    id: AgentId
    slug: str
    kind: AgentKind
    name: str
    tagline: str
    creator_name: str | None
    sphere: str | None
    level: str
    platform_rank: int | None
    price_type: PriceType
    price_amount: Cents
    rating_sum: int
    review_count: int
    installs: int
    recent_accounts: int
    updated_on: date
    icon: PictureHash | None


def _card_columns(locale: Locale) -> str:
    name, tagline = (_text_column(column, locale) for column in ("name", "tagline"))
    recent = "(SELECT accounts FROM agent_run_summary s WHERE s.agent = a.id)"
    return f"""
        a.id, a.slug, a.kind, {name}, {tagline}, c.display_name, a.sphere, a.level,
        a.platform_rank, a.price_type, a.price, a.rating_sum, a.review_count, a.installs,
        coalesce({recent}, 0),
        (a.updated_at AT TIME ZONE 'UTC')::date, a.media ->> 'icon'
    """


CARD_COLUMNS: dict[Locale, str] = {locale: _card_columns(locale) for locale in LOCALES}
"""In the order of AgentCard."""
AGENT_SOURCE = "agent a LEFT JOIN creator c ON c.id = a.creator"
SELECT_AGENT = f"SELECT {AGENT_COLUMNS} FROM {AGENT_SOURCE}"  # noqa: S608 - own columns


class VersionRow(msgspec.Struct, frozen=True, dict=True):
    """`manifest_json` is the product that is sold: shown only after `may_open_manifest`."""

    id: VersionId
    agent_id: AgentId
    number: str
    status: AgentStatus
    changelog: str
    manifest_json: str
    created_at: datetime

    @property
    def is_published(self) -> bool:
        return self.status is AgentStatus.PUBLISHED

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return msgspec.json.decode(self.manifest_json, type=dict[str, Any])


_VERSIONS = Columns(VersionRow, AgentVersion, agent_id="agent", manifest_json="{0}manifest::text")
SELECT_VERSION = f"SELECT {_VERSIONS.select()} FROM agent_version"  # noqa: S608 - own columns


class ChangeRow(msgspec.Struct, frozen=True, dict=True):
    """The pending change of a published agent; `fields_json` holds the edited columns."""

    id: UUID
    agent_id: AgentId
    fields_json: str
    version_id: VersionId | None
    status: AgentStatus
    rejection_reason: str | None
    submitted_at: datetime | None

    @cached_property
    def fields(self) -> dict[str, Any]:
        return msgspec.json.decode(self.fields_json, type=dict[str, Any])

    @property
    def media(self) -> AgentMedia | None:
        """None where the pictures stay as they are."""
        changed = self.fields.get("media")
        return None if changed is None else msgspec.convert(changed, AgentMedia)


_CHANGES = Columns(
    ChangeRow,
    AgentChange,
    agent_id="agent",
    fields_json="{0}fields::text",
    version_id="version",
)
SELECT_CHANGE = f"SELECT {_CHANGES.select()} FROM agent_change"  # noqa: S608 - own columns
