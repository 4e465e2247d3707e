"""The sitemap is written once for many requests, and others are answered meanwhile."""

import asyncio
from xml.etree import ElementTree

import pytest

from chenu.flows.services import Services
from storefront import sitemap as module
from storefront.sitemap import Sitemap
from tests.api.calls import counted_statements
from tests.people import make_published_agent
from tests.storefront.visitors import make_seller


async def test_many_requests_at_once_and_later_read_the_agents_once(services: Services) -> None:
    await make_published_agent(services, await make_seller(services))
    sitemap = Sitemap("https://chenu.example", 1)

    async with counted_statements() as statements:
        at_once = await asyncio.gather(*(sitemap.get_document() for _ in range(5)))
        later = await sitemap.get_document()

    assert len(statements) == 1
    assert {*at_once} == {later}
    assert b"<loc>https://chenu.example/agents/" in later


async def test_without_a_cache_each_request_sees_the_newest_agent(services: Services) -> None:
    seller = await make_seller(services)
    sitemap = Sitemap("https://chenu.example", 0)
    before = await sitemap.get_document()

    agent = await make_published_agent(services, seller)

    assert agent.slug.encode() not in before
    assert agent.slug.encode() in await sitemap.get_document()


async def test_a_long_one_lets_others_run_between_its_portions(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PORTION", 1)
    await make_published_agent(services, await make_seller(services))
    written = asyncio.ensure_future(Sitemap("https://a.example/?a&b", 0).get_document())
    turns = 0
    while not written.done():
        turns += 1
        await asyncio.sleep(0)

    tree = ElementTree.fromstring(written.result())  # noqa: S314 - our own map
    locations = [element.text for element in tree.iter() if element.tag.endswith("}loc")]
    assert locations[0] == "https://a.example/?a&b/"
    assert len(locations) == 5
    assert turns > len(locations)
