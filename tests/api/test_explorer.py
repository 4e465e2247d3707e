"""The explorer's page: our own files, no inline script or style, the session's CSRF token."""

import re
from pathlib import Path

import httpx

from chenu.flows.services import Services
from chenu.http.security_headers import EXPLORER_PATH as PATH_OF_THE_POLICY
from chenu_graphql.explorer import EXPLORER_PATH
from tests.api.calls import as_session
from tests.people import make_person

STATIC = Path(__file__).parents[2] / "storefront" / "static"


async def test_the_page_uses_our_own_files_only(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get(EXPLORER_PATH)).text

    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert sources
    sources.remove("data:,")  # without an icon, browsers do not request one
    assert all(source.startswith("/static/") for source in sources)
    assert all((STATIC / source.removeprefix("/static/")).exists() for source in sources)


async def test_nothing_is_inline(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get(EXPLORER_PATH)).text

    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert "<style" not in page
    assert " style=" not in page
    assert re.findall(r"\son\w+=", page) == []


async def test_its_policy_is_the_one_for_its_address(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get(EXPLORER_PATH)

    policy = answer.headers["content-security-policy"]
    assert EXPLORER_PATH == PATH_OF_THE_POLICY
    assert "script-src 'self';" in policy
    assert answer.headers["cache-control"] == "no-store"


async def test_a_session_finds_its_token_and_nobody_finds_none(
    client: httpx.AsyncClient, services: Services
) -> None:
    headers = as_session(client, services, await make_person("buyer")).headers

    own = (await client.get(EXPLORER_PATH, headers={"cookie": headers["cookie"]})).text
    nobodys = (await client.get(EXPLORER_PATH)).text

    assert f'data-csrf-token="{headers["x-csrf-token"]}"' in own
    assert 'data-csrf-token=""' in nobodys
