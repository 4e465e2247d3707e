"""Numbers, texts and times that programs read differently are refused by path, never a 500."""

import json
from typing import Any

import httpx
import pytest

from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, Reply, as_session, document_of, fingerprint
from tests.api.makers import DRAFT, make_maker, make_reviewer
from tests.people import MANIFEST, make_person

ENGLISH = {"accept-language": "en"}
JSON = {"content-type": "application/json", **ENGLISH}
DIGITS = "9" * 5000

ODD_MANIFESTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "beyond 64 bits": ({"x": 18446744073709551616}, ["x"]),
    "far beyond": ({**MANIFEST, "parameters": {"seed": 10**4000}}, ["parameters", "seed"]),
    "below 64 bits": ({**MANIFEST, "minTokens": -(2**63) - 1}, ["minTokens"]),
    "beyond what JavaScript holds": ({**MANIFEST, "tools": [{"n": 2**53}]}, ["tools", "0", "n"]),
    "a large float": ({**MANIFEST, "parameters": {"a": [1.0, 1e20]}}, ["parameters", "a", "1"]),
    "the largest float": ({**MANIFEST, "parameters": {"a": -1.7e308}}, ["parameters", "a"]),
    "300 levels": ({**MANIFEST, "tools": json.loads("[" * 300 + "]" * 300)}, []),
}


@pytest.mark.parametrize(("manifest", "place"), ODD_MANIFESTS.values(), ids=ODD_MANIFESTS.keys())
async def test_a_manifest_that_could_not_be_written_again_makes_no_draft(
    client: httpx.AsyncClient, services: Services, manifest: dict[str, Any], place: list[str]
) -> None:
    api, _ = await make_maker(client, services)
    before = await fingerprint(services)

    reply = await api.run("CreateAgent", input={**DRAFT, "manifest": manifest})

    assert reply.refusals() == [("INVALID", ["input", "manifest", *place])]
    assert await fingerprint(services) == before


async def test_a_version_is_held_to_the_same(client: httpx.AsyncClient, services: Services) -> None:
    api, _ = await make_maker(client, services)
    draft = (await api.run("CreateAgent", input=DRAFT)).payload()["agent"]["id"]
    before = await fingerprint(services)
    manifest = {**MANIFEST, "parameters": {"x": 2**64, "y": [-(2**70)]}}
    request = {"agentId": draft, "number": "1.1.0", "changelog": "x", "manifest": manifest}

    reply = await api.run("AddVersion", input=request)

    assert reply.refusals() == [
        ("INVALID", ["input", "manifest", "parameters", "x"]),
        ("INVALID", ["input", "manifest", "parameters", "y", "0"]),
    ]
    assert await fingerprint(services) == before


async def test_numbers_that_everybody_reads_come_back_as_they_were_sent(
    client: httpx.AsyncClient, services: Services
) -> None:
    api, _ = await make_maker(client, services)
    numbers = [2**53 - 1, 1 - 2**53, 0, 0.1, 1e15, 5e-324, 0.30000000000000004, -1.5]
    manifest = {**MANIFEST, "parameters": {"x": numbers}}
    reviewer = await make_reviewer(client, services)

    draft = (await api.run("CreateAgent", input={**DRAFT, "manifest": manifest})).payload()
    await api.run("SubmitAgent", input={"agentId": draft["agent"]["id"]})
    queue = (await reviewer.run("ReviewQueue")).data["staff"]["moderationQueue"]

    assert queue["edges"][0]["node"]["version"]["manifest"]["parameters"]["x"] == numbers


ODD_BODIES = {
    "5,000 digits": DIGITS,
    "minus 5,000 digits": "-" + DIGITS,
    "5,000 digits and a fraction": DIGITS + ".5",
    "beyond every float": "1e400",
    "below every float": "-1e400",
}


@pytest.mark.parametrize("number", ODD_BODIES.values(), ids=ODD_BODIES.keys())
@pytest.mark.parametrize("place", ['{"x": %s}', '{"input": {"manifest": {"x": [%s]}}}'])
async def test_a_body_with_a_number_that_is_none_is_refused_in_our_words(
    visitor: httpx.AsyncClient, number: str, place: str
) -> None:
    body = '{"query": "{ tiers { code } }", "variables": ' + place % number + "}"

    reply = Reply(await visitor.post("/graphql", content=body, headers=JSON))

    assert reply.http.status_code == 400
    assert reply.codes == ["BAD_INPUT"]
    assert reply.errors[0]["message"].startswith("The body has a number that is too large: $.")


ODD_LITERALS = {
    "5,000 digits": DIGITS,
    "101 digits": "9" * 101,
    "4,300 digits below zero": "-" + "9" * 4300,
    "a fraction of 5,000 digits": "0." + DIGITS,
    "beyond every float": "1e400",
    "beyond every float, with a fraction": "-1.5E+999",
    "an exponent of 5,000 digits": "1e" + DIGITS,
}
PLACES = {
    "Int": "{ agents(first: %s) { totalCount } }",
    "Float": "{ agents(first: 1, filter: { minRating: %s }) { totalCount } }",
    "ID": '{ node(id: "x") { id } other: node(id: %s) { id } }',
    "JSON": 'mutation { agentVersionCreate(input: { agentId: "x", number: "1.0.0", '
    'changelog: "x", manifest: { x: [%s] } }) { userErrors { code } } }',
    "a default": "query($n: Int = %s) { agents(first: $n) { totalCount } }",
    "an unknown argument": "{ tiers(count: %s) { code } }",
}


