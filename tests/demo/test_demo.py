"""`chenu demo` as a stranger meets it: up, useful, side by side, and gone without a trace."""

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.demo.running import (
    RunningDemo,
    demo_environment,
    processes_of,
    start_demo,
)

pytestmark = pytest.mark.engines

ROLES = ["free", "starter", "pro", "business", "enterprise", "creator", "affiliate", "staff"]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="chenu-demo-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[RunningDemo]:
    running = start_demo(folder, "--port", "0")
    yield running
    if running.process.poll() is None:
        running.stop()


def run_chenu(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "chenu", *arguments],
        env=demo_environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_says_where_everything_is_and_who_can_sign_in(demo: RunningDemo) -> None:
    assert set(demo.ready) == {"storefront", "graphql", "sandbox", "mail", "people"}
    assert [person["role"] for person in demo.ready["people"]] == ROLES
    assert all(set(p) == {"email", "password", "role"} for p in demo.ready["people"])
    for place in ("storefront", "sandbox", "mail"):
        url = demo.ready[place] + ("/_sandbox" if place == "sandbox" else "")
        assert httpx.get(url).status_code == 200, place
    query = {"query": "{ agents(first: 1) { totalCount } }"}
    answer = httpx.post(demo.ready["graphql"], json=query).json()
    assert answer["data"]["agents"]["totalCount"] == 231


@pytest.mark.parametrize("role", ROLES)
def test_everybody_can_sign_in(demo: RunningDemo, role: str) -> None:
    email, password = demo.password(role)
    with httpx.Client(base_url=demo.url) as browser:
        form = {"email": email, "password": password}
        answer = browser.post("/sign-in", data=form)

    assert answer.status_code == 303
    assert "chenu_session" in answer.headers["set-cookie"]


def test_other_commands_find_it_through_its_folder(demo: RunningDemo, folder: Path) -> None:
    checked = run_chenu(folder, "ledger", "check")
    again = run_chenu(folder, "bootstrap-stripe")

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "VIOLATED" not in checked.stdout
    assert again.returncode == 0
    assert {line.split()[0] for line in again.stdout.splitlines()} == {"unchanged"}


def test_a_service_key_of_the_command_line_reads_for_an_account(
    demo: RunningDemo, folder: Path
) -> None:
    made = run_chenu(folder, "service-key", "create", "CHE·NU app")

    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("chenu_service_")
    headers = {"authorization": f"Bearer {made.stdout.strip()}"}
    query = {"query": "{ spheres { code } }"}
    answer = httpx.post(demo.ready["graphql"], json=query, headers=headers).json()
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"  # names no account


def test_a_month_passes_in_seconds(demo: RunningDemo, folder: Path) -> None:
    moved = run_chenu(folder, "sandbox", "advance", "30d")

    assert moved.returncode == 0, moved.stderr
    assert "30 days" in moved.stdout
    assert run_chenu(folder, "ledger", "check").returncode == 0


@pytest.mark.parametrize("duration", ["", "30", "d", "-1d", "400d", "P", "1y", "0d"])
def test_a_wrong_duration_is_one_clear_line(demo: RunningDemo, folder: Path, duration: str) -> None:
    refused = run_chenu(folder, "sandbox", "advance", "--", duration)

    assert refused.returncode == 1
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_second_one_with_the_same_data_is_refused(demo: RunningDemo, folder: Path) -> None:
    refused = run_chenu(folder, "demo", "--port", "0")

    assert refused.returncode == 1
    assert "already" in refused.stderr
    assert httpx.get(f"{demo.url}/healthz").status_code == 200


def test_two_run_side_by_side(demo: RunningDemo, tmp_path: Path) -> None:
    other = start_demo(tmp_path, "--port", "0")
    try:
        assert other.url != demo.url
        assert other.ready["sandbox"] != demo.ready["sandbox"]
        assert httpx.get(f"{demo.url}/readyz").status_code == 200
        assert httpx.get(f"{other.url}/readyz").status_code == 200
    finally:
        other.stop(signal.SIGINT)

    assert processes_of(tmp_path) == []


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


def test_it_ends_without_an_orphan_and_comes_back_with_its_data(
    demo: RunningDemo, folder: Path
) -> None:
    email = "new-person@example.org"
    form = {"email": email, "password": "a password of mine", "display_name": "New Person"}
    assert httpx.post(f"{demo.url}/sign-up", data=form).status_code == 303

    demo.stop()
    assert processes_of(folder) == []

    again = start_demo(folder, "--port", "0")
    try:
        form = {"email": email, "password": "a password of mine"}
        assert httpx.post(f"{again.url}/sign-in", data=form).status_code == 303
    finally:
        again.stop()


def test_a_killed_supervisor_takes_its_group_with_it(tmp_path: Path) -> None:
    demo = start_demo(tmp_path, "--port", "0")
    demo.process.kill()
    demo.process.wait()
    demo.close()

    deadline = 50
    while processes_of(tmp_path) and deadline:
        deadline -= 1
        signal.sigtimedwait([], 0.1)

    assert processes_of(tmp_path) == []
