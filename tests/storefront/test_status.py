"""/status: what works now and by day, for everybody, also while the database is away."""

from datetime import timedelta

import httpx
import pytest

from chenu.availability.board import StatusBoard
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.services import Services
from tests.availability.measured import NOON, SLOT, sample_in
from tests.people import make_person
from tests.storefront.browser import Browser


async def _sample_now(works: int = 4, broken: int = 0) -> None:
    now = system_now()
    begun = now - (now - NOON) % SLOT
    await sample_in(range(1 - works - broken, 1 - broken), start=begun)
    await sample_in(range(1 - broken, 1), start=begun, works=False)


async def test_before_the_first_sample_the_page_says_so(browser: Browser) -> None:
    seen = await browser.get("/status")

    assert seen.status == 200
    assert "Nothing was measured yet" in seen.words


async def test_everybody_sees_the_state_and_the_month(browser: Browser) -> None:
    await _sample_now(works=3, broken=1)
    broken = await browser.get("/status")
    french = await browser.get("/status", **{"accept-language": "fr"})
    await _sample_now()
    works = await browser.get("/status")

    assert "Everything works" in works.words
    assert "100.000" in works.words
    assert "Not available" in broken.words
    assert "no answer" in broken.words
    assert "75,000" in french.words


async def test_programs_read_the_same_and_may_cache_it(client: httpx.AsyncClient) -> None:
    await _sample_now(works=3, broken=1)

    answer = await client.get("/status.json")

    found = answer.json()
    assert answer.headers["cache-control"] == "public, max-age=15"
    assert (found["state"], found["isCurrent"]) == ("DOWN", True)
    assert found["month"]["availabilityThousandths"] == 75_000
    assert len(found["days"]) == 90
    assert found["parts"]["database"] is True


async def test_while_the_database_is_away_the_last_that_was_known_is_shown(
    client: httpx.AsyncClient, browser: Browser, services: Services
) -> None:
    await _sample_now()
    browser.become(await make_person("watcher@example.org"))
    before = await browser.get("/status")
    with db.assumed_lost():
        away = await browser.get("/status")
        other = await browser.get("/agents")
        for_programs = await client.get("/status.json")

    assert before.status == away.status == 200
    assert "The database does not answer now" in away.words
    assert "What stands below is what was known" in away.words
    assert "100.000" in away.words
    assert (for_programs.json()["isCurrent"], for_programs.json()["state"]) == (False, "DOWN")
    assert other.status == 503


async def test_the_database_is_asked_once_for_all_who_look(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = StatusBoard(60)
    asked = []

    async def count_and_read() -> object:
        asked.append(1)
        return None

    monkeypatch.setattr("chenu.availability.board.read_status", count_and_read)
    for _ in range(3):
        await board.get()

    assert len(asked) == 1
    assert timedelta(seconds=1) > system_now() - (await board.get()).now
