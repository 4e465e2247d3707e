"""Names that show nothing or read like the house's: refused wherever somebody is named."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest
from msgspec.structs import replace

from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.users import Browser, SignUp, sign_up
from chenu.agents.creators import update_creator
from chenu.agents.listing import ListingFields
from chenu.core.errors import ChenuError
from chenu.flows.creators.edit_agent import create_agent, update_agent
from chenu.flows.creators.onboard_creator import CreatorInput, become_creator
from chenu.flows.services import Services
from tests.accounts.brand_names import BRAND_NAMES
from tests.core.test_text import UNSEEN
from tests.people import PASSWORD, agent_input, get_agent, make_person, make_unpaid_creator
from tests.rows import fingerprint

Naming = Callable[[str], Awaitable[object]]

BLANK = [text for text in UNSEEN.values() if text]
TAKEN = BRAND_NAMES[:12]
FREE = [
    "Marie Chenu",
    "Jean-Paul Chenu",
    "\u05e9\u05dc\u05d5\u05dd",
    "\u674e\u5c0f\u9f8d",
    "Zoe\u0301",
]


async def _namings() -> dict[str, tuple[str, Naming]]:
    """Every place where a person or thing is named, with the name of the field."""
    maker, _ = await make_unpaid_creator()
    other = await make_person("other")
    agent_id = await create_agent(maker.actor, agent_input(price=0))

    async def sign(name: str) -> object:
        request = SignUp(f"new{abs(hash(name))}@example.org", PASSWORD, name)
        return await sign_up(request, Browser(), verify_at_once=True)

    async def rename(name: str) -> None:
        await update_profile(other.actor, ProfileChange(display_name=name))

    async def join(name: str) -> object:
        return await become_creator(other.actor, CreatorInput("other-nord", name, "", "fr"))

    async def rename_creator(name: str) -> object:
        return await update_creator(maker.actor, name, None)

    async def draft(name: str) -> object:
        return await create_agent(maker.actor, agent_input(price=0, name=name))

    async def rename_agent(name: str) -> None:
        await update_agent(maker.actor, agent_id, ListingFields(name=name), None)

    return {
        "a new person": ("display_name", sign),
        "a person": ("display_name", rename),
        "a new creator": ("display_name", join),
        "a creator": ("display_name", rename_creator),
        "a new agent": ("name", draft),
        "an agent": ("name", rename_agent),
    }


async def _passed(names: list[str]) -> list[tuple[str, str]]:
    """Those that were accepted, or refused with an unexpected error."""
    namings = await _namings()
    before = await fingerprint()
    passed = []
    for place, (field, give) in namings.items():
        for name in names:
            try:
                await give(name)
                passed.append((place, name))
            except ChenuError as error:
                if [(each.code, each.path) for each in error.each] != [("INVALID", (field,))]:
                    passed.append((place, str(error)))
    assert await fingerprint() == before
    return passed


async def test_nothing_gets_a_name_that_shows_nothing(services: Services) -> None:
    assert await _passed(BLANK) == []


async def test_nothing_gets_a_name_that_reads_like_the_house(services: Services) -> None:
    assert await _passed(TAKEN) == []


@pytest.mark.parametrize("name", FREE)
async def test_other_names_are_given(services: Services, name: str) -> None:
    for _, give in (await _namings()).values():
        await give(name)


@pytest.mark.parametrize("handle", ["chenu", "che-nu", "support", "chenu-team", "official"])
async def test_a_handle_of_the_house_is_reserved(services: Services, handle: str) -> None:
    person = await make_person("maker")
    before = await fingerprint()

    with pytest.raises(ChenuError, match="reserved") as refused:
        await become_creator(person.actor, CreatorInput(handle, "Maker", "", "fr"))

    assert (refused.value.code, refused.value.path) == ("INVALID", ("handle",))
    assert await fingerprint() == before


async def test_the_family_of_that_name_may_use_it_as_a_handle(services: Services) -> None:
    person = await make_person("maker")

    creator = await become_creator(
        person.actor, CreatorInput("marie-chenu", " Marie Chenu ", "", "fr")
    )

    assert (creator.handle, creator.display_name) == ("marie-chenu", "Marie Chenu")


async def test_everything_of_an_agent_is_stored_in_one_form(services: Services) -> None:
    maker, _ = await make_unpaid_creator()
    request = agent_input(price=0)
    typed = replace(
        request.fields,
        name="E\u0301le\u0300ve",
        tagline="De\u0301ja\u0300",
        description="**Cre\u0300me**",
        capabilities=["E\u0301tude", "\u00e9tude"],
    )

    agent = await get_agent(
        await create_agent(maker.actor, msgspec.structs.replace(request, fields=typed))
    )

    assert (agent.name, agent.tagline) == ("\u00c9l\u00e8ve", "D\u00e9j\u00e0")
    assert agent.description == "**Cr\u00e8me**"
    assert "Cr\u00e8me" in agent.description_html
    assert list(agent.capabilities) == ["\u00e9tude"]
    assert agent.slug.startswith("eleve-")
