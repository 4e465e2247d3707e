"""Editing what exists: drafts at once, published agents by a pending change, prices at once."""

from typing import Any

import httpx
import pytest

from chenu.flows.services import Services
from tests.api.calls import as_session, fingerprint, gid
from tests.api.makers import DRAFT, make_maker
from tests.people import MANIFEST, make_person, make_published_agent


async def test_a_draft_changes_at_once_and_a_published_agent_after_review(
    client: httpx.AsyncClient, services: Services
) -> None:
    api, person = await make_maker(client, services)
    draft = (await api.run("CreateAgent", input=DRAFT)).payload()["agent"]
    live = await make_published_agent(services, person)
    published = gid("Agent", live.id)

    one = await api.run("UpdateAgent", input={"agentId": draft["id"], "name": "Autre"})
    other = await api.run(
        "UpdateAgent",
        input={"agentId": published, "name": "Autre", "averageMinutesSaved": 3.0},
    )

    assert one.payload()["agent"]["name"] == "Autre"
    agent = other.payload()["agent"]
    assert agent["name"] == "Trieur de factures"
    assert agent["pendingChange"]["status"] == "PENDING_REVIEW"
    assert agent["pendingChange"]["fields"] == {"name": "Autre", "averageMinutesSaved": 3.0}


async def test_a_price_changes_at_once(client: httpx.AsyncClient, services: Services) -> None:
    api, person = await make_maker(client, services)
    live = await make_published_agent(services, person)
    request = {"agentId": gid("Agent", live.id), "price": {"type": "ONE_TIME", "amountMinor": 1500}}

    agent = (await api.run("UpdateAgent", input=request)).payload()["agent"]

    assert agent["price"]["amount"]["amountMinor"] == 1500
    assert agent["pendingChange"] is None


BAD_VERSIONS: dict[str, tuple[dict[str, Any], tuple[str, list[str]]]] = {
    "no number": ({"number": "two"}, ("INVALID", ["input", "number"])),
    "a lower number": ({"number": "0.9.0"}, ("INVALID", ["input", "number"])),
    "the same number": ({"number": "1.0.0"}, ("INVALID", ["input", "number"])),
    "no changelog": ({"changelog": ""}, ("INVALID", ["input", "changelog"])),
    "no manifest": ({"manifest": "x"}, ("INVALID", ["input", "manifest"])),
}


@pytest.mark.parametrize(("wrong", "expected"), BAD_VERSIONS.values(), ids=BAD_VERSIONS.keys())
async def test_a_bad_version_changes_nothing(
    client: httpx.AsyncClient,
    services: Services,
    wrong: dict[str, Any],
    expected: tuple[str, list[str]],
) -> None:
    api, person = await make_maker(client, services)
    agent = await make_published_agent(services, person)
    sent = {"agentId": gid("Agent", agent.id), "number": "1.1.0", "changelog": "Mieux."}
    before = await fingerprint(services)

    reply = await api.run("AddVersion", input={**sent, "manifest": MANIFEST, **wrong})

    assert reply.refusals() == [expected]
    assert await fingerprint(services) == before


async def test_agents_of_others_are_not_there(
    client: httpx.AsyncClient, services: Services
) -> None:
    _, person = await make_maker(client, services)
    agent = await make_published_agent(services, person)
    stranger = as_session(client, services, await make_person("stranger"))
    before = await fingerprint(services)

    for wrong in (gid("Agent", agent.id), gid("Agent", "x"), gid("Purchase", agent.id), "", "é"):
        version = {"number": "2.0.0", "changelog": "x", "manifest": MANIFEST}
        replies = [
            await stranger.run("UpdateAgent", input={"agentId": wrong, "name": "Autre"}),
            await stranger.run("AddVersion", input={"agentId": wrong, **version}),
            await stranger.run("SubmitAgent", input={"agentId": wrong}),
            await stranger.run("ArchiveAgent", input={"agentId": wrong}),
        ]
        assert [reply.refusals() for reply in replies] == [
            [("NOT_FOUND", ["input", "agentId"])]
        ] * 4

    assert await fingerprint(services) == before


BAD_EDITS: dict[str, tuple[dict[str, Any], tuple[str, list[str]]]] = {
    "a short name": ({"name": "x"}, ("INVALID", ["input", "name"])),
    "no tagline": ({"tagline": ""}, ("INVALID", ["input", "tagline"])),
    "no description": ({"description": ""}, ("INVALID", ["input", "description"])),
    "an empty capability": (
        {"capabilities": [""]},
        ("INVALID", ["input", "capabilities", "0"]),
    ),
    "an unknown sphere": ({"sphere": "X"}, ("INVALID", ["input", "sphere"])),
    "an unknown language": ({"language": "x"}, ("INVALID", ["input", "language"])),
    "minutes below nought": (
        {"averageMinutesSaved": -1},
        ("INVALID", ["input", "averageMinutesSaved"]),
    ),
    "a price out of range": (
        {"price": {"type": "ONE_TIME", "amountMinor": 5001}},
        ("PRICE_OUT_OF_RANGE", ["input", "price", "amountMinor"]),
    ),
    "a monthly price out of range": (
        {"price": {"type": "SUBSCRIPTION", "amountMinor": 499}},
        ("PRICE_OUT_OF_RANGE", ["input", "price", "amountMinor"]),
    ),
}


@pytest.mark.parametrize(("wrong", "expected"), BAD_EDITS.values(), ids=BAD_EDITS.keys())
async def test_a_bad_edit_changes_nothing(
    client: httpx.AsyncClient,
    services: Services,
    wrong: dict[str, Any],
    expected: tuple[str, list[str]],
) -> None:
    api, person = await make_maker(client, services)
    agent = await make_published_agent(services, person)
    before = await fingerprint(services)

    reply = await api.run("UpdateAgent", input={"agentId": gid("Agent", agent.id), **wrong})

    assert reply.refusals() == [expected]
    assert reply.payload()["agent"] is None
    assert await fingerprint(services) == before


BAD_PROFILES = {
    "no name": ({"displayName": ""}, ("INVALID", ["input", "displayName"])),
    "an overlong bio": ({"bio": "x" * 1001}, ("INVALID", ["input", "bio"])),
}


@pytest.mark.parametrize(("wrong", "expected"), BAD_PROFILES.values(), ids=BAD_PROFILES.keys())
async def test_a_bad_profile_edit_changes_nothing(
    client: httpx.AsyncClient,
    services: Services,
    wrong: dict[str, str],
    expected: tuple[str, list[str]],
) -> None:
    api, _ = await make_maker(client, services)
    before = await fingerprint(services)

    reply = await api.run("UpdateCreator", input=wrong)

    assert reply.refusals() == [expected]
    assert await fingerprint(services) == before


async def test_only_creators_have_a_profile_to_edit(
    client: httpx.AsyncClient, services: Services
) -> None:
    api = as_session(client, services, await make_person("buyer"))

    reply = await api.run("UpdateCreator", input={"bio": "Moi."})

    assert reply.refusals() == [("INVALID_STATE", None)]


async def test_an_agent_under_review_waits(client: httpx.AsyncClient, services: Services) -> None:
    api, _ = await make_maker(client, services)
    draft = (await api.run("CreateAgent", input=DRAFT)).payload()["agent"]["id"]
    await api.run("SubmitAgent", input={"agentId": draft})
    before = await fingerprint(services)

    reply = await api.run("UpdateAgent", input={"agentId": draft, "name": "Autre"})

    assert reply.refusals() == [("INVALID_STATE", None)]
    assert await fingerprint(services) == before
