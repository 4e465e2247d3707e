"""Lock files: hashed, complete, and without addresses."""

import json
import re
from pathlib import Path

import pytest

from bench import peer_environments

ROOT = Path(__file__).parents[2]
PEERS = sorted((ROOT / "bench" / "peers").glob("*/requirements.lock"))
PYTHON_LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-node.lock", *PEERS)
LOCKS = (*PYTHON_LOCKS, ROOT / "storefront" / "package-lock.json")


def name_of(lock: Path) -> str:
    return str(lock.relative_to(ROOT))


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_a_lock_file_names_no_address(lock: Path) -> None:
    assert "://" not in lock.read_text()


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=name_of)
def test_every_python_package_is_pinned_with_hashes(lock: Path) -> None:
    text = lock.read_text()
    packages = [line for line in text.splitlines() if re.match(r"\w", line)]

    assert packages
    assert all(re.match(r"[\w.-]+(\[[\w,]+\])?==\S+", package) for package in packages)
    assert text.count("==") <= text.count("--hash=sha256:")


def test_every_peer_has_a_lock() -> None:
    assert {lock.parent.name for lock in PEERS} == {
        *peer_environments.NAMES,
        peer_environments.LIMITERS,
    }


def test_an_extra_that_a_package_asks_for_stands_in_the_lock() -> None:
    """Piccolo asks for pydantic[email]: the lock says why email-validator is in it."""
    assert "\npydantic[email]==" in (ROOT / "requirements.lock").read_text()


def test_every_dependency_of_the_project_is_in_the_lock() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    wanted = set(re.findall(r'^  "([A-Za-z0-9_-]+)(?:\[[\w,]+\])?[>=]=', project, re.MULTILINE))
    locked = set(re.findall(r"^([\w.-]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))

    assert {name.lower() for name in wanted} <= {name.lower() for name in locked}


def test_every_front_end_package_is_verified_by_its_hash() -> None:
    lock = json.loads((ROOT / "storefront" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}

    assert packages
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []
