"""Static files, icons, the manifest's schema, and what search engines read."""

import gzip
import json
import re
from xml.etree import ElementTree

import pytest

from chenu.agents.manifest import SCHEMA_PATH
from chenu.flows.creators.edit_agent import create_agent
from chenu.flows.services import Services
from storefront.assets import STATIC, asset_url, find_asset
from tests.people import agent_input, make_published_agent
from tests.storefront.browser import Browser
from tests.storefront.visitors import make_seller

NOBODY = "01a2051f-a8ba-7639-bbad-d23eab301896"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("site.css", "text/css; charset=utf-8"),
        ("vendor/htmx.min.js", "text/javascript; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
    ],
)
async def test_files_are_stored_for_ever_under_the_address_of_their_content(
    browser: Browser, name: str, content_type: str
) -> None:
    named = (await browser.get(asset_url(name))).response
    plain = (await browser.get(f"/static/{name}")).response
    stale = (await browser.get(f"/static/{name}?v=000000000000")).response

    assert named.headers["content-type"] == content_type
    assert named.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (
        plain.headers["cache-control"] == stale.headers["cache-control"] == "public, max-age=3600"
    )
    assert named.content == plain.content


async def test_files_are_sent_compressed_to_those_who_can_read_that(browser: Browser) -> None:
    asset = find_asset("site.css")
    assert asset is not None

    plain = await browser.client.get("/static/site.css", headers={"accept-encoding": "identity"})
    small = await browser.client.get("/static/site.css", headers={"accept-encoding": "gzip"})

    assert plain.content == small.content == asset.body
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < len(asset.body) // 3
    assert gzip.decompress(asset.compressed) == asset.body


@pytest.mark.parametrize(
    "path",
    [
        "/static/nothing.css",
        "/static/../routes/home.py",
        "/static/..%2froutes%2fhome.py",
        "/static/%2e%2e/routes/home.py",
        "/static//etc/passwd",
        "/static/css",
        "/static/",
        "/static/vendor/.lock-hash",
        "/static/site.css%00",
    ],
)
async def test_only_files_that_are_meant_to_be_served_are(browser: Browser, path: str) -> None:
    assert (await browser.get(path)).status in (400, 404)


async def test_a_first_visit_is_light(browser: Browser) -> None:
    sent = {}
    for path in ("/agents", asset_url("site.css"), asset_url("vendor/htmx.min.js")):
        answer = await browser.client.get(path, headers={"accept-encoding": "gzip"})
        sent[path] = int(answer.headers["content-length"])

    assert sum(sent.values()) < 100_000
    assert sent[asset_url("vendor/htmx.min.js")] < 30_000


def test_styles_load_nothing_and_hide_nothing_from_the_policy() -> None:
    text = "".join(path.read_text() for path in (STATIC / "css").glob("*.css"))

    assert not re.search(r"url\(|@import|@font-face|http", text)
    assert text.count("{") == text.count("}")


def test_the_dark_scheme_has_other_colours_and_nothing_else() -> None:
    text = "".join(path.read_text() for path in (STATIC / "css").glob("*.css"))
    dark = re.findall(
        r"@media screen and \(prefers-color-scheme: dark\) \{((?:[^{}]*\{[^{}]*\})+)\s*\}", text
    )
    declared = [one for block in dark for one in re.findall(r"[{;]\s*([^;{}]+:[^;{}]+)", block)]

    assert text.count("prefers-color-scheme") == len(dark) == 2
    assert len(declared) > 20
    assert [one for one in declared if not re.fullmatch(r"--[a-z-]+: #[0-9a-f]{6,8}", one)] == []


async def test_an_icon_is_drawn_from_its_agent_and_stored(
    browser: Browser, services: Services
) -> None:
    agent = await make_published_agent(services, await make_seller(services))

    answer = (await browser.get(f"/icons/{agent.id}.svg")).response
    again = (await browser.get(f"/icons/{agent.id}.svg")).response

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert answer.content == again.content
    assert ElementTree.fromstring(answer.text).tag.endswith("svg")  # noqa: S314 - our own drawing


async def test_an_icon_of_a_draft_is_its_maker_s_alone(
    browser: Browser, services: Services
) -> None:
    seller = await make_seller(services)
    agent_id = await create_agent(seller.actor, agent_input())

    stranger = await browser.get(f"/icons/{agent_id}.svg")
    own = await browser.become(seller).get(f"/icons/{agent_id}.svg")

    assert stranger.status == 404
    assert own.response.headers["cache-control"] == "private, max-age=86400"


@pytest.mark.parametrize(
    "name", ["nothing.svg", f"{NOBODY}.svg", f"{NOBODY}.png", NOBODY, ".svg", "..svg"]
)
async def test_icons_of_nothing_are_not_found(browser: Browser, name: str) -> None:
    assert (await browser.get(f"/icons/{name}")).status == 404


async def test_the_manifest_s_schema_is_published_as_it_is_used(browser: Browser) -> None:
    answer = (await browser.get("/schemas/agent-manifest-1.json")).response

    assert answer.json() == json.loads(SCHEMA_PATH.read_text())
    assert answer.headers["content-type"] == "application/schema+json"


async def test_search_engines_find_what_is_on_sale_and_nothing_private(
    browser: Browser, services: Services
) -> None:
    seller = await make_seller(services)
    agent = await make_published_agent(services, seller)
    draft_id = await create_agent(seller.actor, agent_input(name="Secret draft"))

    sitemap = (await browser.get("/sitemap.xml")).response
    robots = (await browser.get("/robots.txt")).response

    base = services.settings.public_url
    tree = ElementTree.fromstring(sitemap.text)  # noqa: S314 - our own map
    locations = [element.text for element in tree.iter() if element.tag.endswith("loc")]
    assert f"{base}/agents/{agent.slug}" in locations
    assert "secret-draft" not in sitemap.text
    assert str(draft_id) not in sitemap.text
    assert f"Sitemap: {base}/sitemap.xml" in robots.text
    assert "Disallow: /account$" in robots.text.splitlines()


ROBOTS = [
    ("/creator", False),
    ("/creator/agents/new", False),
    ("/creator?notice=joined", False),
    ("/account", False),
    ("/library?after=x", False),
    ("/purchases/1", False),
    ("/staff/review/1", False),
    ("/sign-in?next=%2F", False),
    ("/creators/atelier", True),
    ("/creators", True),
    ("/accounts", True),
    ("/library-of-agents", True),
    ("/staffing", True),
    ("/sign-in-help", True),
    ("/agents/creator", True),
    ("/agents/account/manifest", True),
    ("/", True),
]


@pytest.mark.parametrize(("path", "is_open"), ROBOTS)
async def test_search_engines_are_barred_from_what_is_private_and_from_nothing_else(
    browser: Browser, path: str, *, is_open: bool
) -> None:
    """Read as RFC 9309 says: a rule is a beginning, up to the end with a dollar sign."""
    lines = (await browser.get("/robots.txt")).response.text.splitlines()
    rules = [line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow: ")]

    matching = [
        rule
        for rule in rules
        if (path == rule[:-1] if rule.endswith("$") else path.startswith(rule))
    ]

    assert (not matching) is is_open
