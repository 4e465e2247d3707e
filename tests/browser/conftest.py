"""Chromium against a demo that is really running."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.browser.visitor import Visitor, open_visitor
from tests.demo.running import RunningDemo


@pytest.fixture
async def visitor(chromium: Browser, demo: RunningDemo) -> AsyncIterator[Visitor]:
    """Somebody with a fresh browser; nothing may be refused by the policy or loaded from others."""
    async with open_visitor(chromium, demo) as somebody:
        yield somebody
        somebody.require_clean()
