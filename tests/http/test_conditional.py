"""Conditional requests: a client with a current copy gets 304 without a body."""

import httpx
import pytest

from chenu.flows.services import Services
from tests.http.raw import raw
from tests.people import make_creator, make_published_agent

FILES = [
    "/static/site.css",
    "/static/vendor/htmx.min.js",
    "/favicon.svg",
    "/robots.txt",
    "/sitemap.xml",
    "/schemas/agent-manifest-1.json",
]
CODINGS = ["identity", "gzip"]


async def tag_of(client: httpx.AsyncClient, path: str, coding: str = "identity") -> str:
    answer = await client.get(path, headers={"accept-encoding": coding})
    return answer.headers["etag"]


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", FILES)
async def test_a_known_file_is_not_sent_again(
    client: httpx.AsyncClient, services: Services, path: str, method: str, coding: str
) -> None:
    whole = await client.get(path, headers={"accept-encoding": coding})
    tag = whole.headers["etag"]

    answer = await client.request(
        method, path, headers={"accept-encoding": coding, "if-none-match": tag}
    )

    assert (answer.status_code, answer.content) == (304, b"")
    assert not {"content-length", "content-type", "content-encoding"} & set(answer.headers)
    for name in ("etag", "cache-control", "vary", "content-security-policy"):
        assert answer.headers.get(name) == whole.headers.get(name)


@pytest.mark.parametrize("path", ["/static/site.css", "/static/explorer.js"])
async def test_each_coding_has_a_tag_of_its_own(client: httpx.AsyncClient, path: str) -> None:
    plain, small = [await tag_of(client, path, coding) for coding in CODINGS]

    crossed = await client.get(path, headers={"accept-encoding": "gzip", "if-none-match": plain})

    assert plain != small
    assert crossed.status_code == 200
    assert crossed.headers["etag"] == small
    assert crossed.headers["vary"] == "Accept-Encoding"


KNOWN = ["{tag}", "W/{tag}", "*", " * ", '"x", {tag}', '{tag}, "y"', 'W/"x",W/{tag} , "z"']
UNKNOWN = [
    "", '"x"', 'W/"x"', "{bare}", '"{bare}x"', '"x{bare}"', '"*"', "w/", '"', "{tag}".upper(),
    '"{bare}', "\xff", "*, x", '"a,b"', "x" * 100_000, '"x",' * 20_000,
]  # fmt: skip


def _filled(pattern: str, tag: str) -> str:
    return pattern.replace("{tag}", tag).replace("{bare}", tag.strip('"'))


@pytest.mark.parametrize("pattern", KNOWN)
async def test_tags_are_found_in_lists_and_compared_weakly(
    client: httpx.AsyncClient, pattern: str
) -> None:
    tag = await tag_of(client, "/static/site.css")
    headers = {"accept-encoding": "identity", "if-none-match": _filled(pattern, tag)}

    assert (await client.get("/static/site.css", headers=headers)).status_code == 304


@pytest.mark.parametrize("pattern", UNKNOWN, ids=lambda pattern: repr(pattern[:20]))
async def test_whoever_has_something_else_is_sent_the_file(
    client: httpx.AsyncClient, pattern: str
) -> None:
    tag = await tag_of(client, "/static/site.css")
    headers = raw({"accept-encoding": "identity", "if-none-match": _filled(pattern, tag)})

    answer = await client.get("/static/site.css", headers=headers)

    assert answer.status_code == 200
    assert len(answer.content) == int(answer.headers["content-length"]) > 0


async def test_tags_in_several_lines_are_one_list(client: httpx.AsyncClient) -> None:
    tag = await tag_of(client, "/robots.txt")
    lines = [("if-none-match", '"a"'), ("if-none-match", tag), ("if-none-match", '"b"')]

    assert (await client.get("/robots.txt", headers=lines)).status_code == 304


async def test_an_icon_is_not_sent_again(client: httpx.AsyncClient, services: Services) -> None:
    person, _ = await make_creator(services, "zoe")
    agent = await make_published_agent(services, person)
    path = f"/icons/{agent.id}.svg"

    answer = await client.get(path, headers={"if-none-match": await tag_of(client, path)})

    assert answer.status_code == 304
    assert answer.headers["cache-control"] == "public, max-age=86400"


@pytest.mark.parametrize(
    "path", ["/agents", "/nothing", "/static/none.css", "/account", "/sign-in"]
)
async def test_what_has_no_tag_is_always_sent(client: httpx.AsyncClient, path: str) -> None:
    plain = await client.get(path)

    answer = await client.get(path, headers={"if-none-match": "*"})

    assert answer.status_code == plain.status_code
    assert len(answer.content) == len(plain.content)


async def test_a_write_is_not_held_up_by_a_tag(client: httpx.AsyncClient) -> None:
    body = {"query": "{ tiers { code } }"}

    answer = await client.post("/graphql", json=body, headers={"if-none-match": "*"})

    assert answer.status_code == 200
    assert answer.json()["data"]["tiers"]
