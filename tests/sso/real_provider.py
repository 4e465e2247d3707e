"""The demo's `oidc-provider` of npm, for one test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from chenu.demo.identity_provider import ProviderSettings, install_provider, provider_process
from tests.environments import INSTALLING_SECONDS

STARTING_SECONDS = 30


@asynccontextmanager
async def open_provider(settings: ProviderSettings, folder: Path) -> AsyncIterator[str]:
    """Its issuer; the folder gets its log."""
    async with asyncio.timeout(INSTALLING_SECONDS):
        home = await asyncio.to_thread(install_provider)
    process = provider_process(home, settings, folder / "identity_provider.log", {})
    process.start()
    try:
        await asyncio.to_thread(
            process.wait_until, lambda: _answers(settings.metadata_url), STARTING_SECONDS
        )
        yield settings.issuer
    finally:
        process.ask_to_stop()
        process.wait_stopped(STARTING_SECONDS)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.HTTPError:
        return False
