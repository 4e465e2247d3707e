"""A2 and A3: ids of other tenants in every place, and private words that must not leak."""

from typing import Any

import httpx
import msgspec
import pytest

from chenu.accounts.actor import ApiScope, Staff
from chenu.agents.listing import ListingFields
from chenu.app import create_app
from chenu.flows.creators.edit_agent import create_version, update_agent
from chenu.flows.services import Services
from chenu_graphql.nodes import list_node_types
from storefront.access import Access
from tests.api.calls import gid
from tests.attacks.cast import Caller, Cast, gather_cast
from tests.attacks.oracle import is_given
from tests.attacks.pages import ROUTES
from tests.attacks.world import TYPES, World, build_world
from tests.conftest import with_settings
from tests.people import MANIFEST
from tests.rows import fingerprint, put

NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


def batched(ids: list[str], size: int) -> list[list[str]]:
    """As many lists as the limit of one takes."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]


async def _found(caller: Caller, ids: list[str]) -> set[str]:
    """A key without READ is refused; either way it finds nothing."""
    found: set[str] = set()
    for part in batched(ids, 100):
        body = (await caller.api.send(NODES, {"ids": part})).body
        found |= {node["id"] for node in (body["data"] or {}).get("nodes") or [] if node}
    return found


async def test_every_row_in_the_dress_of_every_type_is_found_by_its_own_people_only(
    client: httpx.AsyncClient, services: Services
) -> None:
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    dressed = sorted({gid(kind, row) for kind in list_node_types() for row in world.rows.values()})
    before = await fingerprint()
    surprises = {}

    for caller in cast.callers:
        expected = {world.node_id(thing) for thing in TYPES if is_given(caller, thing)}
        if caller.scopes is not None and ApiScope.READ not in caller.scopes:
            asked = sorted(world.node_id(thing) for thing in _OPEN)
            assert await _found(caller, dressed) <= set(asked)
        else:
            asked = dressed
        found = await _found(caller, asked)
        if found != expected:
            surprises[caller.name] = found ^ expected

    assert len(dressed) >= 100
    assert surprises == {}
    assert await fingerprint() == before


_OPEN = (
    *("agent on sale", "published version", "newer version", "creator", "draft", "draft version"),
    "review",
)
"""What a key may read without READ; anything else refuses the whole list."""

WORDS = {
    "reason": "quillon",
    "change": "farthing",
    "change's text": "gantline",
    "change's manifest": "bobstay",
    "manifest": "halyard",
    "draft": "mizzen",
}
"""Rare words, each in one private place."""

EVERYTHING = """query($slug: String!, $handle: String!, $agent: ID!) {
    agent(slug: $slug) { ...All }
    creator(handle: $handle) {
        displayName bio earnings { sales } sales(first: 5) { edges { node { buyerHint } } }
        agents(first: 10) { edges { node { name tagline description } } }
    }
    node(id: $agent) { ... on Agent { versions { changelog } } }
    drafts: agents(first: 5, search: "mizzen") { edges { node { name } } }
    changes: agents(first: 5, search: "farthing") { edges { node { name } } }
}
fragment All on Agent {
    name tagline description rejectionReason
    pendingChange { fields version { changelog manifest } }
    version { changelog manifest }
    versions { changelog manifest }
}"""


async def _hide_words(cast: Cast, world: World) -> None:
    """In a pending change, in a manifest, in a draft and in a reviewer's reason."""
    maker, agent = cast.creator.actor, world.agent
    manifest = {**MANIFEST, "systemPrompt": WORDS["change's manifest"]}
    await update_agent(maker, agent.id, ListingFields(name=WORDS["change"]), None)
    await create_version(maker, agent.id, "1.1.0", WORDS["change's text"], manifest)
    sold = msgspec.json.encode({**MANIFEST, "systemPrompt": WORDS["manifest"]}).decode()
    await put("agent_version", "manifest", sold, "id = $2", world.rows["published version"])
    await put("agent", "rejection_reason", WORDS["reason"], "id = $2", agent.id)
    await put("agent", "name", WORDS["draft"], "id = $2", world.rows["draft"])


def _words_for(caller: Caller) -> set[str]:
    """The words that each may read of the agent on sale and of its creator."""
    is_maker = caller.owns == "creator" and caller.may(ApiScope.READ, ApiScope.AGENTS)
    is_holder = caller.owns == "buyer" and caller.may(ApiScope.READ)
    is_reviewer = caller.has_staff(Staff.REVIEWER)
    seen = set()
    if is_maker or caller.staff:
        seen |= {"reason", "change", "change's text"}
    if is_maker or is_reviewer:
        seen |= {"change's manifest", "draft"}
    if is_maker or is_reviewer or is_holder:
        seen.add("manifest")
    return seen


def _words_in(text: str) -> set[str]:
    return {name for name, word in WORDS.items() if word in text}


@pytest.mark.parametrize("cache_seconds", [0, 1])
async def test_private_words_of_public_objects_reach_their_own_people_only(
    services: Services, cache_seconds: int
) -> None:
    """The same body from every caller, also where answers to anonymous callers are cached."""
    app: Any = create_app(with_settings(services, cache_seconds=cache_seconds))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    base_url = services.settings.public_url
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        cast = await gather_cast(services, client)
        world = await build_world(services, cast)
        await _hide_words(cast, world)
        wanted = {
            "slug": world.agent.slug,
            "handle": world.handle,
            "agent": world.node_id("agent on sale"),
        }
        found = {
            caller.name: _words_in((await caller.api.send(EVERYTHING, wanted)).http.text)
            for caller in [*cast.callers, cast.named("anonymous")]
        }

    assert found == {caller.name: _words_for(caller) for caller in cast.callers}


async def test_public_pages_hold_no_private_word_whoever_looks(
    client: httpx.AsyncClient, services: Services
) -> None:
    """Holders and creators have separate pages for it."""
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    await _hide_words(cast, world)
    routes = [route for route in ROUTES if route.method == "GET" and route.access is Access.PUBLIC]
    urls = [route.url(world) for route in routes]
    urls += [f"/agents?q={word}" for word in WORDS.values()]
    leaks = {}

    for caller in (cast.named(name) for name in ("anonymous", "other buyer", "support", "creator")):
        for url in urls:
            page = await client.get(url, headers=caller.api.headers)
            typed = {name for name, word in WORDS.items() if word in url}
            if leaked := _words_in(page.text) - typed:
                leaks[f"{caller.name}: {url}"] = leaked

    assert len(urls) >= 25
    assert leaks == {}


async def test_a_stored_page_is_never_somebodys_own(services: Services) -> None:
    """With a session, with a key or anonymous, in any order: each gets the right page."""
    app: Any = create_app(with_settings(services, cache_seconds=1))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    base_url = services.settings.public_url
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        cast = await gather_cast(services, client)
        pages = {
            name: [
                (await client.get("/agents", headers=caller.api.headers)).text
                for caller in (cast.named(first), cast.named(name), cast.named("anonymous"))
            ]
            for first, name in (("buyer", "anonymous"), ("anonymous", "buyer"))
        }
        bad = await client.get("/agents", headers={"authorization": "Bearer chenu_live_x"})

    own = [['href="/account"' in page for page in seen] for seen in pages.values()]
    assert own == [[True, False, False], [False, True, False]]
    assert bad.status_code == 401
