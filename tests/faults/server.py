"""One process of the product: started, set to crash, killed and restarted."""

import os
import signal
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.product_process import start_chenu
from tests.waiting import until


@dataclass
class Server:
    """`deaths` counts how often it was found dead, for whatever reason."""

    name: str
    arguments: list[str]
    """Of the `chenu` command."""
    env: dict[str, str]
    folder: Path
    process: BaseProcess | None = None
    deaths: int = 0

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def _crash_file(self) -> Path:
        return self.folder / f"{self.name}.crash"

    def arm(self, point: str) -> None:
        """Makes the running process kill itself at this point of chenu.core.crash_points."""
        unfinished = self._crash_file.with_suffix(".tmp")
        unfinished.write_text(point)
        unfinished.replace(self._crash_file)

    def disarm(self) -> None:
        self._crash_file.unlink(missing_ok=True)

    def start(self) -> None:
        env = {**os.environ, **self.env, "CHENU_CRASH_FILE": str(self._crash_file)}
        self.process = start_chenu(self.arguments, env, self.log)

    @property
    def died(self) -> bool:
        return self.process is not None and not self.process.is_alive()

    def send(self, signal_number: signal.Signals) -> None:
        assert self.process is not None
        assert self.process.pid is not None
        os.kill(self.process.pid, signal_number)

    def kill(self) -> None:
        """kill -9 from outside."""
        if self.process is not None:
            self.process.kill()
            self.process.join()

    def revive(self) -> None:
        """Restarts it if it has died."""
        if self.died:
            self.deaths += 1
            self.start()

    async def require_one_death_since(self, deaths: int) -> None:
        """Waits for it, and restarts: a killed process closes its connections, so that its clients
        go on elsewhere, some time before its parent is told of the death."""

        async def is_found_dead() -> bool:
            self.revive()
            return self.deaths > deaths

        await until(is_found_dead, f"the death of {self.name} at its crash point")
        assert self.deaths == deaths + 1
