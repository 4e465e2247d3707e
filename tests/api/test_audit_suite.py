"""The audit suite of GraphQL over HTTP (npm package graphql-http) against the running product."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from chenu.demo.processes import Child, free_port
from tests.api.programs import find_node
from tests.conftest import Engines

_SUITE = Path(__file__).with_name("audit_suite.mjs")

DEMANDS = (
    "22EB", "4655", "47DE", "80D8", "82A3", "BF61", "78D5", "2C94", "9ABE",
    "03D4", "34A2", "13EE", "8161", "B8B3", "94B0", "0220", "94B1", "0221",
    "94B2", "0222", "2EA1", "28B9", "428F", "1B7A", "BCF8", "B7N8", "572B",
    "FDE2", "7B9B", "865D", "556A", "D586", "51FE", "74FF", "5E5B", "86EE",
)  # fmt: skip
"""Each MUST and SHOULD of the suite, by its id."""


class Audit(msgspec.Struct):
    """`status`: ok, error (of a MUST), warn (of a SHOULD), notice (of a MAY), or fatal."""

    id: str
    name: str
    status: str
    reason: str


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=1).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def product(engines: Engines) -> Iterator[str]:
    """The web process as operators start it, which caches answers for a second."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {**os.environ, **engines.env, "CHENU_PUBLIC_URL": url, "CHENU_CACHE_SECONDS": "1"}
    command = [sys.executable, "-m", "chenu", "serve", "--port", str(port)]
    web = Child("audited", command, engines.folder / "logs" / "audited.log", env=env)
    web.start()
    try:
        web.wait_until(lambda: _is_up(url), 30)
        yield url
    finally:
        web.ask_to_stop()
        web.wait_stopped(10)


@pytest.fixture(scope="module")
def audits(product: str) -> dict[str, Audit]:
    command = [find_node(), str(_SUITE), f"{product}/graphql"]
    suite = subprocess.run(command, check=True, capture_output=True, timeout=60)
    return {audit.id: audit for audit in msgspec.json.decode(suite.stdout, type=list[Audit])}


def test_every_demand_of_the_suite_is_looked_at(audits: dict[str, Audit]) -> None:
    demands = {audit.id for audit in audits.values() if audit.name.startswith(("MUST", "SHOULD"))}

    assert demands == set(DEMANDS)


@pytest.mark.parametrize("audit_id", DEMANDS)
def test_what_the_suite_demands_is_met(audits: dict[str, Audit], audit_id: str) -> None:
    audit = audits[audit_id]

    assert audit.status == "ok", audit


def test_of_what_may_be_only_queries_over_get_are_missing(audits: dict[str, Audit]) -> None:
    missing = {audit.id: audit.name for audit in audits.values() if audit.status != "ok"}

    assert all(" GET" in name for name in missing.values()), missing
