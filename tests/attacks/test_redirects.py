"""A6: URLs that look like ours and lead elsewhere, wherever a request names the next page.

What counts is where a browser would go: URLs are resolved by the rules of browsers, not by ours.
"""

import json
import re
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpx
import pytest

from chenu.flows.purchases.return_urls import is_local_path, is_return_url
from chenu.flows.services import Services
from tests.api.calls import as_session, gid
from tests.people import PASSWORD, Person, make_creator, make_person, make_published_agent
from tests.rows import fingerprint

EVIL = "evil.example"
AWAY = {
    "absolute": "https://evil.example/",
    "absolute http": "http://evil.example",
    "no scheme": "//evil.example",
    "three slashes": "///evil.example",
    "four slashes": "////evil.example/%2e%2e",
    "a backslash": "/\\evil.example",
    "two backslashes": "\\\\evil.example",
    "slash and backslash": "/\\/evil.example",
    "backslash first": "\\/evil.example",
    "a tab between": "/\t/evil.example",
    "a line feed between": "/\n/evil.example",
    "a carriage return between": "/\r/evil.example",
    "white space first": " //evil.example",
    "a tab first": "\t//evil.example",
    "a no-break space": "/\u00a0/evil.example",
    "a zero-width space": "/\u200b/evil.example",
    "a soft hyphen": "/\u00ad/evil.example",
    "text turned round": "/\u202e/evil.example",
    "a byte order mark": "\ufeff//evil.example",
    "DEL": "/\x7f/evil.example",
    "an escape": "/\x1b/evil.example",
    "one slash": "https:/evil.example",
    "no slash": "https:evil.example",
    "a scheme with a backslash": "https:\\\\evil.example",
    "upper case": "HTTPS://EVIL.EXAMPLE",
    "javascript": "javascript:alert(1)",
    "javascript in pieces": "java\tscript:alert(1)",
    "javascript after a path": "javascript://127.0.0.1:8000/%0aalert(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "vbscript": "vbscript:msgbox(1)",
    "file": "file:///etc/passwd",
    "blob": "blob:https://evil.example/x",
    "our name as a user": "http://127.0.0.1:8000@evil.example/",
    "our name and a password": "http://127.0.0.1:8000:x@evil.example/",
    "our name as a beginning": "http://127.0.0.1:8000.evil.example/",
    "our name behind a backslash": "http://evil.example\\@127.0.0.1:8000/",
    "our name in the fragment": "http://evil.example#@127.0.0.1:8000/",
    "our name in the query": "http://evil.example?@127.0.0.1:8000/",
    "another port": "http://127.0.0.1:80/",
    "a full-width stop": "http://127.0.0.1:8000\uff0eevil.example/",
    "a full-width slash": "//evil\u2024example",
    "an IDN": "//\u0435vil.example/",
    "encoded twice and no path": "%252f%252fevil.example",
    "encoded and no path": "%2f%2fevil.example",
    "a header": "/x\r\nLocation: https://evil.example",
    "a cookie": "/x\r\nSet-Cookie: chenu_session=planted",
    "half a surrogate pair": "//evil.example/\ud800",
    "nothing but a query": "?next=//evil.example",
    "an unclosed address": "http://[evil.example/",
    "an overlong path": "/" + "a" * 2001,
}
OURS = {
    "encoded slashes": "/%2f%2fevil.example",
    "an encoded backslash": "/%5cevil.example",
    "a stop": "/.//evil.example",
    "two stops": "/..//evil.example",
    "a user": "/@evil.example",
    "an address in the query": "/agents?q=https://evil.example",
    "an encoded line feed": "/agents%0d%0aSet-Cookie:x=1",
    "letters beyond ASCII": "/agents?q=é\u0435\uff0f",
    "quotes": "/agents?q='\"><script>alert(1)</script>",
}
"""Unusual, but one of our paths to every browser."""

NOBODY = {"cookie": ""}

_STRIPPED = re.compile(r"[\t\n\r]")


def _ends_up(location: str, base: str) -> str:
    """The origin where a browser goes: it drops line breaks and reads backslashes as slashes."""
    plain = _STRIPPED.sub("", location.strip("".join(map(chr, range(33)))))
    before, mark, after = plain.partition("?")
    url = before.replace("\\", "/") + mark + after
    try:
        parts = urlsplit(urljoin(base, re.sub("^//+", "//", url)))
    except ValueError:
        return "nowhere"
    return f"{parts.scheme}://{parts.netloc}"


def _sent(payload: str) -> str:
    """As a form or a URL carries it, lone surrogates too."""
    return quote(payload.encode("utf-8", "surrogatepass"))


