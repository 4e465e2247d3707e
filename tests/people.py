"""People, creators and agents for tests, created by the product's own functions."""

import httpx
import msgspec

from chenu.accounts.actor import AccountRole, Actor, Staff, UserId
from chenu.accounts.documents import record_acceptance
from chenu.accounts.passwords import hash_password
from chenu.accounts.sessions import find_actor, open_session
from chenu.accounts.users import add_member, create_user
from chenu.agents.listing import ListingFields
from chenu.agents.model import AgentId, PriceType
from chenu.agents.queries import find_agent
from chenu.agents.rows import AgentRow, CreatorRow
from chenu.core import db
from chenu.core.ids import new_id
from chenu.flows.creators.edit_agent import AgentInput, PriceInput, create_agent
from chenu.flows.creators.onboard_creator import (
    CreatorInput,
    become_creator,
    make_onboarding_link,
    refresh_own_connect_state,
)
from chenu.flows.creators.review_agent import decide_review, submit_agent
from chenu.flows.services import Services
from chenu.tiers.catalogue import AgentLevel, TierCode
from tests.prepared import prepare

PASSWORD = "a good password of the tests"

MANIFEST = {
    "name": "Trieur de factures",
    "model": "chenu-medium",
    "systemPrompt": "Classe les factures.",
    "parameters": {"temperature": "0.2"},
    "tools": ["files.read"],
    "permissions": ["files:read"],
}


class Person(msgspec.Struct, frozen=True):
    """A signed-in person; `token` is the session cookie's value."""

    actor: Actor
    token: str
    email: str

    @property
    def user_id(self) -> UserId:
        return self.actor.require_user()


async def make_person(
    name: str, tier: TierCode = TierCode.STARTER, staff: tuple[Staff, ...] = ()
) -> Person:
    """A verified person whose personal account is on this tier, without tokens.

    Its budget is not due, so that a test has no tokens that it did not ask for.
    """
    email = f"{name}@example.org"
    user_id = await create_user(email, name.capitalize(), "fr", await _hash(), verified=True)
    await record_acceptance(user_id)
    await db.execute("UPDATE account SET tier = $2 WHERE owner = $1", user_id, tier)
    sql = """
        UPDATE token_budget SET due_at = NULL
        WHERE account IN (SELECT id FROM account WHERE owner = $1)
    """
    await db.execute(sql, user_id)
    for role in staff:
        sql = "INSERT INTO staff_role (id, member, role) VALUES ($1, $2, $3)"
        await db.execute(sql, new_id(), user_id, role)
    return await sign_in_again(user_id, email)


async def sign_in_again(user_id: UserId, email: str) -> Person:
    """The same person in a new session, with current data."""
    session = await open_session(user_id, "tests", "127.0.0.1")
    actor = await find_actor(session.token, "127.0.0.1")
    assert actor is not None
    return Person(actor, session.token, email)


_HASHES: list[str] = []


async def _hash() -> str:
    """One hash for all passwords, because hashing is slow on purpose."""
    if not _HASHES:
        _HASHES.append(await hash_password(PASSWORD))
    return _HASHES[0]


async def make_member(of: Person, name: str, role: AccountRole) -> Person:
    """A person who acts for another's account in this role."""
    person = await make_person(name)
    account_id = of.actor.account_id
    assert account_id is not None
    await add_member(account_id, person.user_id, role)
    actor = await find_actor(person.token, "127.0.0.1", account_id)
    assert actor is not None
    return Person(actor, person.token, person.email)


async def make_unpaid_creator(name: str = "plume") -> tuple[Person, CreatorRow]:
    """A creator without Connect onboarding, who may offer free agents only."""
    person = await make_person(name)
    request = CreatorInput(f"{name}-nord", f"{name} Nord", "Nous.", "fr")
    return person, await become_creator(person.actor, request)


async def make_creator(services: Services, name: str = "atelier") -> tuple[Person, CreatorRow]:
    """A person who has finished Connect onboarding in the sandbox."""
    return await prepare(services, ("creator", name), lambda: _build_creator(services, name))


async def _build_creator(services: Services, name: str) -> tuple[Person, CreatorRow]:
    person = await make_person(name)
    await become_creator(person.actor, CreatorInput(f"{name}-nord", f"{name} Nord", "Nous.", "fr"))
    link = await make_onboarding_link(services, person.actor)
    assert link is not None
    async with httpx.AsyncClient() as browser:
        await browser.post(link, data={"complete": "complete"})
    return person, await refresh_own_connect_state(services, person.actor)


async def make_published_agent(
    services: Services,
    creator: Person,
    *,
    price: int = 900,
    name: str = "Trieur de factures",
    is_monthly: bool = False,
) -> AgentRow:
    """Drafted, submitted and approved; `price` in cents, 0 for free."""
    data = agent_input(price=price, name=name, is_monthly=is_monthly)
    agent_id = await create_agent(creator.actor, data)
    await submit_agent(creator.actor, agent_id)
    reviewer = await make_person(f"reviewer{new_id().hex[-12:]}", staff=(Staff.REVIEWER,))
    await decide_review(reviewer.actor, agent_id, approve=True, reason=None)
    return await get_agent(agent_id)


def agent_input(
    *, price: int = 900, name: str = "Trieur de factures", is_monthly: bool = False
) -> AgentInput:
    fields = ListingFields(
        name=name,
        tagline="Classe et rapproche vos factures.",
        description="Il **classe** vos factures.",
        capabilities=["invoices", "planning"],
        language="fr",
        sphere="BUSINESS",
        minutes=14.0,
    )
    paid = PriceType.SUBSCRIPTION if is_monthly else PriceType.ONE_TIME
    kind = paid if price else PriceType.FREE
    return AgentInput(fields, AgentLevel.L1, PriceInput(kind, price or None), MANIFEST)


async def get_agent(agent_id: AgentId) -> AgentRow:
    agent = await find_agent(agent_id)
    assert agent is not None
    return agent


async def pay(url: str, card: str = "4242424242424242", **more: str) -> httpx.Response:
    """Pays on the sandbox's page, as a browser without JavaScript does."""
    form = {"card": card, "exp": "12/34", "cvc": "123", "name": "Test Buyer", **more}
    async with httpx.AsyncClient() as browser:
        return await browser.post(url, data=form)
