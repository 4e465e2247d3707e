"""The library: searched, ordered, filtered, paged by key, and put away without losing a right."""

from datetime import timedelta

import pytest

from chenu.accounts.actor import AccountId
from chenu.agents.access import give_access, has_usable_grant
from chenu.agents.library import (
    LibraryQuery,
    LibraryRow,
    LibrarySort,
    bring_back,
    count_library,
    list_library,
    list_library_creators,
    put_away,
)
from chenu.agents.model import AgentId, GrantSource
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from tests.agents.shelf import open_shop, shelve
from tests.people import Person, make_person
from tests.rows import put

ALL = PageRequest(50)


class Shelf:
    """A reader with three agents of two creators, added in this order."""

    def __init__(self, reader: Person, agents: dict[str, AgentId]) -> None:
        self.reader, self.agents = reader, agents
        account_id = reader.actor.account_id
        assert account_id is not None
        self.account_id: AccountId = account_id
        self._names = {agent_id: name for name, agent_id in agents.items()}

    async def names(self, page: PageRequest = ALL, **wanted: object) -> list[str]:
        rows = (await self.rows(page, **wanted)).values()
        return [self._names[row.agent_id] for row in rows]

    async def rows(self, page: PageRequest = ALL, **wanted: object) -> dict[str, LibraryRow]:
        query = LibraryQuery(**wanted)  # type: ignore[arg-type]
        found = await list_library(self.account_id, page, query)
        return {self._names[row.agent_id]: row for row in found.rows}


@pytest.fixture
async def shelf(services: Services) -> Shelf:
    reader = await make_person("reader")
    first, second = await open_shop("atelier"), await open_shop("fabrique")
    translated = {"name": "Lease reader"}
    agents = {
        "Lecteur": await shelve(first, "Lecteur de baux", translation=translated),
        "Trieur": await shelve(first, "Trieur"),
        "Été": await shelve(second, "Été à deux"),
    }
    account_id = reader.actor.account_id
    assert account_id is not None
    for agent_id in agents.values():
        await give_access(account_id, agent_id, GrantSource.GIFT, None)
    return Shelf(reader, agents)


async def test_what_was_added_last_stands_first(shelf: Shelf) -> None:
    assert await shelf.names() == ["Été", "Trieur", "Lecteur"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("LEASE", ["Lecteur"]),
        ("ete", ["Été"]),
        ("fabrique", ["Été"]),
        (" baux ", ["Lecteur"]),
        ("100%", []),
        ("a\x00b", []),
    ],
    ids=["other language", "no accents", "creator", "part", "sign", "nul"],
)
async def test_the_search_takes_names_in_both_languages_and_those_of_creators(
    shelf: Shelf, search: str, found: list[str]
) -> None:
    assert await shelf.names(search=search) == found


async def test_what_was_updated_last_comes_first_in_that_order(shelf: Shelf) -> None:
    later = business_now() + timedelta(hours=1)
    await put("agent", "updated_at", later, "id = $2", shelf.agents["Lecteur"])

    names = await shelf.names(sort=LibrarySort.UPDATED)

    assert names == ["Lecteur", "Été", "Trieur"]


@pytest.mark.parametrize("sort", list(LibrarySort))
async def test_pages_by_key_follow_each_other_in_each_order(
    shelf: Shelf, sort: LibrarySort
) -> None:
    whole = await shelf.rows(sort=sort)
    names, key = list(whole), next(iter(whole.values())).key(sort)

    after = await shelf.names(PageRequest(1, key), sort=sort)
    last = list(whole.values())[-1].key(sort)
    before = await shelf.names(PageRequest(2, last, backwards=True), sort=sort)

    assert after == names[1:2]
    assert before == names[:2]


async def test_one_creator_can_be_chosen_of_those_in_the_library(shelf: Shelf) -> None:
    creators = await list_library_creators(shelf.account_id)

    assert [creator.name for creator in creators] == ["atelier", "fabrique"]
    assert await shelf.names(creator=creators[0].handle) == ["Trieur", "Lecteur"]
    assert await shelf.names(creator="nobody") == []


async def test_what_is_put_away_changes_the_shelf_and_no_right(shelf: Shelf) -> None:
    grant = (await shelf.rows())["Trieur"]
    await put_away(shelf.reader.actor, grant.id)
    await put_away(shelf.reader.actor, grant.id)

    assert await shelf.names(put_away=False) == ["Été", "Lecteur"]
    assert await shelf.names(put_away=True) == ["Trieur"]
    assert await count_library(shelf.account_id, LibraryQuery(put_away=True)) == 1
    assert await has_usable_grant(shelf.account_id, shelf.agents["Trieur"])

    await bring_back(shelf.reader.actor, grant.id)
    assert await shelf.names(put_away=True) == []
    assert await count_library(shelf.account_id) == 3


async def test_nobody_moves_what_is_another_ones(shelf: Shelf) -> None:
    grant = (await shelf.rows())["Trieur"]
    stranger = await make_person("stranger")

    with pytest.raises(NotFound):
        await put_away(stranger.actor, grant.id)

    assert await shelf.names(put_away=True) == []
