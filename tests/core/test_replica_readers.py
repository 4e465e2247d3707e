"""Who is shown what a replica has: never somebody who has written what it has not."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from chenu.accounts.actor import ApiScope
from chenu.agents.queries import find_creator_of
from chenu.agents.rows import CreatorRow
from chenu.core import db
from chenu.core.caches import TtlCache
from chenu.core.log_position import LogPosition
from chenu.core.replica import ReadResult, Replica
from chenu.core.staleness import ReadKind
from chenu.flows.privacy import export
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_key, as_session, counted_statements
from tests.flows.sales import Market, open_quiet_market
from tests.people import Person
from tests.privacy.lives import export_of
from tests.replica import LONG_SECONDS, RunningReplica, until_caught_up, until_older_than
from tests.rows import put
from tests.scim.directories import open_directory

CATALOGUE = """
    query($slug: String!, $handle: String!) {
        agents(first: 2) {
            totalCount
            facets { levels { value count } }
            edges { node { slug recentAccounts ratingHistogram version { number } } }
        }
        agent(slug: $slug) {
            name versions { number } reviews(first: 1) { edges { node { authorName } } }
        }
        creator(handle: $handle) { displayName agents(first: 1) { totalCount } }
        featuredAgents { slug }
        risingAgents { slug }
    }
"""
NAME = "query($handle: String!) { creator(handle: $handle) { displayName } }"
RENAME = """
    mutation($input: CreatorUpdateInput!) {
        creatorUpdate(input: $input) { creator { displayName } userErrors { message } }
    }
"""
ACCESS = """
    query($slug: String!) {
        agent(slug: $slug) { status viewerAccess { reason { message } } }
    }
