"""The catalogue's agents as rows, published on the days given in the catalogue.

`today` is the day from which those count: the end of the history.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import asdict

from chenu.agents.listing import whole_seconds
from chenu.agents.manifest import check_manifest
from chenu.agents.markdown import render_markdown
from chenu.agents.model import AgentKind, AgentStatus, PriceType
from chenu.agents.queries import find_creator_by_handle
from chenu.agents.rows import AgentText, CreatorRow
from chenu.agents.shop_tables import FeaturedAgent
from chenu.agents.tables import Agent, AgentVersion
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.demo.catalogue import Creator, MarketplaceAgent, PlatformAgent, Translation

_PLATFORM_MODEL = "chenu-medium"
_PLATFORM_AGE = timedelta(days=420)
_FEATURED = 3


async def insert_platform_agents(agents: Iterable[PlatformAgent], today: datetime) -> None:
    """Ranked from the lowest level up, because a tier includes the first N agents."""
    rows: list[Agent] = []
    versions: list[AgentVersion] = []
    for rank, agent in enumerate(sorted(agents, key=lambda agent: agent.level), start=1):
        manifest = _manifest(
            agent.fr.name,
            _PLATFORM_MODEL,
            agent.manifest.system_prompt,
            agent.manifest.tools,
            agent.permissions,
            agent.min_tokens,
            {},
        )
        row, version = _make_platform(agent, rank, manifest, today)
        rows.append(row)
        versions.append(version)
    await _insert(rows, versions)


def _make_platform(
    agent: PlatformAgent, rank: int, manifest: dict[str, Any], today: datetime
) -> tuple[Agent, AgentVersion]:
    published = today - _PLATFORM_AGE + timedelta(days=rank * 2)
    agent_id = new_id()
    version = _version(agent_id, "1.0.0", "", manifest, published)
    row = Agent(
        id=agent_id,
        slug=agent.slug,
        kind=AgentKind.PLATFORM.value,
        translations=msgspec.json.encode({"en": _text(agent.en)}).decode(),
        language="fr",
        sphere=agent.sphere,
        platform_rank=rank,
        current_version=version.id,
        published_at=published,
        **_words(agent.fr),
        **_common(agent, published),
    )
    return row, version


async def insert_marketplace_agents(creators: Iterable[Creator], today: datetime) -> None:
    rows: list[Agent] = []
    versions: list[AgentVersion] = []
    for creator in creators:
        owner = await find_creator_by_handle(creator.handle)
        if owner is None:
            raise RuntimeError(f"creator {creator.handle} was not seeded")
        for agent in creator.agents:
            row, own_versions = _make_marketplace(agent, owner, today)
            rows.append(row)
            versions += own_versions
    await _insert(rows, versions)
    await _feature(rows, today)


async def _feature(agents: Iterable[Agent], today: datetime) -> None:
    """The first agent of each of the first creators, as if staff had chosen them."""
    firsts = {agent.creator: agent for agent in reversed(list(agents))}
    for place, agent in enumerate(list(firsts.values())[-_FEATURED:], start=1):
        values = {"id": new_id(), "agent": agent.id, "place": place}
        await insert(FeaturedAgent, {**values, "starts_at": today, "created_at": today})


def _make_marketplace(
    agent: MarketplaceAgent, owner: CreatorRow, today: datetime
) -> tuple[Agent, list[AgentVersion]]:
    manifest = _manifest(
        agent.text.name,
        agent.manifest.model,
        agent.manifest.system_prompt,
        agent.manifest.tools,
        agent.permissions,
        agent.manifest.min_tokens,
        dict(agent.manifest.parameters),
    )
    agent_id = new_id()
    versions = [
        _version(
            agent_id, seed.number, seed.changelog, manifest, today - timedelta(days=seed.days_ago)
        )
        for seed in agent.versions
    ]
    row = Agent(
        id=agent_id,
        slug=agent.slug,
        kind=AgentKind.MARKETPLACE.value,
        creator=owner.id,
        account=owner.account_id,
        language=agent.language,
        sphere=agent.sphere,
        price_type=_price_type(agent).value,
        price=agent.price_cents,
        current_version=versions[-1].id,
        published_at=today - timedelta(days=agent.published_days_ago),
        **_words(agent.text),
        **_common(agent, versions[-1].created_at),
    )
    return row, versions


def _price_type(agent: MarketplaceAgent) -> PriceType:
    if not agent.price_cents:
        return PriceType.FREE
    return PriceType.SUBSCRIPTION if agent.monthly else PriceType.ONE_TIME


def _common(agent: PlatformAgent | MarketplaceAgent, updated_at: datetime) -> dict[str, Any]:
    return {
        "status": AgentStatus.PUBLISHED.value,
        "capabilities": list(agent.capabilities),
        "permissions": list(agent.permissions),
        "level": agent.level,
        "seconds_saved": whole_seconds(agent.minutes),
        "created_at": business_now(),
        "updated_at": updated_at,
    }


def _words(text: Translation) -> dict[str, Any]:
    return {**asdict(text), "description_html": render_markdown(text.description)}


def _text(text: Translation) -> AgentText:
    return AgentText(**_words(text))


def _manifest(
    name: str,
    model: str,
    prompt: str,
    tools: Iterable[str],
    permissions: Iterable[str],
    min_tokens: int,
    parameters: dict[str, Any],
) -> dict[str, Any]:
    return check_manifest(
        {
            "name": name,
            "model": model,
            "systemPrompt": prompt,
            "parameters": parameters,
            "tools": list(tools),
            "permissions": list(permissions),
            "minTokens": min_tokens,
        }
    )


def _version(
    agent_id: UUID, number: str, changelog: str, manifest: dict[str, Any], created: datetime
) -> AgentVersion:
    return AgentVersion(
        id=new_id(),
        agent=agent_id,
        number=number,
        status=AgentStatus.PUBLISHED.value,
        changelog=changelog,
        manifest=msgspec.json.encode(manifest).decode(),
        created_at=created,
    )


async def _insert(rows: list[Agent], versions: list[AgentVersion]) -> None:
    await Agent.insert(*rows)
    await AgentVersion.insert(*versions)
