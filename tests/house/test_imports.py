"""What `.importlinter` refuses, tried on a copy of the code: the build breaks where it should."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
PACKAGES = ("chenu", "graphql/chenu_graphql", "storefront")
IN_FUNCTION = "\n\ndef late() -> None:\n    from storefront import pages\n"
FOR_TYPES = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from chenu_graphql import routes
"""


def copy_code(folder: Path) -> None:
    for package in PACKAGES:
        keep = shutil.ignore_patterns("node_modules", "__pycache__", "static", "templates")
        shutil.copytree(ROOT / package, folder / package, ignore=keep)
    shutil.copy(ROOT / ".importlinter", folder)


def find_broken(folder: Path) -> set[str]:
    """The names of the broken contracts."""
    env = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{folder / 'graphql'}"}
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    return {line.removesuffix(" BROKEN") for line in lines if line.endswith(" BROKEN")}


def test_a_new_module_needs_a_layer_and_circles_are_found(tmp_path: Path) -> None:
    copy_code(tmp_path)
    (tmp_path / "chenu" / "newcomer.py").write_text("")
    with (tmp_path / "storefront" / "words.py").open("a") as file:
        file.write(IN_FUNCTION)
    with (tmp_path / "graphql" / "chenu_graphql" / "context.py").open("a") as file:
        file.write(FOR_TYPES)

    assert find_broken(tmp_path) == {
        "Every part of chenu has a layer",
        "Every module of chenu_graphql has a layer",
        "Every module of storefront has a layer",
        "No circles",
    }
