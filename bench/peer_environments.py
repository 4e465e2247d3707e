"""The peers' own virtual environments, made on demand from their pinned requirements."""

import hashlib
import subprocess
import sys
from pathlib import Path

from bench.stand import FOLDER

NAMES = ("strawberry_piccolo", "graphene", "ariadne", "fastapi_strawberry_sqlalchemy")
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
    wanted = folder_of(name) / "requirements.txt"
    home = FOLDER / "peers" / name
    python, mark = home / "bin" / "python", home / "made-from"
    made_from = hashlib.sha256(wanted.read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text() != made_from:
        print(f"installing {name}", file=sys.stderr)
        _run(sys.executable, "-m", "venv", "--clear", str(home))
        pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        _run(str(python), *pip, "-r", str(wanted))
        mark.write_text(made_from)
    return python


def _run(*command: str) -> None:
    subprocess.run(command, check=True)  # noqa: S603 - our own commands
