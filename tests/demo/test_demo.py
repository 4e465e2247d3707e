"""`chenu demo` as a stranger meets it: up, useful, side by side, and gone without a trace."""

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from chenu.core.errors import Invalid
from chenu.demo.advance import parse_duration
from chenu.demo.people import PEOPLE
from tests.demo.rows import rows_of, tiers_of
from tests.demo.running import (
    RunningDemo,
    demo_environment,
    processes_of,
    run_chenu,
    start_demo,
)

pytestmark = pytest.mark.engines

ROLES = [person.role for person in PEOPLE]


@dataclass
class SecondDemo:
    """A demo that a test may stop, kill or move in time, and to which nobody adds an agent."""

    folder: Path
    running: RunningDemo | None = None

    def start(self) -> RunningDemo:
        """Over the same data, unless it runs already."""
        if self.running is None or not self.running.is_running:
            self.running = start_demo(self.folder, "--port", "0")
        return self.running

    def stop(self, stop_signal: int = signal.SIGTERM) -> None:
        if self.running is not None and self.running.is_running:
            self.running.stop(stop_signal)


@pytest.fixture(scope="module")
def second() -> Iterator[SecondDemo]:
    demo = SecondDemo(Path(tempfile.mkdtemp(prefix="chenu-demo-")))
    yield demo
    demo.stop()
    shutil.rmtree(demo.folder, ignore_errors=True)


def test_it_says_where_everything_is_and_who_can_sign_in(demo: RunningDemo) -> None:
    assert set(demo.ready) == {"storefront", "graphql", "sandbox", "mail", "people"}
    assert [person["role"] for person in demo.ready["people"]] == ROLES
    assert all(
        set(p) == {"email", "password", "role", "tier", "state"} for p in demo.ready["people"]
    )
    for place in ("storefront", "sandbox", "mail"):
        url = demo.ready[place] + ("/_sandbox" if place == "sandbox" else "")
        assert httpx.get(url).status_code == 200, place


DOCUMENTS = """
    SELECT split_part(u.email, '@', 1), s.kind FROM billing_document d
    JOIN invoice i ON i.stripe_invoice_id = d.stripe_id
    JOIN subscription s ON s.stripe_subscription_id = i.stripe_subscription_id
    JOIN account a ON a.id = d.account JOIN app_user u ON u.id = a.owner
"""


def test_once_it_is_ready_whoever_paid_at_its_start_has_the_document(second: SecondDemo) -> None:
    """Asked at once: nothing of what its people do at the start is still going on."""
    documents = rows_of(second.start(), DOCUMENTS)

    assert {("clara", "TIER"), ("business", "API_PLAN")} <= set(documents)


def test_a_crash_of_the_machine_spoils_no_demo(second: SecondDemo) -> None:
    assert rows_of(second.start(), "SHOW fsync") == [("on",)]


def test_its_store_holds_the_whole_catalogue(second: SecondDemo) -> None:
    query = {"query": "{ agents(first: 1) { totalCount } }"}
    answer = httpx.post(second.start().ready["graphql"], json=query).json()

    assert answer["data"]["agents"]["totalCount"] == 230  # and one is suspended


@pytest.mark.parametrize("role", ROLES)
def test_everybody_can_sign_in(demo: RunningDemo, role: str) -> None:
    email, password = demo.password(role)
    with httpx.Client(base_url=demo.url) as browser:
        form = {"email": email, "password": password}
        answer = browser.post("/sign-in", data=form)

    assert answer.status_code == 303
    assert "chenu_session" in answer.headers["set-cookie"]


def test_other_commands_find_it_through_its_folder(demo: RunningDemo) -> None:
    checked = run_chenu(demo.folder, "ledger", "check")
    again = run_chenu(demo.folder, "bootstrap-stripe")

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "VIOLATED" not in checked.stdout
    assert again.returncode == 0
    assert {line.split()[0] for line in again.stdout.splitlines()} == {"unchanged"}


