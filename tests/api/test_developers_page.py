"""The developer's page: its programs run as they stand, and what it says of the API is true."""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar
from uuid import UUID

import httpx
import pytest

from chenu.accounts.actor import AccountId, ApiScope
from chenu.flows.services import Services
from chenu_graphql.limits import MAX_POINTS, count_calls
from chenu_graphql.schema import get_schema, print_sdl
from chenu_graphql.schema_file import SCHEMA_PATH
from storefront.api_changes import list_api_changes
from storefront.api_terms import ERRORS, MOST_POINTS, count_costs
from storefront.code_examples import write_examples
from tests.agents.shelf import open_shop, shelve
from tests.api.programs import LANGUAGES, Author, failures, make_authors, run_programs

PAGE = "/developers"
NOBODY = AccountId(UUID(int=0))


async def _read_page(url: str) -> str:
    async with httpx.AsyncClient() as http:
        return (await http.get(f"{url}{PAGE}", headers={"accept-language": "en"})).text


async def test_the_first_call_runs_as_the_page_shows_it(
    client: httpx.AsyncClient, services: Services, url: str
) -> None:
    authors = await make_authors(client, services, ApiScope.READ)

    ran = await run_programs(await _read_page(url), "first-call", authors)

    assert failures(ran) == {}
    for language, run in ran.items():
        assert json.loads(run.out)["data"]["viewer"]["displayName"] == language.capitalize()


async def test_the_catalogue_is_read_to_its_end(
    client: httpx.AsyncClient, services: Services, url: str
) -> None:
    authors = await make_authors(client, services, ApiScope.READ)
    shop = await open_shop()
    for number in range(51):
        await shelve(shop, f"Agent {number}")

    ran = await run_programs(await _read_page(url), "catalogue", authors)

    assert failures(ran) == {}
    assert len(json.loads(ran["curl"].out)["data"]["agents"]["edges"]) == 50
    assert len(set(ran["python"].out.splitlines())) == 51
    assert sorted(ran["python"].out.splitlines()) == sorted(ran["javascript"].out.splitlines())


_EMPTY = {"data": {"agents": {"edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}}

_REFUSED = {"errors": [{"message": "Too many calls"}]}


class _Refusing(BaseHTTPRequestHandler):
    """Refuses each key's first call, and answers the next."""

    seen: ClassVar[dict[str, int]] = {}

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        key = self.headers["authorization"]
        self.seen[key] = self.seen.get(key, 0) + 1
        is_refused = self.seen[key] == 1
        body = json.dumps(_REFUSED if is_refused else _EMPTY).encode()
        self.send_response(429 if is_refused else 200)
        self.send_header("retry-after", "90000" if "exhausted" in key else "0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base
        pass


@pytest.fixture
def refusing() -> Iterator[str]:
    _Refusing.seen = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _as_html(topic: str, base_url: str) -> str:
    examples = write_examples(topic, base_url).examples
    texts = [f'<pre id="{topic}-{each.language}">{each.text}</pre>' for each in examples]
    return "".join(texts)


async def test_programs_wait_where_a_limit_says_so(refusing: str) -> None:
    authors = {language: Author(NOBODY, language) for language in LANGUAGES}

    ran = await run_programs(_as_html("catalogue", refusing), "catalogue", authors)

    assert [run.code for run in ran.values()] == [0, 0, 0]  # curl tells its error output as well
    assert _Refusing.seen == {f"Bearer {language}": 2 for language in LANGUAGES}


async def test_programs_do_not_wait_for_the_next_month(refusing: str) -> None:
    authors = {name: Author(NOBODY, f"exhausted-{name}") for name in ("python", "javascript")}

    ran = await run_programs(_as_html("catalogue", refusing), "catalogue", authors)

    assert [(run.code, run.out) for run in ran.values()] == [(1, ""), (1, "")]
    assert list(_Refusing.seen.values()) == [1, 1]


async def test_the_schema_is_served_as_a_file(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get(PAGE)
    served = await visitor.get(SCHEMA_PATH)
    again = await visitor.get(SCHEMA_PATH, headers={"if-none-match": served.headers["etag"]})

    assert f'href="{SCHEMA_PATH}"' in page.text
    assert served.text == print_sdl()
    assert served.headers["content-type"] == "text/plain; charset=utf-8"
    assert again.status_code == 304


def test_calls_are_counted_as_the_page_says() -> None:
    assert MOST_POINTS == MAX_POINTS
    for row in count_costs():
        assert count_calls(row.least) == count_calls(row.most) == row.calls
        assert count_calls(row.most + 1) == row.calls + 1


def test_the_page_names_every_error_of_a_whole_request() -> None:
    description = get_schema().type_map["ErrorCode"].description or ""
    listed = description.partition("extensions.code, one of ")[2].partition(", with extensions")[0]

    codes = re.findall(r"[A-Z]+_?[A-Z]+", listed.partition(" (an API key")[0])
    assert set(codes) <= {term.name for term in ERRORS}


def test_the_changelog_names_what_the_schema_has() -> None:
    words = set(re.findall(r"\w+", print_sdl()))

    missing = {name for change in list_api_changes() for name in change.names} - words

    assert missing == set()
    assert all(change.text["fr"] and change.text["en"] for change in list_api_changes())