async def _locations(
    http: httpx.AsyncClient, services: Services, person: Person, payload: str
) -> dict[str, httpx.Response]:
    """Every place where a request can name the next page."""
    cookie = {"cookie": f"chenu_session={person.token}"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    wanted = f"next={_sent(payload)}"
    origin = services.settings.public_url
    return {
        "sign-in page": await http.get(f"/sign-in?{wanted}", headers=cookie),
        "sign-up page": await http.get(f"/sign-up?{wanted}", headers=cookie),
        "language": await http.post("/language", content=f"locale=fr&{wanted}", headers=form),
        "private page": await http.get(f"/account?{wanted}"),
        "private form": await http.post(
            "/account/verify", headers={"referer": f"{origin}/{_sent(payload)}"}
        ),
    }


async def test_next_leads_to_ourselves_or_nowhere(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("person")
    base = services.settings.public_url
    away, odd = {}, {}

    for name, payload in {**AWAY, **OURS}.items():
        for place, answer in (await _locations(client, services, person, payload)).items():
            location = answer.headers.get("location", "")
            if _ends_up(location, base) != base:
                away[f"{name}, {place}"] = location
            if answer.status_code not in (303, 400):
                odd[f"{name}, {place}"] = answer.status_code
            assert "planted" not in answer.headers.get("set-cookie", "")

    assert away == {}
    assert odd == {}


@pytest.mark.parametrize("how", ["/sign-in", "/sign-up"])
@pytest.mark.parametrize("name", ["no scheme", "slash and backslash", "a cookie", "javascript"])
async def test_who_has_just_signed_in_stays_with_us(
    client: httpx.AsyncClient, services: Services, how: str, name: str
) -> None:
    """The same check as above, behind a password that is slow to check."""
    person = await make_person("person")
    email = person.email if how == "/sign-in" else "new@example.org"
    entered = {"email": email, "password": PASSWORD, "display_name": "New", "next": AWAY[name]}

    answer = await client.post(how, data=entered)

    assert answer.status_code == 303
    assert answer.headers["location"] in ("/library", "/account?notice=welcome")


async def test_letters_beyond_ascii_survive_signing_in(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("person")
    entered = {"email": person.email, "password": PASSWORD, "next": "/agents?q=é\u0435 %41"}

    answer = await client.post("/sign-in", data=entered)

    assert answer.headers["location"] == "/library"  # a URL contains no space
    entered["next"] = "/agents?q=é\u0435%41"
    again = await client.post("/sign-in", data={**entered, "csrf_token": ""}, headers=NOBODY)
    assert again.headers["location"] == "/agents?q=%C3%A9%D0%B5%41"


@pytest.mark.parametrize("payload", AWAY.values(), ids=AWAY.keys())
def test_what_leads_away_is_no_path_of_ours(payload: str) -> None:
    assert not is_local_path(payload)


@pytest.mark.parametrize("payload", OURS.values(), ids=OURS.keys())
def test_what_is_odd_and_ours_passes(payload: str) -> None:
    assert is_local_path(payload)


BUY = """mutation($i: AgentPurchaseInput!) {
    agentPurchase(input: $i) { checkout { url } userErrors { code path } }
}"""
BESIDE = {
    "an allowed origin's user": "https://app.example@evil.example/",
    "an allowed origin's subdomain": "https://x.app.example/",
    "an allowed origin's suffix": "https://app.example.evil.example/",
    "an allowed origin, other scheme": "http://app.example/",
    "an allowed origin, other port": "https://app.example:444/",
    "a stop at the end": "https://app.example./",
    "a semicolon": "https://app.example;evil.example/",
}


@pytest.mark.parametrize("field", ["successUrl", "cancelUrl"])
async def test_the_payment_page_sends_nobody_to_strangers(
    client: httpx.AsyncClient, services: Services, field: str
) -> None:
    creator, _ = await make_creator(services)
    agent = await make_published_agent(services, creator)
    api = as_session(client, services, await make_person("buyer"))
    payloads = [*{**AWAY, **BESIDE}.values(), *OURS.values(), "", "/library"]
    before, passed = await fingerprint(), []

    for payload in payloads:
        request: dict[str, Any] = {
            "agentId": gid("Agent", agent.id),
            "expectedAmountMinor": 900,
            "idempotencyKey": "k",
            "acceptImmediateSupply": True,
            field: payload,
        }
        body = {"query": BUY, "variables": {"i": request}}
        content = _ascii_json(body)
        answer = (await client.post("/graphql", content=content, headers=_json(api.headers))).json()
        refused = answer.get("errors") or answer["data"]["agentPurchase"]["userErrors"]
        passed += [] if refused else [payload]

    assert len(payloads) >= 60
    assert passed == []
    assert await fingerprint() == before


def _json(headers: dict[str, str]) -> dict[str, str]:
    return {**headers, "content-type": "application/json"}


def _ascii_json(body: dict[str, Any]) -> bytes:
    """Lone surrogates as escapes."""
    return json.dumps(body).encode("ascii")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8000/library", "https://app.example/done?a=b#c", "HTTPS://APP.EXAMPLE/"],
)
def test_our_own_and_the_allowed_origins_pass(open_engines: Services, url: str) -> None:
    assert is_return_url(open_engines.settings, url)


def test_there_are_forty_of_them() -> None:
    assert len(AWAY) + len(BESIDE) >= 40


def test_the_browsers_rules_see_through_the_tricks() -> None:
    """A control, without which the first test could pass by mistake."""
    base = "http://127.0.0.1:8000"
    tricks = ("no scheme", "a backslash", "slash and backslash", "a tab between", "absolute")

    assert {_ends_up(AWAY[name], base).partition("://")[2] for name in tricks} == {EVIL}
