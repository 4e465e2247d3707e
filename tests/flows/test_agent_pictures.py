"""Pictures of agents: kept whole, and removed once nobody shows them."""

from pathlib import Path

import asyncpg
import pytest

from chenu.agents.model import AgentId
from chenu.agents.pictures import MOST_STORED, lock_pictures
from chenu.core import db
from chenu.core.errors import LimitReached, RateLimited, Unavailable
from chenu.flows.agent_pictures import PER_AGENT, keep_picture, remove_pictures
from chenu.flows.services import Services
from chenu.jobs.schedule import RECURRING, run_once
from chenu.media.pictures import PictureRefused, PictureUse
from tests.agents.shelf import open_shop, shelve
from tests.conftest import Engines
from tests.media.stored import is_stored, keep, let_days_pass, media_of, show
from tests.rows import count, fingerprint, put

SCREENSHOT, ICON = PictureUse.SCREENSHOT, PictureUse.ICON


@pytest.fixture
async def agent(services: Services) -> AgentId:
    return await shelve(await open_shop(), "Trieur")


async def test_a_picture_is_stored_in_three_sizes_under_a_name_of_its_own(
    services: Services, agent: AgentId
) -> None:
    first, second = [await keep(services, agent) for _ in range(2)]

    assert (first.width, first.height) == (640, 480)
    assert first.hash != second.hash  # though the file is the same
    assert await is_stored(services, first)
    assert await is_stored(services, second)


async def test_a_refused_picture_leaves_nothing(services: Services, agent: AgentId) -> None:
    before = await fingerprint()

    with pytest.raises(PictureRefused) as refused:
        await keep_picture(services, agent, ICON, b"no picture", path=("icon",))

    assert refused.value.path == ("icon",)
    assert await fingerprint() == before


async def test_an_agent_has_room_for_so_many_pictures_a_day(
    services: Services, agent: AgentId
) -> None:
    await keep(services, agent)
    await db.execute(
        "INSERT INTO agent_picture (id, agent, name, use, width, height, created_at)"
        " SELECT gen_random_uuid(), agent, encode(sha256(n::text::bytea), 'hex'), use, 1, 1,"
        " created_at FROM agent_picture, generate_series(2, $1) n",
        MOST_STORED,
    )

    with pytest.raises(LimitReached, match="tomorrow"):
        await keep(services, agent)

    let_days_pass()
    await remove_pictures(services)
    assert await is_stored(services, await keep(services, agent))


async def test_refused_pictures_are_tried_so_often_an_hour(
    services: Services, agent: AgentId
) -> None:
    for _ in range(PER_AGENT.tries):
        with pytest.raises(PictureRefused):
            await keep_picture(services, agent, ICON, b"")

    with pytest.raises(RateLimited):
        await keep(services, agent)


async def test_what_nobody_shows_goes_after_a_day(services: Services, agent: AgentId) -> None:
    icon, shot, waiting, unused = [await keep(services, agent) for _ in range(4)]
    await show(agent, icon.hash, shot.hash)
    await db.execute(
        "INSERT INTO agent_change (id, agent, fields, updated_at)"
        " VALUES (gen_random_uuid(), $1, jsonb_build_object('media', $2::jsonb), now())",
        agent,
        media_of(icon.hash, waiting.hash),
    )

    await remove_pictures(services)
    assert await is_stored(services, unused)  # it may be shown yet

    let_days_pass()
    await remove_pictures(services)
    assert not await is_stored(services, unused)
    assert [await is_stored(services, each) for each in (icon, shot, waiting)] == [True] * 3


async def test_what_an_agent_shows_no_more_goes_too(services: Services, agent: AgentId) -> None:
    picture = await keep(services, agent)
    await show(agent, picture.hash)
    let_days_pass()
    await remove_pictures(services)
    await put("agent", "media", "{}")

    await remove_pictures(services)

    assert not await is_stored(services, picture)


async def test_the_worker_does_it(services: Services, agent: AgentId) -> None:
    picture = await keep(services, agent)
    [task] = [each for each in RECURRING if each.name == "remove_pictures"]
    let_days_pass()

    assert await run_once(services, task) is None
    assert not await is_stored(services, picture)


async def test_an_agent_may_show_its_own_pictures_alone(services: Services) -> None:
    shop = await open_shop()
    agent, other = await shelve(shop, "Trieur"), await shelve(shop, "Autre")
    own, icon = await keep(services, agent), await keep(services, agent, ICON)
    foreign, gone = await keep(services, other), await keep(services, agent)
    await db.execute("UPDATE agent_picture SET removed_at = created_at WHERE name = $1", gone.hash)

    names = [each.hash for each in (own, icon, foreign, gone)]
    async with db.transaction():
        found = await lock_pictures(agent, SCREENSHOT, names)

    assert found == {own.hash: own}


async def test_a_picture_that_is_about_to_be_shown_is_not_removed(
    services: Services, agent: AgentId, engines: Engines
) -> None:
    picture = await keep(services, agent)
    let_days_pass()
    connection = await asyncpg.connect(engines.postgres_url)
    try:
        async with connection.transaction():  # as another process that shows it
            await connection.execute("SELECT 1 FROM agent_picture FOR NO KEY UPDATE")
            await remove_pictures(services)
            await connection.execute("UPDATE agent SET media = $1", media_of(picture.hash))
    finally:
        await connection.close()

    await remove_pictures(services)
    assert await is_stored(services, picture)


async def test_a_picture_that_cannot_be_deleted_is_in_no_others_way(
    services: Services, agent: AgentId, folder: Path
) -> None:
    pictures = sorted([await keep(services, agent) for _ in range(3)], key=lambda each: each.hash)
    poison, *others = pictures
    file = folder / poison.hash[:2] / f"{poison.hash}-small.webp"
    file.unlink()
    file.mkdir()  # which no deletion of a file takes away
    (file / "in the way").touch()
    let_days_pass()

    with pytest.raises(Unavailable):
        await remove_pictures(services)

    assert await count("agent_picture") == 1
    assert [await is_stored(services, each) for each in others] == [False, False]
    (file / "in the way").unlink()
    file.rmdir()
    await remove_pictures(services)
    assert not await is_stored(services, poison)


@pytest.fixture
def folder(services: Services) -> Path:
    assert services.settings.media.folder is not None
    return Path(services.settings.media.folder)


async def test_a_broken_run_is_ended_by_the_next(services: Services, agent: AgentId) -> None:
    picture = await keep(services, agent)
    await db.execute("UPDATE agent_picture SET removed_at = created_at")
    await services.media.delete(picture.hash)  # and then the process was killed

    await remove_pictures(services)

    assert not await is_stored(services, picture)
