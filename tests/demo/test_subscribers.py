"""The first subscribers of the two years live alone, and come to what the file says of them."""

import csv
import io
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chenu.demo.history import FILE, History, read_history
from chenu.demo.lives import two_years
from chenu.demo.subscribers import COUNT, TWO_YEARS, list_subscribers
from tests.demo.running import run_chenu

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]
LIVING, DAYS = 10, 100
ROLES = {each.role for each in list_subscribers()[:LIVING]}

Row = dict[str, str]


@pytest.fixture(scope="module")
def whole() -> History:
    """The file with which demos begin."""
    return read_history(FILE)


@pytest.fixture(scope="module")
def ends_at(whole: History) -> datetime:
    """After the first hundred days of the file: they begin on the same day."""
    return whole.manifest.ends_at + timedelta(days=DAYS - TWO_YEARS)


@pytest.fixture(scope="module")
def lived(ends_at: datetime) -> Iterator[History]:
    """Sandbox and worker take them through a hundred days; the books of it are true."""
    with tempfile.TemporaryDirectory(prefix="chenu-lives-") as folder:
        file = Path(folder) / "lives.tar.xz"
        words = ["--to", str(file), "--subscribers", str(LIVING), "--days", str(DAYS)]
        made = run_chenu(Path(folder), "demo-history", *words, "--ends", f"{ends_at:%Y-%m-%d}")
        assert made.returncode == 0, made.stdout + made.stderr
        yield read_history(file)


def rows_in(history: History, table: str) -> list[Row]:
    """A table's rows as COPY wrote them."""
    columns = next(each.columns for each in history.manifest.tables if each.name == table)
    text = io.StringIO(history.rows[table].decode(), newline="\n")
    lines = csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
    return [dict(zip(columns, line, strict=True)) for line in lines]


def facts_in(
    history: History, table: str, moment: str, *columns: str, ends_at: datetime
) -> list[tuple[str, ...]]:
    """Of the first subscribers until then: whose, on which day, and these columns.

    A few seconds pass during each act, and with them the minutes of what follows.
    """
    names = {row["id"]: row["email"].partition("@")[0] for row in rows_in(history, "app_user")}
    roles = {row["id"]: names.get(row["owner"], "") for row in rows_in(history, "account")}
    return sorted(
        (roles[row["account"]], row[moment][:10], *(row[name] for name in columns))
        for row in rows_in(history, table)
        if roles[row["account"]] in ROLES and datetime.fromisoformat(row[moment]) < ends_at
    )


@pytest.mark.parametrize(
    ("table", "moment", "columns"),
    [
        ("invoice", "created_at", ("billing_reason", "total", "discount", "status")),
        ("mrr_movement", "moved_at", ("kind", "source_kind", "mrr_after", "gross_after")),
        ("recurring_state", "changed_at", ("kind", "item", "status", "mrr")),
    ],
    ids=["invoices", "movements of MRR", "states"],
)
def test_they_come_to_what_the_file_has_of_them(
    lived: History, whole: History, ends_at: datetime, table: str, moment: str, columns: list[str]
) -> None:
    ours = facts_in(lived, table, moment, *columns, ends_at=ends_at)
    theirs = facts_in(whole, table, moment, *columns, ends_at=ends_at)

    assert ours == theirs
    assert len(ours) > LIVING / 2


def test_the_whole_history_is_of_two_years_and_three_hundred_subscribers() -> None:
    people = {each.person.email for each in list_subscribers()}

    assert len(people) == COUNT >= 300
    assert max(entry.day for entry in two_years().entries) <= TWO_YEARS
