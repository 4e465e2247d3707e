"""`chenu worker` as a separate process over the tests' engines."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import Engines
from tests.waiting import until


@dataclass
class Worker:
    process: asyncio.subprocess.Process
    log: Path

    def kill(self) -> None:
        """SIGKILL, as in a crash: nothing is finished."""
        self.process.send_signal(signal.SIGKILL)

    def ask_to_stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), 30)


@asynccontextmanager
async def worker(engines: Engines, folder: Path, **env: str) -> AsyncIterator[Worker]:
    """Ready for jobs; killed at the end unless the test has ended it."""
    ready, log = folder / "ready", folder / "worker.log"
    ready.unlink(missing_ok=True)
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chenu", "worker", "--ready-file", str(ready)),
            env={**os.environ, **engines.env, **env},
            stdout=output,
            stderr=output,
        )
    running = Worker(process, log)

    async def is_ready() -> bool:
        assert process.returncode is None, log.read_text()
        return ready.exists()

    try:
        await until(is_ready)
        yield running
    finally:
        if process.returncode is None:
            running.kill()
        await running.ended()
