"""A brand is changed: its words, its agents, its pictures."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from msgspec import UNSET

from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.attempts import Limit, count_attempt
from chenu.agents.model import AgentId, AgentKind
from chenu.agents.queries import list_agents_by_id
from chenu.branding.brands import find_brand, require_brand_owner, update_brand
from chenu.branding.model import BrandInput
from chenu.branding.pictures import (
    delete_removed,
    insert_picture,
    list_removed,
    mark_removed,
    mark_unshown,
    show_picture,
)
from chenu.core.errors import InvalidState, NotFound, Unavailable
from chenu.flows.services import Services
from chenu.media.pictures import PictureUse
from chenu.media.removal import remove_from_store

PER_ACCOUNT = Limit("brand_picture", 30, timedelta(hours=1))
"""Of uploads, refused ones too: reading a picture takes a processor for seconds at worst."""


async def set_brand(actor: Actor, data: BrandInput) -> AccountId:
    """The account acted for is returned.

    Raises Unauthenticated, Forbidden, PlanRequired, NotFound (an agent), Invalid, Rejected.
    """
    require_brand_owner(actor)
    if data.agents is not UNSET:
        await _require_published(data.agents)
    return await update_brand(actor, data)


async def _require_published(agent_ids: Sequence[UUID]) -> None:
    """An agent that is on sale no more may stay on the list: it is not shown anyway."""
    found = await list_agents_by_id([AgentId(each) for each in agent_ids])
    known = {
        agent.id
        for agent in found
        if agent.kind is not AgentKind.CUSTOM and agent.published_at is not None
    }
    if not known.issuperset(agent_ids):
        raise NotFound("There is no such agent", path=("agents",))


async def set_picture(
    services: Services,
    actor: Actor,
    use: PictureUse,
    raw: bytes,
    *,
    path: Iterable[str] = ("picture",),
) -> AccountId:
    """The logo or the icon. Outside a transaction.

    Raises Unauthenticated, Forbidden, PlanRequired, InvalidState (no brand yet), PictureRefused
    with `path`, RateLimited, Busy, or Unavailable: then nothing is stored.
    """
    account_id = require_brand_owner(actor)
    if await find_brand(account_id) is None:
        raise InvalidState("Please give the brand a name first")
    await count_attempt(PER_ACCOUNT, str(account_id))
    renditions = await services.reencoder.reencode(raw, use, path=path)
    picture = await insert_picture(account_id, use, renditions)
    try:
        await services.media.put(picture.hash, renditions)
        await show_picture(actor, account_id, use, picture.hash)
    except (Unavailable, InvalidState):
        await mark_removed(picture.hash)
        raise
    return account_id


async def remove_picture(actor: Actor, use: PictureUse) -> AccountId:
    """Raises Unauthenticated, Forbidden, PlanRequired, InvalidState (no brand)."""
    account_id = require_brand_owner(actor)
    await show_picture(actor, account_id, use, None)
    return account_id


async def remove_brand_pictures(services: Services) -> None:
    """Deletes what no brand shows."""
    await mark_unshown()
    await remove_from_store(services.media, list_removed, delete_removed)
