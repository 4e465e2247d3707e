"""A demo over a file that has lain for more than a year goes on where the file ends."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.demo.programs import buy_agent, make_key, open_program
from tests.demo.rows import ask, business_now_of, paid_invoices_of, rows_of
from tests.demo.running import RunningDemo, run_chenu, start_demo

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]
AGE = timedelta(days=400)


@pytest.fixture(scope="module")
def aged() -> Iterator[RunningDemo]:
    """A demo over a file that ends 400 days ago, and has lain there since."""
    folder = Path(tempfile.mkdtemp(prefix="chenu-demo-"))
    file, ends = folder / "old.tar.xz", f"{datetime.now(UTC) - AGE:%Y-%m-%d}"
    words = ["demo-history", "--to", str(file), "--days", "3", "--ends", ends]
    made = run_chenu(folder, *words)
    assert made.returncode == 0, made.stdout + made.stderr
    running = start_demo(folder, "--port", "0", "--history", str(file))
    ask(running, _age)
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


async def _age(connection: Any) -> None:
    """Moments of system time were written as long ago as the history ends."""
    for table, column in (
        ("operation", "settled_at"),
        ("outbox_mail", "sent_at"),
        ("purchase", "updated_at"),
        ("subscription_order", "updated_at"),
        ("stripe_event", "received_at"),
        ("stripe_event_key", "received_at"),
    ):
        sql = f"UPDATE {table} SET {column} = {column} - $1::interval"  # noqa: S608 - our own names
        await connection.execute(sql, AGE)


def require_true_books(demo: RunningDemo) -> None:
    checked = run_chenu(demo.folder, "ledger", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "VIOLATED" not in checked.stdout


def test_an_old_history_goes_on_where_it_ended(aged: RunningDemo) -> None:
    ours = business_now_of(aged)

    assert abs(datetime.now(UTC) - AGE - ours) < timedelta(days=1, hours=1)
    require_true_books(aged)


def test_over_an_old_history_an_agent_is_bought_and_time_passes(aged: RunningDemo) -> None:
    with open_program(aged, make_key(aged, "enterprise")) as program:
        assert buy_agent(program, "trieur-de-factures")["status"] == "PAID"
    require_true_books(aged)

    moved = run_chenu(aged.folder, "sandbox", "advance", "32d")

    assert moved.returncode == 0, moved.stderr
    invoices = paid_invoices_of(aged)
    assert invoices["pro"] == 2
    require_true_books(aged)


def test_after_an_old_history_nothing_was_forgotten_or_done_twice(aged: RunningDemo) -> None:
    [(missed,)] = rows_of(aged, "SELECT sum(missed_seconds) FROM event_cursor")
    [(open_ones,)] = rows_of(
        aged, "SELECT count(*) FROM operation WHERE state IN ('INTENT', 'UNKNOWN')"
    )

    assert missed == 0
    assert open_ones == 0
