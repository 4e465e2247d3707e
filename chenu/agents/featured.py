"""What the home page shows first: agents that staff chose, and new ones that people take up."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.agents import rising
from chenu.agents.model import AgentId, AgentKind
from chenu.agents.queries import find_agent_by_slug
from chenu.agents.rows import (
    AGENT_COLUMNS,
    AGENT_SOURCE,
    CARD_COLUMNS,
    SELECT_AGENT,
    AgentCard,
    AgentRow,
)
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Invalid, NotFound, reject_if_any
from chenu.core.i18n import Locale, mark
from chenu.core.ids import new_id
from chenu.core.row_reader import make_reader
from chenu.core.site import shown_agents

LAST_PLACE = 99
SHELF = 6
_SHOWN = """
    f.starts_at <= $1 AND (f.ends_at IS NULL OR f.ends_at > $1)
    AND a.status = 'PUBLISHED' AND a.kind <> 'CUSTOM'
"""
_OF_SITE = "(cardinality($2::uuid[]) = 0 OR a.id = ANY($2))"
_RISING = f"a.status = 'PUBLISHED' AND {rising.RISING.format('$1')} AND {_OF_SITE}"


class FeatureInput(msgspec.Struct, frozen=True):
    """`slug` names the agent; `ends_at` None: until somebody takes it off."""

    slug: str
    place: int
    starts_at: datetime | None
    ends_at: datetime | None
    reason: str


class Featured(msgspec.Struct, frozen=True):
    agent_id: AgentId
    slug: str
    name: str
    place: int
    starts_at: datetime
    ends_at: datetime | None
    is_on_sale: bool

    def is_shown(self, now: datetime) -> bool:
        has_ended = self.ends_at is not None and self.ends_at <= now
        return self.is_on_sale and self.starts_at <= now and not has_ended


async def list_featured() -> list[Featured]:
    """All of them, as ordered; for staff."""
    sql = """
        SELECT a.id AS agent_id, a.slug, a.name, f.place, f.starts_at, f.ends_at,
            a.status = 'PUBLISHED' AS is_on_sale
        FROM featured_agent f JOIN agent a ON a.id = f.agent ORDER BY f.place, f.id LIMIT 500
    """
    return await db.fetch_all(Featured, sql)


async def feature_agent(actor: Actor, data: FeatureInput) -> None:
    """In place of what was chosen for the same agent. Raises Forbidden, NotFound, Invalid."""
    actor.require_staff(Staff.REVIEWER)
    _check(data)
    starts_at = data.starts_at or business_now()

    async def write() -> None:
        agent = await find_agent_by_slug(data.slug.strip())
        if agent is None or agent.kind is AgentKind.CUSTOM:
            raise NotFound("There is no such agent", path=("slug",))
        sql = """
            INSERT INTO featured_agent (id, agent, place, starts_at, ends_at, created_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (agent) DO UPDATE SET place = $3, starts_at = $4, ends_at = $5
        """
        values = (data.place, starts_at, data.ends_at, business_now())
        await db.execute(sql, new_id(), agent.id, *values)
        await record_staff_act(
            actor, StaffAct.AGENT_FEATURE, agent.id, data.reason, place=data.place
        )

    await db.run_in_transaction(write)


def _check(data: FeatureInput) -> None:
    errors: list[ChenuError] = []
    if not 1 <= data.place <= LAST_PLACE:
        message = mark("The place is a number from 1 to {highest}")
        errors.append(Invalid(message, path=("place",), highest=LAST_PLACE))
    if data.ends_at is not None and data.ends_at <= (data.starts_at or business_now()):
        errors.append(Invalid(mark("The end is after the beginning"), path=("ends_on",)))
    reject_if_any(errors + check_reason(data.reason))


async def unfeature_agent(actor: Actor, agent_id: AgentId, reason: str) -> None:
    """Again changes nothing. Raises Forbidden, Invalid."""
    actor.require_staff(Staff.REVIEWER)
    reject_if_any(check_reason(reason))

    async def write() -> None:
        if await db.execute("DELETE FROM featured_agent WHERE agent = $1", agent_id):
            await record_staff_act(actor, StaffAct.AGENT_UNFEATURE, agent_id, reason)

    await db.run_in_transaction(write)


async def list_featured_cards(locale: Locale) -> tuple[AgentCard, ...]:
    """Those of now that are on sale and on this site, as ordered."""
    sql = f"""
        SELECT {CARD_COLUMNS[locale]} FROM featured_agent f JOIN {AGENT_SOURCE} ON a.id = f.agent
        WHERE {_SHOWN} AND {_OF_SITE} ORDER BY f.place, f.id LIMIT {SHELF}
    """  # noqa: S608 - own fragments
    return await _read_cards(sql, business_now())


async def list_rising_cards(locale: Locale) -> tuple[AgentCard, ...]:
    """Creators' agents of the last 30 days that somebody has, those that most have first."""
    sql = f"""
        SELECT {CARD_COLUMNS[locale]} FROM {AGENT_SOURCE}
        WHERE {_RISING} ORDER BY a.installs DESC, a.id DESC LIMIT {SHELF}
    """  # noqa: S608 - own fragments
    return await _read_cards(sql, rising.since())


async def _read_cards(sql: str, moment: datetime) -> tuple[AgentCard, ...]:
    read = make_reader(AgentCard)
    return tuple(
        read(record) for record in await db.fetch_records(sql, moment, list(shown_agents()))
    )


async def list_featured_agents() -> Sequence[AgentRow]:
    """As the cards, for programs."""
    sql = f"""
        SELECT {AGENT_COLUMNS} FROM featured_agent f JOIN {AGENT_SOURCE} ON a.id = f.agent
        WHERE {_SHOWN} AND {_OF_SITE} ORDER BY f.place, f.id LIMIT {SHELF}
    """  # noqa: S608 - own fragments
    return await db.fetch_all(AgentRow, sql, business_now(), list(shown_agents()))


async def list_rising_agents() -> Sequence[AgentRow]:
    """As the cards, for programs."""
    sql = f"{SELECT_AGENT} WHERE {_RISING} ORDER BY a.installs DESC, a.id DESC LIMIT {SHELF}"
    return await db.fetch_all(AgentRow, sql, rising.since(), list(shown_agents()))
