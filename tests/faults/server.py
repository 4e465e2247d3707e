"""One process of the product: started, set to crash, killed and restarted."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Server:
    """`deaths` counts how often it was found dead, for whatever reason."""

    name: str
    command: list[str]
    env: dict[str, str]
    folder: Path
    process: "subprocess.Popen[bytes] | None" = None
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
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, env=env, stdout=log, stderr=log)

    @property
    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def kill(self) -> None:
        """kill -9 from outside."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def revive(self) -> None:
        """Restarts it if it has died."""
        if self.died:
            self.deaths += 1
            self.start()
