"""Environments of programs that have no place in the product's own: each is made once from its
lock, and again when the lock changes. Tests of other processes wait for it.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
INSTALLING_SECONDS = 600
"""How long the first test may take that needs one, on a slow index."""

_HOMES = Path(sys.prefix) / "environments"


def make_python_environment(name: str, lock: Path, *, paths: Sequence[str | Path] = ()) -> Path:
    """Its folder; `bin` has what the lock's packages install. `paths` are importable in it too."""

    def install(home: Path) -> None:
        python = home / "bin" / "python"
        run(sys.executable, "-m", "venv", "--without-pip", home)
        run(sys.executable, ROOT / "scripts" / "install_lock.py", lock, "--python", python)
        [packages] = home.glob("lib/python*/site-packages")
        (packages / "further.pth").write_text("".join(f"{path}\n" for path in paths))

    return _make(name, lock, install)


def make_node_environment(name: str, lock: Path) -> Path:
    """The folder with `node_modules`; `package.json` stands beside the lock."""

    def install(home: Path) -> None:
        home.mkdir()
        for path in (lock, lock.with_name("package.json")):
            shutil.copy(path, home)
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        run(_find_beside_python("npm"), "ci", *quiet, folder=home)

    return _make(name, lock, install)


def find_node() -> str:
    return _find_beside_python("node")


def run(*command: str | Path, folder: Path | None = None) -> None:
    """Fails with everything that the command said."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": _places()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout}"


def _make(name: str, lock: Path, install: Callable[[Path], None]) -> Path:
    home = _HOMES / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    mark = home / "complete"
    with _one_at_a_time(name):
        if not mark.exists():
            for earlier in _HOMES.glob(f"{name}-*"):
                shutil.rmtree(earlier)
            install(home)
            mark.touch()
    return home


@contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    _HOMES.mkdir(parents=True, exist_ok=True)
    with (_HOMES / f"{name}.flock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _find_beside_python(program: str) -> str:
    """The machine's, or what set-up put into the virtual environment."""
    found = shutil.which(program, path=_places())
    assert found, f"set-up fetches {program} where there is none: make test"
    return found


def _places() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
