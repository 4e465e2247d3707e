"""A new version, process by process, as docs/scaling.md says it: nobody notices."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from bench.scale.places import DIRECT_URL, WORKERS
from bench.scale.product import Product
from chenu.demo.processes import StartError
from tests.faults.releases import Releases, Step

_DRAIN_SECONDS = 2.0
_STEPS = (
    Step(("ALTER TABLE purchase ADD COLUMN made_up_by_scale bigint",)),
    Step(("UPDATE purchase SET made_up_by_scale = 0",), is_whole=False),
    Step(
        ("CREATE INDEX CONCURRENTLY made_up_by_scale ON purchase (made_up_by_scale)",),
        is_whole=False,
    ),
)


class Deployment:
    """Migrations first, then one process after the other."""

    def __init__(self, product: Product) -> None:
        self._product = product

    async def roll(self) -> None:
        """Raises StartError when the new version does not come up."""
        folder = self._product.stack.folder / "releases"
        folder.mkdir()
        release = Releases(folder).make(_STEPS)
        await asyncio.to_thread(self._migrate, release)
        for name in (*self._product.webs, *WORKERS):
            self._product.code[name] = release
            if name in self._product.webs:
                self._set_state(name, "drain")
                await asyncio.sleep(_DRAIN_SECONDS)
            await asyncio.to_thread(self._product.stack.machines[name].stop, "chenu")
            await asyncio.to_thread(self._product.restart, name)
            if name in self._product.webs:
                self._set_state(name, "ready")

    def _migrate(self, release: Path) -> None:
        paths = f"{release}{os.pathsep}{release / 'graphql'}"
        env = {**os.environ, **self._product.env, "DATABASE_URL": DIRECT_URL, "PYTHONPATH": paths}
        command = [sys.executable, "-m", "chenu", "migrate"]
        done = subprocess.run(  # noqa: S603 - our own command
            command, cwd=release, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StartError(f"the migration failed: {done.stdout[-300:]}{done.stderr[-300:]}")

    def _set_state(self, name: str, state: str) -> None:
        """No new requests, or all again."""
        self._product.stack.tell_haproxy(f"set server web/{name} state {state}")
