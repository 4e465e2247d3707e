"""Subscribers of the kept history live again, and come to the same."""

import csv
import io
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chenu.demo.history import FILE, History, read_history
from chenu.demo.subscribers import TWO_YEARS, list_subscribers
from tests.demo.running import run_chenu

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]
COUNT = 10
DAYS = 160
ENDING = timedelta(days=3)
"""What happens in the replay's last days may not have come to an end."""

Row = dict[str, str]


@pytest.fixture(scope="module")
def replayed() -> Iterator[History]:
    begins = read_history(FILE).manifest.ends_at - timedelta(days=TWO_YEARS)
    with tempfile.TemporaryDirectory(prefix="chenu-replay-") as folder:
        file, ends = Path(folder) / "replay.tar.xz", f"{begins + timedelta(days=DAYS):%Y-%m-%d}"
        words = ["--to", str(file), "--subscribers", str(COUNT), "--days", str(DAYS)]
        made = run_chenu(Path(folder), "demo-history", *words, "--ends", ends)
        assert made.returncode == 0, made.stdout + made.stderr
        yield read_history(file)


def rows_in(history: History, table: str) -> list[Row]:
    """A table's rows as COPY wrote them."""
    columns = next(each.columns for each in history.manifest.tables if each.name == table)
    text = io.StringIO(history.rows[table].decode(), newline="\n")
    lines = csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
    return [dict(zip(columns, line, strict=True)) for line in lines]


def roles_in(history: History) -> dict[str, str]:
    """Of the replayed subscribers, by account."""
    roles = {each.person.email: each.role for each in list_subscribers()[:COUNT]}
    owners = {row["id"]: roles.get(row["email"]) for row in rows_in(history, "app_user")}
    found = ((row["id"], owners[row["owner"]]) for row in rows_in(history, "account"))
    return {account: role for account, role in found if role is not None}


def facts_in(history: History, table: str, moment: str, *columns: str) -> list[tuple[str, ...]]:
    """Day by day until shortly before the replay ends: whose, and these columns."""
    roles, begins = roles_in(history), first_day()
    until = begins + timedelta(days=DAYS) - ENDING
    return sorted(
        (roles[row["account"]], row[moment][:10], *(row[name] for name in columns))
        for row in rows_in(history, table)
        if row["account"] in roles and datetime.fromisoformat(row[moment]) < until
    )


def first_day() -> datetime:
    return read_history(FILE).manifest.ends_at - timedelta(days=TWO_YEARS)


def test_replayed_subscribers_get_the_same_invoices(replayed: History) -> None:
    wanted = ("created_at", "total", "amount_paid", "billing_reason", "discount")

    again = facts_in(replayed, "invoice", *wanted)

    assert len(again) > COUNT
    assert again == facts_in(read_history(FILE), "invoice", *wanted)
