"""The state in a demo's data folder, and how other commands find a running demo."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec


@dataclass
class DemoState:
    """Stored between runs: the signing secret, the sandbox's port and webhooks, and the identity
    provider's port and client secret.
    """

    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    sandbox_port: int | None = None
    webhook_secret: str | None = None
    connect_secret: str | None = None
    thin_secret: str | None = None
    provider_port: int | None = None
    provider_secret: str | None = None


class RunningDemo(msgspec.Struct, frozen=True):
    """Stored while a demo runs: its process id and the environment that its processes share."""

    pid: int
    env: dict[str, str]


def _state_path(folder: Path) -> Path:
    return folder / "state.json"


def _running_path(folder: Path) -> Path:
    return folder / "running.json"


def load_state(folder: Path) -> DemoState:
    path = _state_path(folder)
    return msgspec.json.decode(path.read_bytes(), type=DemoState) if path.exists() else DemoState()


def save_state(folder: Path, state: DemoState) -> None:
    _write_private(_state_path(folder), msgspec.json.encode(state))


def announce(folder: Path, env: Mapping[str, str]) -> None:
    _write_private(_running_path(folder), msgspec.json.encode(RunningDemo(os.getpid(), dict(env))))


def withdraw(folder: Path) -> None:
    """Removes what this process wrote, and never the entry of another running demo."""
    running = _read_running(folder)
    if running is not None and running.pid == os.getpid():
        _running_path(folder).unlink(missing_ok=True)


def read_environment(folder: Path) -> dict[str, str]:
    """The running demo's environment; empty without one."""
    running = _read_running(folder)
    return {} if running is None else running.env


def _read_running(folder: Path) -> RunningDemo | None:
    try:
        running = msgspec.json.decode(_running_path(folder).read_bytes(), type=RunningDemo)
        os.kill(running.pid, 0)
    except (OSError, msgspec.DecodeError):
        return None
    return running


def _write_private(path: Path, content: bytes) -> None:
    """Readable by the owner only, because it contains secrets."""
    unfinished = path.with_suffix(".tmp")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    unfinished.replace(path)
