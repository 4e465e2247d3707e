"""An account stays on the version that it has until it accepts a newer one."""

import asyncio

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountId, AccountRole
from chenu.agents.access import choose_version, give_access, list_usable_grants
from chenu.agents.model import AgentId, GrantId, GrantSource, VersionId
from chenu.agents.permission_changes import Widened
from chenu.agents.updates import accept_update, get_update, list_offered
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import Forbidden, InvalidState, NotFound
from chenu.flows.services import Services
from tests.agents.newer import publish_newer
from tests.agents.shelf import open_shop, shelve
from tests.people import Person, get_agent, make_person
from tests.rows import count, fingerprint, put


class Held:
    """A reader with a free agent in its first version."""

    def __init__(self, reader: Person, agent_id: AgentId, grant_id: GrantId) -> None:
        self.reader, self.agent_id, self.grant_id = reader, agent_id, grant_id
        account_id = reader.actor.account_id
        assert account_id is not None
        self.account_id: AccountId = account_id

    async def used(self) -> VersionId | None:
        [grant] = await list_usable_grants(self.account_id, [self.agent_id])
        return choose_version(await get_agent(self.agent_id), grant)

    async def accept(self, version_id: VersionId) -> None:
        await accept_update(self.reader.actor, self.grant_id, version_id)


@pytest.fixture
async def held(services: Services) -> Held:
    reader, shop = await make_person("reader"), await open_shop()
    agent_id = await shelve(shop, "Lecteur")
    account_id = reader.actor.account_id
    assert account_id is not None
    await give_access(account_id, agent_id, GrantSource.GIFT, None)
    [grant] = await list_usable_grants(account_id, [agent_id])
    return Held(reader, agent_id, grant.id)


async def test_a_newer_version_changes_nothing_until_it_is_accepted(held: Held) -> None:
    first = (await get_agent(held.agent_id)).current_version

    newer = await publish_newer(held.agent_id)
    assert await held.used() == first

    await held.accept(newer)
    assert await held.used() == newer


async def test_acceptance_says_who_when_and_from_which_version_to_which(held: Held) -> None:
    first = (await get_agent(held.agent_id)).current_version
    newer = await publish_newer(held.agent_id)

    await held.accept(newer)
    await held.accept(newer)

    wanted = "app_user = $1 AND access_grant = $2 AND replaced = $3 AND version = $4"
    stored = (held.reader.user_id, held.grant_id, first, newer)
    assert await count("version_acceptance", wanted, *stored) == 1
    assert await count("version_acceptance", "accepted_at <= $1", business_now()) == 1


async def test_whoever_comes_later_has_the_newest_version(held: Held) -> None:
    newer = await publish_newer(held.agent_id)
    late = await make_person("late")
    account_id = late.actor.account_id
    assert account_id is not None

    await give_access(account_id, held.agent_id, GrantSource.GIFT, None)

    [grant] = await list_usable_grants(account_id, [held.agent_id])
    assert grant.version_id == newer


async def test_the_update_shows_all_that_came_since_and_what_may_be_touched(held: Held) -> None:
    await publish_newer(held.agent_id, "1.1.0", permissions=("files:read", "mail:read"))
    await publish_newer(held.agent_id, "1.2.0", permissions=("files:write",))

    update = await get_update(held.reader.actor, held.grant_id)

    assert (update.used.number, update.newest.number) == ("1.0.0", "1.2.0")
    assert [head.number for head in update.since] == ["1.2.0", "1.1.0"]
    assert update.permissions.widened == (Widened(("files:read",), "files:write"),)
    assert update.permissions.added == ()


async def test_a_version_that_is_not_the_newest_any_more_is_not_accepted(held: Held) -> None:
    first = (await get_agent(held.agent_id)).current_version
    read = await publish_newer(held.agent_id, "1.1.0")
    await publish_newer(held.agent_id, "1.2.0")
    before = await fingerprint()

    with pytest.raises(InvalidState):
        await held.accept(read)

    assert await held.used() == first
    assert await fingerprint() == before


async def test_another_agents_version_is_not_accepted(held: Held) -> None:
    await publish_newer(held.agent_id)
    other = await get_agent(await shelve(await open_shop("autre"), "Trieur"))
    assert other.current_version is not None

    with pytest.raises(InvalidState):
        await held.accept(other.current_version)


async def test_nobody_sees_or_accepts_what_is_another_ones(held: Held) -> None:
    newer = await publish_newer(held.agent_id)
    stranger = await make_person("stranger")

    with pytest.raises(NotFound):
        await get_update(stranger.actor, held.grant_id)
    with pytest.raises(NotFound):
        await accept_update(stranger.actor, held.grant_id, newer)

    assert await held.used() != newer


async def test_whoever_may_not_buy_for_the_account_does_not_accept(held: Held) -> None:
    newer = await publish_newer(held.agent_id)
    reader = replace(held.reader.actor, account_role=AccountRole.MEMBER, has_seat=False)

    with pytest.raises(Forbidden):
        await accept_update(reader, held.grant_id, newer)


async def test_access_that_has_ended_is_offered_no_version(held: Held) -> None:
    await publish_newer(held.agent_id)
    await put("access_grant", "ends_at", business_now())

    with pytest.raises(InvalidState):
        await get_update(held.reader.actor, held.grant_id)
    assert await list_usable_grants(held.account_id, [held.agent_id]) == []


async def test_the_library_is_offered_what_is_newer_in_one_statement(held: Held) -> None:
    agents = [await get_agent(held.agent_id)]
    grants = await list_usable_grants(held.account_id, [held.agent_id])
    assert await list_offered(grants, agents) == {}

    newer = await publish_newer(held.agent_id)
    offered = await list_offered(grants, [await get_agent(held.agent_id)])

    assert offered[held.grant_id].id == newer


async def test_two_who_accept_at_once_leave_one_record(held: Held) -> None:
    newer = await publish_newer(held.agent_id)

    await asyncio.gather(held.accept(newer), held.accept(newer))

    assert await count("version_acceptance") == 1
    assert await db.fetch_value("SELECT version FROM access_grant") == newer
