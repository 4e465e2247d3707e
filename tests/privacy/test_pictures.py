"""Pictures go with the person who sent them, unless buyers keep the agent that shows them."""

from pathlib import Path

from chenu.core import db
from chenu.flows.agent_pictures import remove_pictures
from chenu.flows.privacy.deletion import delete_person
from chenu.flows.services import Services
from chenu.media.pictures import PictureHash, PictureSize, find_hash
from tests.people import PASSWORD
from tests.privacy.lives import export_of, finish, live


async def _names(services: Services, sql: str, *args: object) -> list[PictureHash]:
    found = await db.fetch_value(f"SELECT array_agg(name) FROM agent_picture WHERE {sql}", *args)  # noqa: S608 - own text
    return found or []


async def _files(services: Services, names: list[PictureHash]) -> set[bool]:
    """Whether each of their files is there."""
    found = [await services.media.find(name, size) for name in names for size in PictureSize]
    return {content is not None for content in found}


async def test_an_archive_names_the_pictures_which_can_be_fetched(services: Services) -> None:
    life = await live(services)

    files = await export_of(life.person)

    names = [find_hash(row["name"]) for row in files["agent_picture.json"]]
    assert await _files(services, [name for name in names if name]) == {True}
    shown = next(each["media"] for each in files["agent.json"] if each["id"] == str(life.sold.id))
    assert {shown["icon"], shown["screenshots"][0]["hash"]} <= set(names)
    assert shown["screenshots"][0]["alt"] == "A window"


async def test_files_of_deleted_listings_are_deleted_and_buyers_keep_theirs(
    services: Services, tmp_path: Path
) -> None:
    life = await live(services)
    staying = await _names(services, "agent = $1", life.sold.id)
    going = await _names(services, "agent <> $1", life.sold.id)

    await delete_person(services, life.person.actor, PASSWORD, "delete", life.code)
    await finish(services, tmp_path)
    await remove_pictures(services)

    assert (len(staying), len(going)) == (2, 2)
    assert await _files(services, going) == {False}
    assert await _files(services, staying) == {True}
    assert await _names(services, "true") == staying
