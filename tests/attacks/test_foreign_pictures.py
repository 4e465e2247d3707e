"""A20: pictures that wait for a reviewer, and uploads to agents of others."""

import httpx

from chenu.accounts.actor import Staff
from chenu.core import db
from chenu.flows.creators.edit_agent import create_agent
from chenu.flows.creators.edit_pictures import add_picture
from chenu.flows.services import Services
from chenu.media.pictures import PictureUse
from tests.attacks.cast import Cast, gather_cast
from tests.attacks.pages import csrf_of, session_headers
from tests.attacks.world import World, build_world
from tests.media.drawn import png
from tests.people import agent_input, get_agent
from tests.rows import fingerprint, put

EVERYTHING = """query($agent: ID!, $slug: String!) {
    agent(slug: $slug) { iconUrl descriptionHtml pendingChange { fields } }
    node(id: $agent) { ... on Agent { iconUrl pendingChange { fields } } }
}"""


def _pages(world: World) -> list[str]:
    agent = world.agent
    return [
        "/",
        "/agents",
        f"/agents/{agent.slug}",
        f"/agents/{agent.slug}/versions",
        f"/creators/{world.handle}",
        f"/creator/agents/{agent.id}",
        f"/creator/agents/{agent.id}/preview",
        f"/staff/agents/{agent.id}",
    ]


async def _who_sees(
    http: httpx.AsyncClient, services: Services, cast: Cast, world: World, name: str
) -> dict[str, set[str]]:
    seen: dict[str, set[str]] = {}
    wanted = {"agent": world.node_id("agent on sale"), "slug": world.agent.slug}
    for caller in [*cast.people, cast.named("anonymous")]:
        headers = session_headers(services, caller.person) if caller.person else {}
        texts = {url: (await http.get(url, headers=headers)).text for url in _pages(world)}
        texts["graphql"] = (await caller.api.send(EVERYTHING, wanted)).http.text
        if found := {place for place, text in texts.items() if name in text}:
            seen[caller.name] = found
    return seen


async def test_a_waiting_picture_is_shown_to_its_creator_and_to_reviewers_alone(
    client: httpx.AsyncClient, services: Services
) -> None:
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    agent, maker = world.agent, cast.creator.actor
    await put("agent", "media", "{}", "id = $2", agent.id)
    await add_picture(services, maker, agent.id, PictureUse.SCREENSHOT, png(), "New")
    name = await _newest(agent.id)

    seen = await _who_sees(client, services, cast, world, name)

    editor = f"/creator/agents/{agent.id}"
    reviewers = {caller.name for caller in cast.people if caller.has_staff(Staff.REVIEWER)}
    assert seen == {
        "creator": {editor, f"{editor}/preview"},
        **{reviewer: {f"/staff/agents/{agent.id}"} for reviewer in reviewers},
    }


async def _newest(agent_id: object) -> str:
    sql = "SELECT name FROM agent_picture WHERE agent = $1 ORDER BY id DESC LIMIT 1"
    return str(await db.fetch_value(sql, agent_id))


async def test_nobody_uploads_to_the_agent_of_another_or_takes_its_pictures(
    client: httpx.AsyncClient, services: Services
) -> None:
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    stranger = cast.named("other creator").person
    assert stranger is not None
    own = await get_agent(await create_agent(stranger.actor, agent_input(name="Sien")))
    headers = session_headers(services, stranger)
    fields = {"csrf_token": csrf_of(services, stranger), "alt": "Taken"}
    file = {"picture": ("a.png", png(), "image/png")}
    before = await fingerprint()

    draft = f"/creator/agents/{world.rows['draft']}"
    picture = f"/creator/agents/{own.id}/pictures/{world.rows['screenshot']}"
    answers = [
        await client.post(f"{draft}/{kind}", data=fields, files=file, headers=headers)
        for kind in ("icon", "screenshots")
    ]
    answers += [
        await client.post(f"{picture}/{act}", data=fields, headers=headers)
        for act in ("alt", "move", "remove")
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert await fingerprint() == before
