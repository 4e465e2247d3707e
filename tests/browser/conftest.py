"""Chromium against a demo that is really running."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.visitor import Visitor, open_visitor
from tests.chromium import open_chromium
from tests.demo.running import RunningDemo, start_demo


@pytest.fixture(scope="session")
def demo() -> Iterator[RunningDemo]:
    folder = Path(tempfile.mkdtemp(prefix="chenu-browser-"))
    running = start_demo(folder, "--port", "0")
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with open_chromium() as launched:
        yield launched


@pytest.fixture
async def visitor(browser: Browser, demo: RunningDemo) -> AsyncIterator[Visitor]:
    """Somebody with a fresh browser; nothing may be refused by the policy or loaded from others."""
    async with open_visitor(browser, demo) as somebody:
        yield somebody
        somebody.require_clean()
