"""A demo as a subprocess, started as a new user would."""

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

START_SECONDS = 150
STOP_SECONDS = 30
COMMAND_SECONDS = 500


@dataclass
class RunningDemo:
    """`ready` is the parsed READY line; `said` is everything printed before it."""

    folder: Path
    process: "subprocess.Popen[str]"
    ready: dict[str, Any]
    said: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        url: str = self.ready["storefront"]
        return url

    def password(self, role: str) -> tuple[str, str]:
        """Email and password of one of the demo's people."""
        person = next(p for p in self.ready["people"] if p["role"] == role)
        return person["email"], person["password"]

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def stop(self, stop_signal: int = signal.SIGTERM) -> None:
        self.process.send_signal(stop_signal)
        self.process.wait(STOP_SECONDS)
        self.close()

    def close(self) -> None:
        """Closes the pipe of a demo that has ended."""
        if self.process.stdout is not None:
            self.process.stdout.close()


def start_demo(folder: Path, *options: str) -> RunningDemo:
    """Raises AssertionError with the demo's output if it does not become ready."""
    return _start(folder, "chenu", "demo", *options)


def start_empty_demo(
    folder: Path, begins_at: datetime, *roles: str, shop: str | None = None
) -> RunningDemo:
    """Without a history, and with these of its people; its time begins where it is told.

    `shop`: the handle of a creator whose agents are on sale there.
    """
    options = ["--shop", shop] if shop else []
    return _start(folder, "tests.demo.empty", begins_at.isoformat(), *options, *roles)


def _start(folder: Path, module: str, *arguments: str) -> RunningDemo:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=demo_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: list[str] = []
    timer = threading.Timer(START_SECONDS, process.kill)
    timer.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("READY "):
                return RunningDemo(folder, process, json.loads(line.removeprefix("READY ")), said)
            said.append(line)
    finally:
        timer.cancel()
    process.wait()
    raise AssertionError(f"the demo ended with {process.returncode}: {''.join(said)}")


def run_chenu(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command that finds the demo of this folder."""
    return subprocess.run(
        [sys.executable, "-m", "chenu", *arguments],
        env=demo_environment(folder),
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )


def demo_environment(folder: Path) -> dict[str, str]:
    """Our environment without the variables of the tests' own engines."""
    stored = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
    return {**stored, "CHENU_DATA": str(folder)}


def processes_of(folder: Path) -> list[str]:
    """Command lines of processes that name the folder, or have it as their CHENU_DATA."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            settings = (process / "environ").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if str(folder) in words or f"CHENU_DATA={folder}" in settings:
            found.append(words)
    return found
