"""Programs that are not ours: each is installed once from its lock, and again when that changes.

Beside the virtual environment's own, where several demos and tests find them.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chenu.demo.processes import StartError

OLDEST_NODE = 20
HOMES = Path(sys.prefix) / "environments"


def make_node_environment(name: str, lock: Path) -> Path:
    """The folder with `node_modules`; `package.json` stands beside the lock. Raises StartError."""

    def install(home: Path) -> None:
        home.mkdir()
        for path in (lock, lock.with_name("package.json")):
            shutil.copy(path, home)
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        run(_find_npm(), "ci", *quiet, folder=home)

    return make_environment(name, lock, install)


def make_environment(name: str, lock: Path, install: Callable[[Path], None]) -> Path:
    """The folder that `install` has filled; half a one is made anew. Raises StartError."""
    home = HOMES / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    mark = home / "complete"
    with _one_at_a_time(name):
        if not mark.exists():
            for earlier in HOMES.glob(f"{name}-*"):
                shutil.rmtree(earlier)
            install(home)
            mark.touch()
    return home


@contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    HOMES.mkdir(parents=True, exist_ok=True)
    with (HOMES / f"{name}.flock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def find_node() -> str:
    """Beside the npm that we use. Raises StartError."""
    return str(Path(_find_npm()).with_name("node"))


def _find_npm() -> str:
    """The machine's, if its node is new enough, else what set-up put into our environment."""
    for folder in _places().split(os.pathsep):
        node, npm = shutil.which("node", path=folder), shutil.which("npm", path=folder)
        if node and npm and _version_of(node) >= OLDEST_NODE:
            return npm
    raise StartError(
        f"node {OLDEST_NODE} or newer with npm is needed, and is not there: install it, or run "
        f"`{sys.executable} scripts/install_lock.py requirements-node.lock`"
    )


def _version_of(node: str) -> int:
    command = [node, "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - found
    major = done.stdout.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def run(*command: str | Path, folder: Path | None = None) -> None:
    """Raises StartError with what the command said last, and where the whole of it stands."""
    done = subprocess.run(  # noqa: S603 - our own commands
        command,
        cwd=folder,
        env={**os.environ, "PATH": _places()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        name = Path(command[0]).name
        log = HOMES / f"{name}.log"
        log.write_text(done.stdout)
        said = next((line for line in done.stdout.splitlines() if line.strip()), "it said nothing")
        raise StartError(f"{name} failed, is there a network? {said.strip()} (log: {log})")


def _places() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
