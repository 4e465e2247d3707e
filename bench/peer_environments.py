"""The peers' own virtual environments, made on demand from their lock files."""

import hashlib
import subprocess
import sys
from pathlib import Path

from bench.stand import FOLDER, ROOT

NAMES = ("strawberry_piccolo", "graphene", "ariadne", "fastapi_strawberry_sqlalchemy")
LIMITERS = "limiters"
"""Other limiters, all in one environment."""
TITLES = {
    "strawberry_piccolo": "Strawberry + Piccolo on Litestar, defaults",
    "graphene": "graphene on Starlette + asyncpg",
    "ariadne": "Ariadne + asyncpg",
    "fastapi_strawberry_sqlalchemy": "FastAPI + Strawberry + SQLAlchemy",
}


def folder_of(name: str) -> Path:
    return Path(__file__).parent / "peers" / name


def prepare(name: str) -> Path:
    """The environment's interpreter; a minute of installing the first time."""
    lock = folder_of(name) / "requirements.lock"
    home = FOLDER / "peers" / name
    python, mark = home / "bin" / "python", home / "made-from"
    made_from = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text() != made_from:
        print(f"installing {name}", file=sys.stderr)
        _run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(home))
        install = str(ROOT / "scripts" / "install_lock.py")
        _run(sys.executable, install, str(lock), "--python", str(python))
        mark.write_text(made_from)
    return python


def _run(*command: str) -> None:
    subprocess.run(command, check=True)  # noqa: S603 - our own commands