@pytest.mark.parametrize("number", ODD_LITERALS.values(), ids=ODD_LITERALS.keys())
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
async def test_a_literal_that_is_no_number_is_refused_in_our_words(
    visitor: httpx.AsyncClient, number: str, place: str
) -> None:
    reply = await Api(visitor, ENGLISH).send(place % number)

    assert reply.codes == ["VALIDATION_FAILED"]
    assert "data" not in reply.body
    assert reply.errors[0]["message"] == ("This number is too large, or has more than 100 digits")
    assert reply.errors[0]["locations"] == [{"line": 1, "column": place.index("%") + 1}]


@pytest.mark.parametrize("text", [DIGITS, "1e400"])
async def test_digits_in_text_and_comments_are_no_numbers(
    visitor: httpx.AsyncClient, text: str
) -> None:
    document = f'{{ node(id: "{text}") {{ id }} }} # {text}'

    reply = await Api(visitor).send(document)

    assert reply.codes in ([], ["NOT_FOUND"])


ODD_VARIABLES: dict[str, tuple[str, Any]] = {
    "Int of 33 bits": ("Int", 2**31),
    "Int of 64 bits": ("Int", 2**64),
    "Int of 4,000 digits": ("Int", 10**4000),
    "Int as a large float": ("Int", 1e308),
    "Float of 4,000 digits": ("Float", 10**4000),
    "BigInt of 54 bits": ("BigInt", 2**53),
    "BigInt of 4,000 digits": ("BigInt", -(10**4000)),
    "BigInt as text": ("BigInt", "9007199254740993"),
    "BigInt as a float": ("BigInt", 1.0),
    "the year 10000": ("DateTime", "10000-01-01T00:00:00Z"),
    "before the year 1": ("DateTime", "0001-01-01T00:00:00+14:00"),
    "after the year 9999": ("DateTime", "9999-12-31T23:59:59-14:00"),
    "no offset": ("DateTime", "2026-11-22T19:30:00"),
    "an impossible offset": ("DateTime", "2026-11-22T19:30:00+99:99"),
    "a leap second": ("DateTime", "2026-06-30T23:59:60Z"),
    "a moment as a number": ("DateTime", 10**4000),
    "a moment with other digits": ("DateTime", "２026-11-22T19:30:00Z"),
    "text as a number": ("String", 10**4000),
}


@pytest.mark.parametrize(("kind", "value"), ODD_VARIABLES.values(), ids=ODD_VARIABLES.keys())
async def test_a_variable_out_of_range_is_bad_input(
    visitor: httpx.AsyncClient, kind: str, value: Any
) -> None:
    reply = await Api(visitor).send(f"query($x: {kind}) {{ tiers {{ code }} }}", {"x": value})

    assert set(reply.codes) <= {"BAD_INPUT", "VALIDATION_FAILED"}
    assert reply.codes
    assert "data" not in reply.body
    assert "int_max_str_digits" not in reply.http.text


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59.999999Z", "9999-12-31T12:00:00-11:00"])
async def test_the_last_moments_are_stored_and_written(
    client: httpx.AsyncClient, services: Services, moment: str
) -> None:
    api = as_session(client, services, await make_person("late", tier=TierCode.PRO))
    request = {"name": "x", "scopes": ["READ"], "expiresAt": moment}

    made = await api.run("CreateApiKey", input=request)
    listed = await api.send("{ viewer { account { apiKeys { expiresAt } } } }")

    assert made.payload()["userErrors"] == []
    assert listed.http.text.count("9999-12-31T2") == 1


@pytest.mark.parametrize(
    "value", ["\x00", "a\x00", {"x": "\x00"}, {"\x00": 1}], ids=["nul", "end", "inside", "name"]
)
async def test_text_that_the_database_cannot_keep_is_refused_by_its_place(
    client: httpx.AsyncClient, services: Services, value: Any
) -> None:
    api, _ = await make_maker(client, services)
    before = await fingerprint(services)
    manifest = {**MANIFEST, "parameters": {"odd": value}}

    reply = await api.run("CreateAgent", input={**DRAFT, "manifest": manifest})

    [error] = reply.errors
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert error["extensions"]["argument"][:4] == ["input", "manifest", "parameters", "odd"]
    assert await fingerprint(services) == before


@pytest.mark.parametrize("escape", ["\\ud800", "\\udfff", "a\\udc00\\ud800"])
async def test_half_a_surrogate_pair_is_no_text(
    client: httpx.AsyncClient, services: Services, escape: str
) -> None:
    api, _ = await make_maker(client, services)
    sent = {"query": document_of("CreateAgent"), "variables": {"input": {**DRAFT, "name": "ODD"}}}
    body = json.dumps(sent).replace("ODD", escape)
    before = await fingerprint(services)

    reply = Reply(await client.post("/graphql", content=body, headers={**JSON, **api.headers}))

    assert reply.http.status_code == 400
    assert reply.codes == ["BAD_INPUT"]
    assert await fingerprint(services) == before
