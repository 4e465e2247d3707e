"""Chromium against a demo that is really running."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.browser.visitor import Visitor, open_visitor
from tests.demo.running import RunningDemo


@pytest.fixture
async def visitor(chromium: Browser, demo: RunningDemo) -> AsyncIterator[Visitor]:
    """A person with a new browser; the policy must block nothing, and no other host may be used."""
    async with open_visitor(chromium, demo) as somebody:
        yield somebody
        somebody.require_clean()
