"""Environments of Python programs that have no place in the product's own, beside those of node.

Tests of other processes wait for the one that makes them.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from chenu.demo.environments import make_environment, run

ROOT = Path(__file__).parents[1]
INSTALLING_SECONDS = 600
"""How long the first test may take that needs one, on a slow index."""


def make_python_environment(name: str, lock: Path, *, paths: Sequence[str | Path] = ()) -> Path:
    """Its folder; `bin` has what the lock's packages install. `paths` are importable in it too."""

    def install(home: Path) -> None:
        python = home / "bin" / "python"
        run(sys.executable, "-m", "venv", "--without-pip", home)
        run(sys.executable, ROOT / "scripts" / "install_lock.py", lock, "--python", python)
        [packages] = home.glob("lib/python*/site-packages")
        (packages / "further.pth").write_text("".join(f"{path}\n" for path in paths))

    return make_environment(name, lock, install)