def test_a_service_key_of_the_command_line_reads_for_an_account(demo: RunningDemo) -> None:
    made = run_chenu(demo.folder, "service-key", "create", "CHE·NU app")

    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("chenu_service_")
    headers = {"authorization": f"Bearer {made.stdout.strip()}"}
    query = {"query": "{ spheres { code } }"}
    answer = httpx.post(demo.ready["graphql"], json=query, headers=headers).json()
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"  # names no account


@pytest.mark.timeout(600)
def test_a_month_passes_in_minutes(second: SecondDemo) -> None:
    second.start()
    moved = run_chenu(second.folder, "sandbox", "advance", "30d")

    assert moved.returncode == 0, moved.stderr
    assert "30 days" in moved.stdout
    tiers = tiers_of(second.start())
    assert {role: tiers[role] for role in ("trial", "past-due", "leaving")} == {
        "trial": "FREE",
        "past-due": "FREE",
        "leaving": "FREE",
    }
    assert {role: tiers[role] for role in ("starter", "downgrade", "business")} == {
        "starter": "STARTER",
        "downgrade": "PRO",
        "business": "BUSINESS",
    }
    assert run_chenu(second.folder, "ledger", "check").returncode == 0


@pytest.mark.parametrize("duration", ["", "30", "d", "-1d", "400d", "P", "1y", "0d"])
def test_a_wrong_duration_is_refused(duration: str) -> None:
    with pytest.raises(Invalid):
        parse_duration(duration)


@pytest.mark.parametrize("duration", ["", "-1d"])
def test_a_wrong_duration_is_one_clear_line(demo: RunningDemo, duration: str) -> None:
    refused = run_chenu(demo.folder, "sandbox", "advance", "--", duration)

    assert refused.returncode == 1
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_second_one_with_the_same_data_is_refused(demo: RunningDemo) -> None:
    refused = run_chenu(demo.folder, "demo", "--port", "0")

    assert refused.returncode == 1
    assert "already" in refused.stderr
    assert httpx.get(f"{demo.url}/healthz").status_code == 200
    assert run_chenu(demo.folder, "ledger", "check").returncode == 0  # it is still found


def test_two_run_side_by_side(demo: RunningDemo, second: SecondDemo) -> None:
    other = second.start()

    assert other.url != demo.url
    assert other.ready["sandbox"] != demo.ready["sandbox"]
    assert httpx.get(f"{demo.url}/readyz").status_code == 200
    assert httpx.get(f"{other.url}/readyz").status_code == 200


def test_a_taken_port_is_one_clear_line_and_leaves_nothing_running(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        refused = run_chenu(tmp_path, "demo", "--port", str(port))

    assert refused.returncode == 1
    assert f"port {port}" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing"),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("REDIS_URL", "http://localhost"),
        ("LOG_LEVEL", "LOUD"),
        ("CHENU_RETURN_ORIGINS", "not an origin"),
    ],
)
def test_a_wrong_setting_is_one_clear_line_and_leaves_nothing_running(
    tmp_path: Path, variable: str, value: str
) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "chenu", "demo", "--port", "0"],
        env={**demo_environment(tmp_path), variable: value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert refused.returncode == 1
    assert variable in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_it_ends_without_an_orphan_and_comes_back_with_its_data(
    second: SecondDemo, stop_signal: signal.Signals
) -> None:
    email = f"new-{stop_signal.name.lower()}@example.org"
    form = {"email": email, "password": "a password of mine", "display_name": "New Person"}
    url = second.start().url
    assert httpx.post(f"{url}/sign-up", data=form).status_code == 303

    second.stop(stop_signal)
    assert processes_of(second.folder) == []

    again = second.start()
    assert not any("history" in line for line in again.said)
    form = {"email": email, "password": "a password of mine"}
    assert httpx.post(f"{again.url}/sign-in", data=form).status_code == 303


def test_a_killed_supervisor_takes_its_group_with_it(second: SecondDemo) -> None:
    demo = second.start()
    demo.process.kill()
    demo.process.wait()
    demo.close()

    deadline = 50
    while processes_of(second.folder) and deadline:
        deadline -= 1
        signal.sigtimedwait([], 0.1)

    assert processes_of(second.folder) == []
