"""What staff reads and is not public is in the audit trail, once for each answer."""

from dataclasses import dataclass

import httpx
import pytest

from chenu.accounts.actor import ApiScope, Staff
from chenu.core import db
from chenu.flows.creators.edit_agent import create_agent
from chenu.flows.creators.review_agent import submit_agent
from chenu.flows.services import Services
from tests.api.calls import Api, as_session, gid
from tests.attacks.cast import Cast, gather_cast
from tests.people import Person, agent_input, get_agent, make_creator, make_person


@dataclass(frozen=True)
class Logged:
    actor: object
    what: str
    subject: str
    ip: str


async def logged() -> list[tuple[object, str, str]]:
    sql = """
        SELECT actor, detail->>'what' AS what, subject, ip FROM audit_event
        WHERE action = 'staff.read' ORDER BY what, subject
    """
    rows = await db.fetch_all(Logged, sql)
    assert all(row.ip for row in rows)
    return [(row.actor, row.what, row.subject) for row in rows]


async def waiting_agent(services: Services) -> tuple[Person, object]:
    creator, _ = await make_creator(services)
    agent_id = await create_agent(creator.actor, agent_input())
    await submit_agent(creator.actor, agent_id)
    return creator, agent_id


READS = [
    ("{ agent(id: $id) { name } }", ["agent"]),
    ("{ node(id: $id) { id } again: node(id: $id) { id } }", ["agent"]),
    ("{ agent(id: $id) { rejectionReason submittedAt } }", ["agent", "review"]),
    ("{ agent(id: $id) { version { manifest } } }", ["agent", "manifest"]),
    ("{ agent(id: $id) { versions { number } } }", ["agent", "versions"]),
]


@pytest.mark.parametrize(("query", "what"), READS, ids=[" ".join(what) for _, what in READS])
async def test_a_reviewers_reading_is_logged(
    client: httpx.AsyncClient, services: Services, query: str, what: list[str]
) -> None:
    _, agent_id = await waiting_agent(services)
    reviewer = await make_person("reviewer", staff=(Staff.REVIEWER,))

    await as_session(client, services, reviewer).send(
        f"query($id: ID!) {query}", {"id": gid("Agent", agent_id)}
    )

    found = await logged()
    assert [read[1] for read in found] == what
    assert {read[0] for read in found} == {reviewer.user_id}
    assert all(read[2] == str(agent_id) for read in found if read[1] != "manifest")


async def test_the_queue_and_earnings_are_logged(
    client: httpx.AsyncClient, services: Services
) -> None:
    creator, _ = await waiting_agent(services)
    admin = as_session(client, services, await make_person("admin", staff=(Staff.ADMIN,)))

    await admin.run("ReviewQueue")
    await admin.send('{ creator(handle: "atelier-nord") { earnings { sales } } }')

    assert {"queue", "earnings"} <= {what for _, what, _ in await logged()}
    assert creator.user_id not in {actor for actor, _, _ in await logged()}


async def test_nothing_is_logged_of_what_everybody_or_the_maker_may_read(
    client: httpx.AsyncClient, services: Services
) -> None:
    creator, agent_id = await waiting_agent(services)
    wanted = {"id": gid("Agent", agent_id)}
    query = "query($id: ID!) { agent(id: $id) { name rejectionReason version { manifest } } }"

    own = await as_session(client, services, creator).send(query, wanted)
    other = await as_session(client, services, await make_person("other")).send(query, wanted)

    assert own.data["agent"]["name"] == "Trieur de factures"
    assert other.data == {"agent": None}
    assert await logged() == []


async def test_a_reading_that_fails_is_not_logged(
    client: httpx.AsyncClient, services: Services
) -> None:
    _, agent_id = await waiting_agent(services)
    reviewer = await make_person("reviewer", staff=(Staff.REVIEWER,))
    api = as_session(client, services, reviewer)

    await api.send("query($id: ID!) { agent(id: $id) { nothing } }", {"id": gid("Agent", agent_id)})
    await api.send("{ staff { moderationQueue { totalCount } } }")

    assert await logged() == []


@pytest.fixture
async def cast(client: httpx.AsyncClient, services: Services) -> Cast:
    return await gather_cast(services, client)


PAGES = ["/agents/{slug}", "/icons/{id}.svg", "/agents/{slug}/manifest", "/creator/agents/{id}"]


@pytest.mark.parametrize("path", PAGES)
async def test_keys_have_no_rights_on_pages(
    client: httpx.AsyncClient, cast: Cast, path: str
) -> None:
    """Of each scope, of the maker and of others, and a service key: as nobody in particular."""
    agent = await get_agent(await create_agent(cast.creator.actor, agent_input()))
    ip = path.format(slug=agent.slug, id=agent.id)
    nobody = await client.get(ip)
    keys = [caller for caller in cast.callers if caller.scopes is not None]

    answers = {
        caller.name: (await client.get(ip, headers=caller.api.headers)).status_code
        for caller in keys
    }

    assert len(keys) > 2 * len(ApiScope)
    assert nobody.status_code in (303, 404)
    assert answers == dict.fromkeys(answers, nobody.status_code)


async def test_the_two_faces_agree_who_sees_a_private_agent(
    client: httpx.AsyncClient, cast: Cast
) -> None:
    agent = await get_agent(await create_agent(cast.creator.actor, agent_input()))

    async def graphql(api: Api) -> bool:
        query = "query($slug: String) { agent(slug: $slug) { id } }"
        reply = await api.send(query, {"slug": agent.slug})
        return bool((reply.body["data"] or {}).get("agent"))

    seen = {
        caller.name: (
            await graphql(caller.api),
            (await client.get(f"/agents/{agent.slug}", headers=caller.api.headers)).is_success,
        )
        for caller in cast.people
    }

    assert seen == {name: (ours, ours) for name, (ours, _) in seen.items()}
    assert {name for name, (ours, _) in seen.items() if ours} == {"creator", "reviewer", "admin"}
