"""What the demo's history begins with: people, creators who can be paid, the catalogue's agents."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

import httpx

from chenu.accounts.actor import ANONYMOUS, Actor, Staff, UserId
from chenu.accounts.audit import record
from chenu.accounts.documents import record_acceptance
from chenu.accounts.passwords import hash_password
from chenu.accounts.sessions import find_actor, open_session, revoke_sessions
from chenu.accounts.users import create_user, find_user_by_email
from chenu.core import db
from chenu.core.ids import new_id
from chenu.demo.catalogue import Creator, load_platform_agents
from chenu.demo.people import DOMAIN, PASSWORD, DemoPerson
from chenu.demo.seed_agents import insert_marketplace_agents, insert_platform_agents
from chenu.flows.creators.onboard_creator import (
    CreatorInput,
    become_creator,
    make_onboarding_link,
    refresh_own_connect_state,
)
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode

SEEDED = "demo.seeded"
"""The action in the audit trail of a database that has its history."""


def sellers(creators: Iterable[Creator], known: Iterable[DemoPerson]) -> list[DemoPerson]:
    """The catalogue's creators who are not among these people."""
    roles = {person.role for person in known}
    return [
        DemoPerson(
            creator.email,
            creator.display_name,
            TierCode.STARTER,
            "sells agents",
            creator.bio_language,
        )
        for creator in creators
        if creator.email not in roles
    ]


async def insert_people(people: Iterable[DemoPerson]) -> None:
    """All with one password, and on FREE."""
    password_hash = await hash_password(PASSWORD)
    for person in people:
        async with db.transaction():
            await _insert_person(person, password_hash)


async def _insert_person(person: DemoPerson, password_hash: str) -> None:
    user_id = await create_user(
        person.email, person.display_name, person.locale, password_hash, verified=True
    )
    await record_acceptance(user_id)
    for role in person.staff:
        await _give_role(user_id, role)


async def _give_role(user_id: UserId, role: Staff) -> None:
    sql = "INSERT INTO staff_role (id, member, role) VALUES ($1, $2, $3)"
    await db.execute(sql, new_id(), user_id, role)


async def open_store(services: Services, creators: tuple[Creator, ...], today: datetime) -> None:
    """Creators can be paid, and the catalogue is on sale; `today` is the history's end."""
    await asyncio.gather(*(_onboard(services, creator) for creator in creators))
    async with db.transaction():
        await insert_platform_agents(load_platform_agents(), today)
        await insert_marketplace_agents(creators, today)
        await record(ANONYMOUS, SEEDED)


async def _onboard(services: Services, creator: Creator) -> None:
    """The steps that a creator takes: profile, Stripe's page and its button, and the return."""
    actor = await act_as(creator.email)
    profile = CreatorInput(creator.handle, creator.display_name, creator.bio, creator.country)
    await become_creator(actor, profile)
    link = await make_onboarding_link(services, actor)
    if link is not None:
        async with httpx.AsyncClient(timeout=20) as browser:
            await browser.post(link, data={"complete": "complete"})
        await refresh_own_connect_state(services, actor)


async def act_as(role: str) -> Actor:
    """The person as the product knows them now."""
    user = await find_user_by_email(f"{role}@{DOMAIN}")
    if user is None:
        raise RuntimeError(f"{role} was not seeded")
    session = await open_session(user.id, "demo history", "")
    actor = await find_actor(session.token, "")
    await revoke_sessions(user.id)
    if actor is None:
        raise RuntimeError(f"{role} cannot sign in")
    return actor
