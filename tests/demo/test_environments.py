"""Programs that npm fetches: what is missing is one line that says what to do."""

import sys
from pathlib import Path

import pytest

from chenu.demo import environments
from chenu.demo.environments import find_node, make_node_environment
from chenu.demo.processes import StartError


def _put_program(folder: Path, name: str, says: str, status: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of its programs; the virtual environment has none."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    monkeypatch.setattr(environments, "HOMES", tmp_path / "environments")
    return tmp_path / "bin"


@pytest.mark.parametrize("version", ["", "v18.20.4"])
def test_without_a_new_node_it_says_how_to_get_one(machine: Path, version: str) -> None:
    if version:
        _put_program(machine, "node", version)
        _put_program(machine, "npm", "")

    with pytest.raises(StartError, match=r"node 20 or newer.*requirements-node.lock"):
        find_node()


def test_one_of_the_virtual_environment_is_found_beside_an_old_one(machine: Path) -> None:
    own = Path(sys.executable).parent
    for folder, version in ((machine, "v18.20.4"), (own, "v24.1.0")):
        _put_program(folder, "node", version)
        _put_program(folder, "npm", "")

    assert find_node() == str(own / "node")


def test_a_failed_installation_is_one_line_and_is_tried_again(machine: Path) -> None:
    lock = machine.parent / "package-lock.json"
    lock.write_text("{}")
    lock.with_name("package.json").write_text("{}")
    _put_program(machine, "node", "v22.0.0")
    _put_program(machine, "npm", "npm error code ENOTFOUND\nnpm error network", status=1)

    with pytest.raises(StartError) as failed:
        make_node_environment("thing", lock)
    _put_program(machine, "npm", "added 40 packages")
    home = make_node_environment("thing", lock)

    assert "npm failed, is there a network? npm error code ENOTFOUND" in str(failed.value)
    assert "\n" not in str(failed.value)
    assert (home / "complete").exists()
