"""One Chromium for the tests that need a browser; fails loudly where there is none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

from tests.programs import find_chromium

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--accept-lang=en-US,en",
]
"""The language of contexts that name none: builds of Chromium have different ones."""


@asynccontextmanager
async def open_chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=find_chromium(), args=_FLAGS)
        yield launched
        await launched.close()
