"""One Chromium for the tests that need a browser; fails loudly where there is none."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

_FINDER = Path(__file__).parents[1] / "scripts" / "browser.py"
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
        launched = await playwright.chromium.launch(executable_path=_find(), args=_FLAGS)
        yield launched
        await launched.close()


def _find() -> str:
    command = [sys.executable, str(_FINDER)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()
