"""Text that reads otherwise than it is written: refused in every field, by the field's name."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chenu.accounts.actor import Actor, ApiScope, Staff
from chenu.accounts.api_keys import create_api_key
from chenu.agents.creators import update_creator
from chenu.agents.listing import ListingFields
from chenu.core.errors import ChenuError
from chenu.flows.creators.edit_agent import create_agent, create_version, update_agent
from chenu.flows.creators.review_agent import decide_review, submit_agent
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import MANIFEST, agent_input, make_person, make_unpaid_creator
from tests.rows import fingerprint, put

TURNED = {
    "override": "invoice\u202efdp.exe",
    "embedding": "a\u202bb\u202c",
    "isolate": "a\u2067b\u2069",
    "first strong isolate": "a\u2068b",
    "left to right override": "\u202dabc",
}
STRAIGHT = [
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
    "\u0645\u0631\u062d\u0628\u0627 \u200fCHE",
    "plain",
]

Write = Callable[[str], Awaitable[object]]


async def _writers(services: Services) -> dict[str, tuple[tuple[str, ...], Write]]:
    maker, _ = await make_unpaid_creator()
    rich = await make_person("rich", TierCode.PRO)
    reviewer = await make_person("reviewer", staff=(Staff.REVIEWER,))
    draft = await create_agent(maker.actor, agent_input(price=0))
    handed_in = await create_agent(maker.actor, agent_input(price=0))
    await submit_agent(maker.actor, handed_in)

    def listing(field: str, wrap: Callable[[str], Any] = str) -> Write:
        async def write(text: str) -> None:
            fields = ListingFields(**{field: wrap(text)})
            await update_agent(maker.actor, draft, fields, None)

        return write

    def version(changelog: str = "Neuf.", **changed: Any) -> Awaitable[None]:
        return create_version(maker.actor, draft, "9.0.0", changelog, {**MANIFEST, **changed})

    async def reject(text: str) -> None:
        await decide_review(reviewer.actor, handed_in, approve=False, reason=text)

    return {
        "bio": (("bio",), lambda text: update_creator(maker.actor, None, text)),
        "tagline": (("tagline",), listing("tagline")),
        "description": (("description",), listing("description")),
        "entity in Markdown": (("description",), listing("description", _as_entities)),
        "capability": (("capabilities", "0"), listing("capabilities", lambda text: [text])),
        "changelog": (("changelog",), version),
        "system prompt": (
            ("manifest", "systemPrompt"),
            lambda text: version(systemPrompt=text),
        ),
        "parameter": (
            ("manifest", "parameters", "note"),
            lambda text: version(parameters={"note": text}),
        ),
        "reason": (("reason",), reject),
        "name of a key": (("name",), lambda text: _make_key(services, rich.actor, text)),
    }


def _as_entities(text: str) -> str:
    """As numeric character references of Markdown."""
    return "".join(char if char.isascii() else f"&#x{ord(char):x};" for char in text)


async def _make_key(services: Services, actor: Actor, name: str) -> object:
    return await create_api_key(actor, name, [ApiScope.READ], None, services.settings.secret)


@pytest.mark.parametrize("text", TURNED.values(), ids=TURNED)
async def test_turned_text_is_refused_in_every_field(services: Services, text: str) -> None:
    writers = await _writers(services)
    before, passed = await fingerprint(), []

    for place, (path, write) in writers.items():
        try:
            await write(text)
            passed.append(place)
        except ChenuError as error:
            if (error.code, error.path) != ("INVALID", path) or "direction" not in str(error):
                passed.append(f"{place}: {error}")

    assert passed == []
    assert await fingerprint() == before


@pytest.mark.parametrize("text", STRAIGHT)
async def test_text_of_every_alphabet_is_taken(services: Services, text: str) -> None:
    for place, (_, write) in (await _writers(services)).items():
        if place not in ("parameter", "system prompt"):  # a version number is used once
            await write(text)


async def test_a_reason_shows_something(services: Services) -> None:
    writers = await _writers(services)
    _, reject = writers["reason"]

    for blank in ("\u3164", "\u2800\u200b", "\ufe0f", "\u0301"):
        with pytest.raises(ChenuError, match="say why"):
            await reject(blank)


async def test_what_was_stored_before_is_not_in_the_way(services: Services) -> None:
    """A creator whose bio is turned round can mend the name alone."""
    maker, row = await make_unpaid_creator()
    await put("creator", "bio", TURNED["override"], "id = $2", row.id)

    creator = await update_creator(maker.actor, "Autre nom", None)

    assert creator.display_name == "Autre nom"
