"""Lock files: hashed, complete, and without addresses."""

import json
import re
from pathlib import Path

import pytest

from bench import peer_environments

ROOT = Path(__file__).parents[2]
PEERS = sorted((ROOT / "bench" / "peers").glob("*/requirements.lock"))
PEERS_ON_NODE = sorted((ROOT / "bench" / "peers").glob("*/package-lock.json"))
MAIN = ROOT / "requirements.lock"
OF_MCP = ROOT / "requirements-mcp.lock"
PYTHON_LOCKS = (
    MAIN,
    OF_MCP,
    ROOT / "requirements-node.lock",
    ROOT / "tests" / "clients" / "python" / "requirements.lock",
    ROOT / "tests" / "http" / "envoy" / "requirements.lock",
    ROOT / "deploy" / "requirements.lock",
    *PEERS,
)
NPM_LOCKS = (
    ROOT / "storefront" / "package-lock.json",
    ROOT / "tests" / "clients" / "typescript" / "package-lock.json",
    ROOT / "chenu" / "demo" / "provider" / "package-lock.json",
    *PEERS_ON_NODE,
)
LOCKS = (*PYTHON_LOCKS, *NPM_LOCKS)


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
    assert {lock.parent.name for lock in PEERS_ON_NODE} == {*peer_environments.ON_NODE}


def test_an_extra_that_a_package_asks_for_stands_in_the_lock() -> None:
    """Piccolo asks for pydantic[email]: the lock says why email-validator is in it."""
    assert "\npydantic[email]==" in (ROOT / "requirements.lock").read_text()


def test_every_dependency_of_the_project_is_in_the_lock() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    wanted = set(re.findall(r'^  "([A-Za-z0-9_-]+)(?:\[[\w,]+\])?[>=]=', project, re.MULTILINE))
    locked = {name for lock in (MAIN, OF_MCP) for name in versions_in(lock)}

    assert {name.lower() for name in wanted} <= {name.lower() for name in locked}


def test_the_sdk_of_agents_runs_over_the_packages_of_the_product() -> None:
    """`pip install chenu[mcp]` must have one version of each: 0064."""
    product, agents = versions_in(MAIN), versions_in(OF_MCP)
    shared = product.keys() & agents.keys()

    assert {name: agents[name] for name in shared} == {name: product[name] for name in shared}
    assert "mcp" in agents.keys() - shared


def versions_in(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", lock.read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", NPM_LOCKS, ids=name_of)
def test_every_package_of_npm_is_verified_by_its_hash(path: Path) -> None:
    lock = json.loads(path.read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}

    assert packages
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []
