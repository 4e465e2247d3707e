"""Pictures are served from our own origin, for ever the same, and can do nothing."""

import pytest

from chenu.agents.model import AgentId
from chenu.flows.services import Services
from chenu.media.pictures import Picture, PictureSize, picture_url
from tests.agents.shelf import open_shop, shelve
from tests.media.drawn import read
from tests.media.stored import keep
from tests.storefront.browser import Browser


@pytest.fixture
async def picture(services: Services) -> Picture:
    agent: AgentId = await shelve(await open_shop(), "Trieur")
    return await keep(services, agent)


@pytest.mark.parametrize("size", PictureSize)
async def test_each_size_is_served(browser: Browser, picture: Picture, size: PictureSize) -> None:
    answer = (await browser.get(picture_url(picture.hash, size))).response

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert read(answer.content).size == ((480, 360) if size is PictureSize.SMALL else (640, 480))


async def test_an_address_lasts_and_what_is_there_can_do_nothing(
    browser: Browser, picture: Picture
) -> None:
    answer = (await browser.get(picture_url(picture.hash, PictureSize.LARGE))).response

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert policy.endswith("sandbox")
    assert "unsafe" not in policy
    assert "set-cookie" not in answer.headers


async def test_a_known_picture_is_not_sent_again_and_its_head_alone_is_without_body(
    browser: Browser, picture: Picture
) -> None:
    url = picture_url(picture.hash, PictureSize.LARGE)
    whole = await browser.client.get(url)

    again = await browser.client.get(url, headers={"if-none-match": whole.headers["etag"]})
    head = await browser.client.head(url)

    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["etag"] == whole.headers["etag"]


UNKNOWN = {
    "of nobody": f"/media/{'0' * 64}-small.webp",
    "no hash": "/media/x-small.webp",
    "capitals": f"/media/{'A' * 64}-small.webp",
    "no size": f"/media/{'0' * 64}.webp",
    "another size": f"/media/{'0' * 64}-huge.webp",
    "another ending": f"/media/{'0' * 64}-small.png",
    "a way out": "/media/..%2f..%2fetc%2fpasswd-small.webp",
    "nothing": "/media/",
}


@pytest.mark.parametrize("path", UNKNOWN.values(), ids=UNKNOWN)
async def test_at_every_other_address_a_page_says_that_nothing_is_there(
    browser: Browser, path: str
) -> None:
    seen = await browser.get(path)

    assert seen.status == 404
    assert seen.response.headers["content-type"].startswith("text/html")
    assert "immutable" not in seen.response.headers.get("cache-control", "")
    assert "style-src 'self'" in seen.response.headers["content-security-policy"]
