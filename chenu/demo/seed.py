"""The demo's data: people, creators who can be paid, and the agents of the catalogue.

Written once, through the product's own flows where they exist; a second start changes nothing.
"""

import asyncio
from collections.abc import Callable, Iterable

import httpx

from chenu.accounts.actor import ANONYMOUS, Actor, Staff, UserId
from chenu.accounts.audit import record
from chenu.accounts.documents import record_acceptance
from chenu.accounts.passwords import hash_password
from chenu.accounts.sessions import find_actor, open_session, revoke_sessions
from chenu.accounts.users import create_user, find_user_by_email
from chenu.core import db
from chenu.core.ids import new_id
from chenu.demo.catalogue import Creator, load_creators, load_platform_agents
from chenu.demo.people import DOMAIN, PASSWORD, PEOPLE, DemoPerson
from chenu.demo.seed_agents import insert_marketplace_agents, insert_platform_agents
from chenu.demo.seed_gifts import give_gifts
from chenu.flows.creators.onboard_creator import (
    CreatorInput,
    become_creator,
    make_onboarding_link,
    refresh_own_connect_state,
)
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode

_DONE = "demo.seeded"


async def seed(services: Services, say: Callable[[str], object]) -> None:
    """Marked as done only when complete: the next start finishes an interrupted seed."""
    if await db.fetch_value("SELECT 1 FROM audit_event WHERE action = $1 LIMIT 1", _DONE):
        return
    say("people")
    await _insert_people()
    creators = load_creators()
    say(f"{len(creators)} creators finish Connect onboarding")
    await asyncio.gather(*(_onboard(services, creator) for creator in creators))
    say("agents")
    async with db.transaction():
        await insert_platform_agents(load_platform_agents())
        await insert_marketplace_agents(creators)
        await give_gifts()
        await record(ANONYMOUS, _DONE)


async def _insert_people() -> None:
    password_hash = await hash_password(PASSWORD)
    for person in [*PEOPLE, *_sellers(load_creators())]:
        async with db.transaction():
            if await find_user_by_email(person.email) is None:
                await _insert_person(person, password_hash)


def _sellers(creators: Iterable[Creator]) -> list[DemoPerson]:
    """The catalogue's creators who are not among the people that the demo prints."""
    known = {person.role for person in PEOPLE}
    return [
        DemoPerson(creator.email, creator.display_name, TierCode.STARTER, creator.bio_language)
        for creator in creators
        if creator.email not in known
    ]


async def _insert_person(person: DemoPerson, password_hash: str) -> None:
    user_id = await create_user(
        person.email, person.display_name, person.locale, password_hash, verified=True
    )
    await record_acceptance(user_id)
    await db.execute("UPDATE account SET tier = $2 WHERE owner = $1", user_id, person.tier)
    for role in person.staff:
        await _give_role(user_id, role)


async def _give_role(user_id: UserId, role: Staff) -> None:
    sql = "INSERT INTO staff_role (id, member, role) VALUES ($1, $2, $3)"
    await db.execute(sql, new_id(), user_id, role)


async def _onboard(services: Services, creator: Creator) -> None:
    """The steps that a creator takes: profile, Stripe's page and its button, and the return."""
    actor = await _act_as(f"{creator.email}@{DOMAIN}")
    profile = CreatorInput(creator.handle, creator.display_name, creator.bio, creator.country)
    await become_creator(actor, profile)
    link = await make_onboarding_link(services, actor)
    if link is not None:
        async with httpx.AsyncClient(timeout=20) as browser:
            await browser.post(link, data={"complete": "complete"})
        await refresh_own_connect_state(services, actor)


async def _act_as(email: str) -> Actor:
    user = await find_user_by_email(email)
    if user is None:
        raise RuntimeError(f"{email} was not seeded")
    session = await open_session(user.id, "demo seed", "")
    actor = await find_actor(session.token, "")
    await revoke_sessions(user.id)
    if actor is None:
        raise RuntimeError(f"{email} cannot sign in")
    return actor