"""


@dataclass
class World:
    services: Services
    client: httpx.AsyncClient
    replica: Replica
    market: Market

    @property
    def anybody(self) -> Api:
        return Api(self.client)

    def session(self, person: Person) -> Api:
        return as_session(self.client, self.services, person)

    async def find_maker(self) -> CreatorRow:
        found = await find_creator_of(self.market.creator.user_id)
        assert found is not None
        return found

    def counted(self) -> Counter[Any]:
        """By kind and who answered, since the last time."""
        counts = +self.replica.counts
        self.replica.counts.clear()
        return counts


@pytest.fixture
async def world(replica: Replica, services: Services, client: httpx.AsyncClient) -> World:
    """The replica has all of it, and may be as old as it likes."""
    market = await open_quiet_market(services)
    market = replace(
        market, creator=await upgrade(market.creator), buyer=await upgrade(market.buyer)
    )
    replica.bounds = dict.fromkeys(ReadKind, LONG_SECONDS)
    await until_caught_up(replica)
    return World(services, client, replica, market)


async def upgrade(person: Person) -> Person:
    """For keys of the API."""
    await put("account", "tier", TierCode.PRO, "id = $2", person.actor.account_id)
    return replace(person, actor=replace(person.actor, tier=TierCode.PRO))


async def test_every_statement_of_the_catalogue_is_the_replica_s(world: World) -> None:
    maker = await world.find_maker()
    names = {"slug": world.market.agent.slug, "handle": maker.handle}
    key = await as_key(world.client, world.services, world.market.buyer, ApiScope.READ)
    await until_caught_up(world.replica)

    for caller in (world.anybody, world.session(world.market.buyer), key):
        world.counted()
        async with counted_statements() as statements:
            found = (await caller.send(CATALOGUE, names)).data

        assert found["agents"]["edges"][0]["node"]["slug"] == world.market.agent.slug
        counts = world.counted()
        assert set(counts) == {(ReadKind.API, ReadResult.REPLICA)}, caller.headers
        assert counts.total() >= 8
        assert not [text for text in statements if "FROM agent " in text or "creator" in text]


async def test_a_write_is_seen_at_once_by_its_person_and_by_others_within_the_bound(
    world: World, running: RunningReplica
) -> None:
    creator, handle = world.market.creator, (await world.find_maker()).handle
    key = await as_key(world.client, world.services, creator, ApiScope.READ)
    own, other = world.session(creator), world.session(world.market.buyer)

    async def names() -> list[str]:
        answers = [await api.send(NAME, {"handle": handle}) for api in (own, key, other)]
        answers.append(await world.anybody.send(NAME, {"handle": handle}))
        return [answer.data["creator"]["displayName"] for answer in answers]

    before = await names()
    async with running.held():
        renamed = await own.send(RENAME, {"input": {"displayName": "Ada the second"}})
        world.counted()
        meanwhile = await names()
        counts = world.counted()
        world.replica.bounds = {**world.replica.bounds, ReadKind.API: 0.5}
        await until_older_than(world.replica, 0.5)
        late = await names()
    await until_caught_up(world.replica)
    world.counted()
    after = await names()

    old, new = before[0], "Ada the second"
    assert renamed.payload() == {"creator": {"displayName": new}, "userErrors": []}
    assert meanwhile == [new, new, old, old]
    assert counts == {
        (ReadKind.API, ReadResult.OWN_WRITE): 2,
        (ReadKind.API, ReadResult.REPLICA): 2,
    }
    assert late == after == [new] * 4
    assert set(world.counted()) == {(ReadKind.API, ReadResult.REPLICA)}


async def test_a_form_and_a_key_are_writes_and_a_query_is_none(
    world: World, running: RunningReplica
) -> None:
    creator, reader = world.market.creator, world.market.buyer
    key = await as_key(world.client, world.services, creator, ApiScope.READ, ApiScope.AGENTS)
    handle = (await world.find_maker()).handle

    async def who_reads(api: Api) -> list[ReadResult]:
        world.counted()
        await api.send(NAME, {"handle": handle})
        return [by for _, by in world.counted()]

    async with running.held():
        await put("creator", "bio", "moves the log", "handle = $2", handle)
        queried = [await who_reads(world.session(creator)) for _ in range(2)]
        await key.send(RENAME, {"input": {"displayName": "By a program"}})
        by_key = await who_reads(world.session(creator))
        await world.client.post("/account/mail", headers=world.session(reader).headers, data={})
        by_form = await who_reads(world.session(reader))

    assert queried == [[ReadResult.REPLICA], [ReadResult.REPLICA]]
    assert (by_key, by_form) == ([ReadResult.OWN_WRITE], [ReadResult.OWN_WRITE])


async def test_what_a_directory_writes_its_account_reads_at_once(
    world: World, running: RunningReplica
) -> None:
    directory = await open_directory(world.services, world.client)
    handle = (await world.find_maker()).handle
    await until_caught_up(world.replica)
    async with running.held():
        assert (await directory.add("ada")).status_code == 201
        world.counted()
        await world.session(directory.owner).send(NAME, {"handle": handle})

        assert world.counted() == {(ReadKind.API, ReadResult.OWN_WRITE): 1}


async def test_without_valkey_whoever_has_a_name_reads_the_primary(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = world.services.recent_writes

    def away(**_: object) -> None:
        raise ConnectionError

    # the store of the whole process, in which other tests have the same ids
    monkeypatch.setattr(writes, "_unsaved", TtlCache(LONG_SECONDS, 10))
    handle = {"handle": (await world.find_maker()).handle}
    own = world.session(world.market.creator)
    with monkeypatch.context() as patch:
        patch.setattr(writes._redis, "pipeline", away)
        world.counted()
        await world.session(world.market.buyer).send(NAME, handle)
        await world.anybody.send(NAME, handle)
        counts = world.counted()
        await own.send(RENAME, {"input": {"displayName": "Not noted in Valkey"}})
    world.counted()
    await own.send(NAME, handle)

    assert counts == {
        (ReadKind.API, ReadResult.OWN_WRITE): 1,
        (ReadKind.API, ReadResult.REPLICA): 1,
    }
    assert world.counted() == {(ReadKind.API, ReadResult.OWN_WRITE): 1}


async def test_the_later_of_two_writes_counts_whichever_is_remembered_last(world: World) -> None:
    writes, person = world.services.recent_writes, world.market.buyer.user_id
    position = await db.read_position()

    later = replace(position, bytes=position.bytes + 100)
    after_fail_over = LogPosition(position.timeline + 1, 7)

    await writes._save([person], later, 60)
    await writes._save([person], position, 60)
    found = await writes.find_position([person])
    await writes._save([person], after_fail_over, 60)
    await writes._save([person], later, 60)

    assert found == later
    assert await writes.find_position([person]) == after_fail_over


async def test_what_decides_about_rights_is_asked_of_the_primary(
    world: World, running: RunningReplica
) -> None:
    agent, reader = world.market.agent, world.session(world.market.buyer)
    before = (await reader.send(ACCESS, {"slug": agent.slug})).data["agent"]
    async with running.held():
        await put("agent", "status", "SUSPENDED", "id = $2", agent.id)
        meanwhile = (await reader.send(ACCESS, {"slug": agent.slug})).data["agent"]

    assert before["status"] == meanwhile["status"] == "PUBLISHED"
    assert "bibliothèque" in before["viewerAccess"]["reason"]["message"]
    assert "bibliothèque" not in meanwhile["viewerAccess"]["reason"]["message"]


async def test_pages_figures_and_files_have_bounds_of_their_own(
    world: World, running: RunningReplica
) -> None:
    cookie = world.session(world.market.creator).headers
    paths = ("/agents", "/creator/earnings", "/creator/earnings.csv", "/roi", "/roi/export.csv")
    async with running.held():
        await put("creator", "bio", "moves the log", "id = $2", (await world.find_maker()).id)
        await until_older_than(world.replica, 0.5)
        world.replica.bounds = {**world.replica.bounds, ReadKind.FIGURES: 0.4}
        world.counted()
        for path in paths:
            assert (await world.client.get(path, headers=cookie)).status_code == 200
        counts = world.counted()

    assert set(counts) == {
        (ReadKind.PAGES, ReadResult.REPLICA),
        (ReadKind.FIGURES, ReadResult.LAG),
        (ReadKind.EXPORTS, ReadResult.REPLICA),
    }


async def test_an_archive_is_read_from_the_replica_as_of_when_it_was_begun(world: World) -> None:
    person = world.market.buyer
    await put("app_user", "display_name", "Written just now", "id = $2", person.user_id)
    world.counted()

    files = await export_of(person)

    assert world.counted() == {(ReadKind.EXPORTS, ReadResult.REPLICA): 1}
    assert files["app_user.json"][0]["display_name"] == "Written just now"


async def test_a_replica_that_goes_in_the_midst_of_an_archive_is_done_without(
    world: World, running: RunningReplica, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = export.write_archive
    stopped: list[bool] = []

    async def write_and_stop(file: Any, whose: Any) -> None:
        if not stopped:
            running.stop()
            stopped.append(True)
        await write(file, whose)

    monkeypatch.setattr(export, "write_archive", write_and_stop)
    try:
        files = await export_of(world.market.buyer)
    finally:
        running.start()
    await until_caught_up(world.replica)

    assert files["app_user.json"][0]["id"] == str(world.market.buyer.user_id)
    assert world.counted()[ReadKind.EXPORTS, ReadResult.FAILED] == 1
