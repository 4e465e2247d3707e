"""Creating and editing agents: drafts are saved at once, published ones get a pending change."""

from itertools import count
from typing import Any

import msgspec
from msgspec.structs import asdict

from chenu.accounts.actor import AccountId
from chenu.agents.listing import (
    DEFAULT_MINUTES,
    ListingFields,
    make_slug,
    normalise_capabilities,
    parse_version,
    whole_seconds,
)
from chenu.agents.markdown import render_markdown
from chenu.agents.model import (
    FREE,
    AgentId,
    AgentKind,
    AgentStatus,
    CreatorId,
    Price,
    VersionId,
)
from chenu.agents.rows import AgentRow
from chenu.agents.tables import Agent, AgentVersion
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import AlreadyExists, Invalid
from chenu.core.i18n import Locale, mark
from chenu.core.ids import new_id
from chenu.core.rows import insert, update
from chenu.core.text import compose, tidy
from chenu.tiers.catalogue import AgentLevel

FIRST_VERSION = "1.0.0"


class NewAgent(msgspec.Struct, frozen=True):
    """A checked request to create an agent; a CUSTOM one has an `account_id` and no creator."""

    kind: AgentKind
    status: AgentStatus
    creator_id: CreatorId | None
    account_id: AccountId
    fields: ListingFields
    level: AgentLevel
    price: Price
    manifest: dict[str, Any]


async def insert_agent(request: NewAgent) -> AgentId:
    """Inserts the agent with its first version, in the caller's transaction."""
    agent_id, version_id = AgentId(new_id()), VersionId(new_id())
    await _insert_under_free_slug(
        {"id": agent_id, "current_version": version_id, **_new_columns(request)}
    )
    await insert_version(agent_id, version_id, FIRST_VERSION, "", request.manifest, request.status)
    return agent_id


async def insert_begun(
    creator_id: CreatorId, account_id: AccountId, name: str, level: AgentLevel, language: Locale
) -> AgentId:
    """A free draft with a name and no version, in the caller's transaction."""
    request = NewAgent(
        kind=AgentKind.MARKETPLACE,
        status=AgentStatus.DRAFT,
        creator_id=creator_id,
        account_id=account_id,
        fields=ListingFields(name=name, language=language),
        level=level,
        price=FREE,
        manifest={"permissions": []},
    )
    agent_id = AgentId(new_id())
    await _insert_under_free_slug({"id": agent_id, **_new_columns(request)})
    return agent_id


def _new_columns(request: NewAgent) -> dict[str, Any]:
    fields, now = request.fields, business_now()
    description = compose(fields.description or "")
    return {
        "kind": request.kind,
        "status": request.status,
        "creator": request.creator_id,
        "account": request.account_id,
        "name": tidy(fields.name or ""),
        "tagline": tidy(fields.tagline or ""),
        "description": description,
        "description_html": render_markdown(description),
        "language": fields.language,
        "capabilities": normalise_capabilities(fields.capabilities or ()),
        "permissions": request.manifest["permissions"],
        "level": request.level,
        "sphere": fields.sphere,
        "price_type": request.price.type,
        "price": request.price.amount,
        "seconds_saved": whole_seconds(fields.minutes or DEFAULT_MINUTES),
        "published_at": now if request.status is AgentStatus.PUBLISHED else None,
        "created_at": now,
        "updated_at": now,
    }


async def _insert_under_free_slug(agent: dict[str, Any]) -> None:
    """Names are not unique: if a slug is taken, a longer random one is tried."""
    for chance in count(2):
        slug = make_slug(agent["name"], chance)
        if await insert(Agent, {**agent, "slug": slug}, "ON CONFLICT (slug) DO NOTHING"):
            return


async def insert_version(
    agent_id: AgentId,
    version_id: VersionId,
    number: str,
    changelog: str,
    manifest: dict[str, Any],
    status: AgentStatus,
) -> None:
    """Raises AlreadyExists for a version number that the agent has had."""
    version = {
        "id": version_id,
        "agent": agent_id,
        "number": number,
        "status": status,
        "changelog": tidy(changelog),
        "manifest": msgspec.json.encode(manifest).decode(),
        "created_at": business_now(),
    }
    if not await insert(AgentVersion, version, "ON CONFLICT DO NOTHING"):
        raise AlreadyExists("This version number is taken", path=("number",))


class _Number(msgspec.Struct, frozen=True):
    number: str


async def require_higher_number(agent_id: AgentId, number: str) -> None:
    """Version numbers may only grow; raises Invalid."""
    wanted = parse_version(number)
    sql = "SELECT number FROM agent_version WHERE agent = $1 AND status <> 'REJECTED'"
    live = await db.fetch_all(_Number, sql, agent_id)
    highest = max((parse_version(given.number) for given in live), default=(0, 0, 0))
    if wanted <= highest:
        message = mark("The version number must be higher than {highest}")
        raise Invalid(message, path=("number",), highest=".".join(map(str, highest)))


def to_columns(fields: ListingFields) -> dict[str, Any]:
    """The given fields as columns of the agent table."""
    given = {key: value for key, value in asdict(fields).items() if value is not None}
    if "minutes" in given:
        given["seconds_saved"] = whole_seconds(given.pop("minutes"))
    if "capabilities" in given:
        given["capabilities"] = normalise_capabilities(given["capabilities"])
    for key in ("name", "tagline"):
        if key in given:
            given[key] = tidy(given[key])
    if "description" in given:
        given["description"] = compose(given["description"])
        given["description_html"] = render_markdown(given["description"])
    return given


async def write_columns(agent_id: AgentId, columns: dict[str, Any]) -> None:
    """Writes the agent itself: of a draft at once, of a published one when its change is
    approved.
    """
    values = {name: _encode(value) for name, value in columns.items()}
    await update(Agent, agent_id, {**values, "updated_at": business_now()})


def _encode(value: Any) -> Any:
    """What a JSON column takes."""
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else value


async def put_change(
    agent: AgentRow, columns: dict[str, Any], version_id: VersionId | None
) -> None:
    """Merges into the one pending change, which is then queued for review (again)."""
    sql = """
        INSERT INTO agent_change (id, agent, fields, version, status, submitted_at, updated_at)
        VALUES ($1, $2, $3, $4, 'PENDING_REVIEW', $5, $5)
        ON CONFLICT (agent) DO UPDATE SET fields = agent_change.fields || excluded.fields,
            version = coalesce(excluded.version, agent_change.version),
            status = 'PENDING_REVIEW', rejection_reason = NULL, submitted_at = $5, updated_at = $5
    """
    encoded = msgspec.json.encode(columns).decode()
    await db.execute(sql, new_id(), agent.id, encoded, version_id, business_now())
