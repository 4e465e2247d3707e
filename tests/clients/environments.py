"""The generators' own environments, made once from their locks; and where they generate."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
_HOMES = Path(sys.prefix) / "clients"


def make_python_home() -> Path:
    """With ariadne-codegen, which wants an older graphql-core than ours, and mypy."""
    return _make("python", HERE / "python" / "requirements.lock", _install_python)


def make_node_home() -> Path:
    """With graphql-code-generator and the compiler of TypeScript."""
    return _make("typescript", HERE / "typescript" / "package-lock.json", _install_node)


def _make(name: str, lock: Path, install: Callable[[Path], None]) -> Path:
    """The folder that was made from this lock; tests of other processes wait for it."""
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


def _install_python(home: Path) -> None:
    run(sys.executable, "-m", "venv", "--without-pip", home)
    install = ROOT / "scripts" / "install_lock.py"
    lock = HERE / "python" / "requirements.lock"
    run(sys.executable, install, lock, "--python", home / "bin" / "python")


def _install_node(home: Path) -> None:
    home.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "typescript" / name, home)
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    run(_find_beside_python("npm"), "ci", *quiet, folder=home)


def find_node() -> str:
    return _find_beside_python("node")


def _find_beside_python(program: str) -> str:
    """The machine's, or what set-up put into the virtual environment."""
    places = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
    found = shutil.which(program, path=places)
    assert found, f"set-up fetches {program} where there is none: make test"
    return found


def lay_out(language: str, folder: Path) -> None:
    """What a developer begins with: the schema, the operations, and a program with its settings."""
    shutil.copy(ROOT / "graphql" / "schema.graphql", folder)
    shutil.copytree(ROOT / "graphql" / "operations", folder / "operations")
    for path in (HERE / language).iterdir():
        if path.is_file():
            shutil.copy(path, folder)


def run(*command: str | Path, folder: Path | None = None) -> None:
    """Fails with everything that the command said."""
    path = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout}"
