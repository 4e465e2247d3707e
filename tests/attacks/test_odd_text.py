"""NUL, half a megabyte, five thousand digits: in every URL, field, header and argument.

Refused or not found with a message of ours; never a server's error or a message of Python.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import httpx
import pytest

from chenu.core.global_id import encode_id
from chenu.flows.services import Services
from tests.api.calls import as_session
from tests.attacks.cast import gather_cast
from tests.attacks.forms import filled_forms
from tests.attacks.pages import ROUTES, Route, csrf_of, session_headers
from tests.attacks.world import build_world
from tests.people import make_person, sign_in_again

FORM = {"content-type": "application/x-www-form-urlencoded"}
DIGITS = "1" * 5_000
ODD = {
    "NUL": "\x00",
    "NUL inside": "a\x00b",
    "digits": DIGITS,
    "minus digits": "-" + DIGITS,
    "exponent": "1e5000",
    "no character": "\uffff",
    "beyond the plane": "\U0010ffff",
    "turned round": "\u202eabc",
    "Arabic digits": "\u0663" * 400,
    "fullwidth": "\uff11\uff12",
    "spaces": " \u3164\u2800 ",
    "id with NUL": encode_id("Agent", "\x00"),
    "id of digits": encode_id("Agent", DIGITS),
    "id of another type": encode_id("Account", DIGITS),
}
PARTS = 4
"""Of the forms, which are over a hundred: at once they take a slow machine two minutes."""
HALF_A_MEGABYTE = 500_000
LONG_ADDRESS = 60_000
"""The longest URL that the client of these tests sends."""
PYTHONS = re.compile(
    r"Exceeds the limit|int\(\)|invalid literal|codec can|ValueError|Traceback|badly formed|asyncpg"
)
_PLACE = re.compile(r"\{\w+:\w+\}")
QUERIES = (
    "/agents?q={}",
    "/agents?min={}",
    "/agents?max={}",
    "/agents?capability={}",
    "/agents?sphere={}",
    "/agents?sort={}",
    "/agents?rising={}",
    "/agents?after={}",
    "/agents?before={}",
    "/agents?{}=1",
    "/?notice={}",
    "/sign-in?next={}",
    "/password/reset?token={}",
    "/email/verify?token={}",
    "/static/css/store.css?v={}",
)
HEADERS = ("chenu-account", "authorization", "user-agent", "accept-language", "cookie", "referer")


def _paths(text: str) -> Iterator[tuple[str, str]]:
    for route in ROUTES:
        if _PLACE.search(route.path):
            yield route.method, _PLACE.sub(text, route.path)
    for query in QUERIES:
        yield "GET", query.format(text)


def _is_well_refused(answer: httpx.Response) -> bool:
    return answer.status_code < 500 and PYTHONS.search(answer.text) is None


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
async def test_no_address_breaks_a_page(
    client: httpx.AsyncClient, services: Services, text: str
) -> None:
    cast = await gather_cast(services, client)
    broken = []

    for name in ("anonymous", "creator", "reviewer"):
        person = cast.named(name).person
        headers = session_headers(services, person) if person else {}
        for method, url in _paths(quote(text, safe="")):
            answer = await client.request(method, url, headers=headers)
            if not _is_well_refused(answer):
                broken.append((name, url[:60], answer.status_code))

    assert broken == []


async def test_a_long_address_breaks_no_page(client: httpx.AsyncClient, services: Services) -> None:
    long = "a" * LONG_ADDRESS
    broken = []

    for url in (*QUERIES, "/agents/{}", "/icons/{}.svg", "/creators/{}", "/purchases/{}"):
        answer = await client.get(url.format(long))
        if not _is_well_refused(answer):
            broken.append((url, answer.status_code))

    assert broken == []


def _odd_fields(fields: dict[str, str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    for field in fields:
        for kind, text in ODD.items():
            yield field, kind, {**fields, field: text}


@pytest.mark.parametrize("part", range(PARTS))
async def test_no_field_of_a_form_breaks_a_page(
    client: httpx.AsyncClient, services: Services, part: int
) -> None:
    """Each field of each form in turn, sent by somebody who may send it."""
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    broken = []

    forms = filled_forms(world, "2026-11-22T10:00:00+00:00")
    for path, filled in list(forms.items())[part::PARTS]:
        owner = cast.named(filled.by).person
        assert owner is not None
        for field, kind, fields in _odd_fields(dict(filled.fields)):
            if "password" in field:
                continue
            person = await sign_in_again(owner.user_id, owner.email)
            sent = {**fields, "csrf_token": csrf_of(services, person)}
            url = Route("POST", path, None).url(world)
            headers = {**FORM, **session_headers(services, person)}
            answer = await client.post(url, content=urlencode(sent), headers=headers)
            if not _is_well_refused(answer):
                broken.append((path, field, kind, answer.status_code))

    assert broken == []


@pytest.mark.parametrize("header", HEADERS)
async def test_no_header_breaks_an_answer(
    client: httpx.AsyncClient, services: Services, header: str
) -> None:
    broken = []

    for kind, text in {**ODD, "half a megabyte": "a" * HALF_A_MEGABYTE}.items():
        for url in ("/", "/account", "/agents?q=a"):
            sent = {header.encode(): text.encode()}
            answer = await client.get(url, headers=list(sent.items()))
            if not _is_well_refused(answer):
                broken.append((kind, url, answer.status_code))

    assert broken == []


_ASKED = {
    "node": "query($t: ID!) { node(id: $t) { id } }",
    "nodes": "query($t: ID!) { nodes(ids: [$t]) { id } }",
    "agent by id": "query($t: ID!) { agent(id: $t) { id } }",
    "agent by slug": "query($t: String!) { agent(slug: $t) { id } }",
    "creator": "query($t: String!) { creator(handle: $t) { id } }",
    "search": "query($t: String!) { agents(first: 1, search: $t) { totalCount } }",
    "cursor": "query($t: String!) { agents(first: 1, after: $t) { totalCount } }",
    "capability": """query($t: String!) {
        agents(first: 1, filter: {capabilities: [$t]}) { totalCount facets { levels { count } } }
    }""",
    "filter by creator": """query($t: String!) {
        agents(first: 1, filter: {creator: $t}) { totalCount }
    }""",
    "rotated key": "mutation($t: ID!) { apiKeyRotate(id: $t) { userErrors { code } } }",
    "revoked key": "mutation($t: ID!) { apiKeyRevoke(id: $t) { userErrors { code } } }",
    "archived agent": """mutation($t: ID!) {
        agentArchive(input: {agentId: $t}) { userErrors { code } }
    }""",
    "idempotency key": """mutation($t: ID!) { agentPurchase(input: {agentId: "x",
        expectedAmountMinor: 900, idempotencyKey: $t, acceptImmediateSupply: true}) {
        userErrors { code } } }""",
    "mailed token": "mutation($t: String!) { emailVerify(token: $t) { userErrors { code } } }",
    "asked-for reset": """mutation($t: String!) {
        passwordResetRequest(email: $t) { userErrors { code } }
    }""",
}


@pytest.mark.parametrize("document", _ASKED.values(), ids=_ASKED)
async def test_no_text_breaks_the_api(
    client: httpx.AsyncClient, services: Services, document: str
) -> None:
    person = await make_person("buyer")
    api = as_session(client, services, person)
    broken = []

    for kind, text in {**ODD, "half a megabyte": "a" * HALF_A_MEGABYTE}.items():
        reply = await api.send(document, {"t": text})
        if "INTERNAL" in reply.codes or not _is_well_refused(reply.http):
            broken.append((kind, reply.body))

    assert broken == []


async def test_a_browsers_name_with_nul_signs_in(
    client: httpx.AsyncClient, services: Services
) -> None:
    form = {"email": "nul@example.org", "password": "long enough for us", "display_name": "Nul"}

    answer = await client.post("/sign-up", data=form, headers=[(b"user-agent", b"a\x00b")])

    assert answer.status_code == 303
