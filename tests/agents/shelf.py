"""A store with many agents, inserted without a review for each."""

from dataclasses import dataclass
from typing import Any

import msgspec

from chenu.accounts.actor import AccountId
from chenu.agents.creators import insert_creator
from chenu.agents.drafts import NewAgent, insert_agent
from chenu.agents.listing import ListingFields
from chenu.agents.model import FREE, AgentId, AgentKind, AgentStatus, CreatorId, Price, PriceType
from chenu.core.money import Cents
from chenu.tiers.catalogue import AgentLevel
from tests.people import MANIFEST, Person, make_person
from tests.rows import put


@dataclass(frozen=True)
class Shop:
    """The creator of all agents of a test."""

    owner: Person
    account_id: AccountId
    creator_id: CreatorId


async def open_shop(name: str = "boutique") -> Shop:
    owner = await make_person(name)
    account_id = owner.actor.account_id
    assert account_id is not None
    creator_id = await insert_creator(owner.user_id, account_id, f"{name}-nord", name, "")
    return Shop(owner, account_id, creator_id)


async def shelve(
    shop: Shop,
    name: str,
    *,
    tagline: str = "Rien de plus.",
    description: str = "Rien de plus à dire.",
    capabilities: tuple[str, ...] = (),
    level: AgentLevel = AgentLevel.L1,
    sphere: str = "BUSINESS",
    price: int = 0,
    kind: AgentKind = AgentKind.MARKETPLACE,
    status: AgentStatus = AgentStatus.PUBLISHED,
    translation: dict[str, str] | None = None,
    **columns: Any,
) -> AgentId:
    """Inserts an agent on sale; `translation` is its English text, `columns` are set unchecked."""
    agent_id = await insert_agent(
        NewAgent(
            kind=kind,
            status=status,
            creator_id=shop.creator_id,
            account_id=shop.account_id,
            fields=ListingFields(name, tagline, description, capabilities, "fr", sphere, 15.0),
            level=level,
            price=Price(PriceType.ONE_TIME, Cents(price)) if price else FREE,
            manifest=MANIFEST,
        )
    )
    if translation is not None:
        text = {"name": "", "tagline": "", "description": "", "description_html": ""} | translation
        encoded = msgspec.json.encode({"en": text}).decode()
        await put("agent", "translations", encoded, "id = $2", agent_id)
    for column, value in columns.items():
        await put("agent", column, value, "id = $2", agent_id)
    return agent_id
