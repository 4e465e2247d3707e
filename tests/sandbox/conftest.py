"""Sandboxes for the tests. The recorded answers are checked after each test that used one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chenu.sandbox.config import recorded_by_environment
from chenu.sandbox.contract.check import check_lines
from tests.recording import keep_events
from tests.sandbox.playground import Playground, build, close

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The SDK passes raw bytes to httpx in a deprecated way."""
    known = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(known)


@pytest.fixture(scope="session")
async def _recorded() -> AsyncIterator[Playground]:
    playground = build(recorded_by_environment())
    yield playground
    await close(playground)


@pytest.fixture
async def play(_recorded: Playground) -> AsyncIterator[Playground]:
    """An empty sandbox; everything that it answers and emits must conform to Stripe's API."""
    _empty(_recorded)
    yield _recorded
    await _check(_recorded)


@pytest.fixture(scope="session")
async def _unrecorded() -> AsyncIterator[Playground]:
    playground = build(None)
    yield playground
    await close(playground)


@pytest.fixture
async def loose(_unrecorded: Playground) -> Playground:
    """An empty sandbox for requests that are wrong on purpose; nothing of it is recorded."""
    _empty(_unrecorded)
    return _unrecorded


def _empty(playground: Playground) -> None:
    for snapshot in playground.sandbox.snapshots.all():
        playground.sandbox.snapshots.delete(snapshot)
    playground.sandbox.reset()
    playground.receiver.received.clear()
    playground.receiver.status = 200


async def _check(playground: Playground) -> None:
    events = (await playground.http.get("/_sandbox/events.jsonl")).text
    exchanges = (await playground.http.get("/_sandbox/exchanges")).text
    assert list(check_lines([*exchanges.splitlines(), *events.splitlines()])) == []
    assert await playground.control("invariants") == {"violations": []}
    keep_events(events)
