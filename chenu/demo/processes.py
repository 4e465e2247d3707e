"""Child processes that never outlive the demo: started, watched, and ended in order."""

import ctypes
import fcntl
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.02


class StartError(Exception):
    """One line: what did not start, and where its log is."""


_claims: list[int] = []
"""Open files whose locks reserve our ports until this process ends."""


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago and is reserved for this process.

    Without the lock file two processes could get one port: if they ask at the same time, or while a
    restarted server does not listen. Clients of the one would then talk to the other's server.
    """
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
            if _claim(port):
                return port


def _claim(port: int) -> bool:
    path = Path(tempfile.gettempdir()) / f"chenu-port-{port}.lock"
    try:
        claim = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
    except OSError:  # belongs to another user
        return False
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(claim)
        return False
    _claims.append(claim)
    return True


def require_free_port(port: int) -> None:
    """Raises StartError if another process listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StartError(f"port {port} cannot be used: {error.strerror}") from None


def earlier_port(port: int | None) -> int:
    """The one of an earlier run where it is free, so that links of that run still work."""
    try:
        require_free_port(port or 0)
    except StartError:
        port = None
    return port or free_port()


def _die_with_parent(stop_signal: int) -> Callable[[], None] | None:
    """On Linux the kernel ends the child when we are killed.

    Elsewhere there is no such guarantee.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, stop_signal)

    return ask_kernel


def drop_rights(user: str | None) -> dict[str, Any]:
    """Popen's options to run as that user, with only that user's groups."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@dataclass
class Child:
    """A running process with its log file and the signal that stops it gracefully."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    stop_signal: int = signal.SIGTERM
    user: str | None = None
    cwd: Path | None = None
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.env),
                cwd=self.cwd,
                **drop_rights(self.user),
                start_new_session=True,  # so that Ctrl-C reaches the supervisor only
                preexec_fn=_die_with_parent(self.stop_signal),
            )

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.pid

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait_until(self, is_ready: Callable[[], bool], seconds: float) -> None:
        """Raises StartError if the process ends or the timeout is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.is_running():
                raise StartError(f"{self.name} ended at start: {self.last_words()}")
            if is_ready():
                return
            time.sleep(_POLL_SECONDS)
        raise StartError(f"{self.name} did not come up within {seconds:.0f} s: {self.last_words()}")

    def last_words(self) -> str:
        """The log's last line, and the path of the log."""
        lines = (
            self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        )
        return f"{lines[-1] if lines else 'it said nothing'} (log: {self.log})"

    def ask_to_stop(self, stop_signal: int | None = None) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(stop_signal or self.stop_signal)

    def wait_stopped(self, seconds: float) -> None:
        """Kills the whole process group if it does not end in time."""
        if self._process is None:
            return
        try:
            self._process.wait(max(seconds, 0.05))
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
