"""`chenu worker` as a separate process over the tests' engines."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.conftest import Engines
from tests.product_process import start_chenu
from tests.waiting import until


@dataclass
class Worker:
    process: BaseProcess
    log: Path

    def kill(self) -> None:
        """SIGKILL, as in a crash: nothing is finished."""
        self.process.kill()

    def ask_to_stop(self) -> None:
        self.process.terminate()

    async def ended(self) -> int:
        await asyncio.to_thread(self.process.join, 30)
        assert self.process.exitcode is not None
        return self.process.exitcode


@asynccontextmanager
async def worker(engines: Engines, folder: Path, **env: str) -> AsyncIterator[Worker]:
    """Ready for jobs; killed at the end unless the test has ended it."""
    ready, log = folder / "ready", folder / "worker.log"
    ready.unlink(missing_ok=True)
    arguments = ["worker", "--ready-file", str(ready)]
    process = start_chenu(arguments, {**os.environ, **engines.env, **env}, log)
    running = Worker(process, log)

    async def is_ready() -> bool:
        assert process.is_alive(), log.read_text()
        return ready.exists()

    try:
        await until(is_ready)
        yield running
    finally:
        if process.is_alive():
            running.kill()
        await running.ended()
