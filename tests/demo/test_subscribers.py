"""The first subscribers of the two years live alone, and come to what their lives say."""

import csv
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chenu.demo.history import History, read_history
from chenu.demo.lives import two_years
from chenu.demo.subscribers import COUNT, TWO_YEARS, list_subscribers
from tests.demo.running import run_chenu

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]
LIVING, DAYS, ENDS = 10, 100, "2026-11-28"

Row = dict[str, str]


@pytest.fixture(scope="module")
def lived() -> Iterator[History]:
    """Sandbox and worker take them through a hundred days; the books of it are true."""
    with tempfile.TemporaryDirectory(prefix="chenu-lives-") as folder:
        file = Path(folder) / "lives.tar.xz"
        words = ["--to", str(file), "--subscribers", str(LIVING), "--days", str(DAYS)]
        made = run_chenu(Path(folder), "demo-history", *words, "--ends", ENDS)
        assert made.returncode == 0, made.stdout + made.stderr
        yield read_history(file)


def rows_in(history: History, table: str) -> list[Row]:
    """A table's rows as COPY wrote them."""
    columns = next(each.columns for each in history.manifest.tables if each.name == table)
    text = io.StringIO(history.rows[table].decode(), newline="\n")
    lines = csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
    return [dict(zip(columns, line, strict=True)) for line in lines]


def facts_in(history: History, table: str, moment: str, *columns: str) -> list[tuple[str, ...]]:
    """Whose, on which day, and these columns."""
    names = {row["id"]: row["email"].partition("@")[0] for row in rows_in(history, "app_user")}
    roles = {row["id"]: names[row["owner"]] for row in rows_in(history, "account")}
    return sorted(
        (roles[row["account"]], row[moment][:10], *(row[name] for name in columns))
        for row in rows_in(history, table)
    )


def test_they_get_the_invoices_of_their_plans(lived: History) -> None:
    assert facts_in(lived, "invoice", "created_at", "billing_reason", "total", "discount") == [
        ("adele.aubert", "2026-09-29", "subscription_create", "900", "0"),
        # 2000 more for the six days that are left of the thirty until 29 October.
        ("adele.aubert", "2026-10-23", "subscription_update", "373", "0"),
        ("adele.aubert", "2026-10-29", "subscription_cycle", "2900", "0"),
        ("alban.aubert", "2026-10-15", "subscription_create", "0", "0"),
        ("alban.aubert", "2026-10-29", "subscription_cycle", "2900", "0"),
        ("anouk.aubert", "2026-10-28", "subscription_create", "900", "0"),
        ("aurelien.aubert", "2026-11-08", "subscription_create", "0", "0"),
        ("aurelien.aubert", "2026-11-22", "subscription_cycle", "900", "0"),
        # CHENU20.
        ("bastien.aubert", "2026-11-26", "subscription_create", "720", "180"),
        ("blanche.aubert", "2026-11-17", "subscription_create", "29000", "0"),
    ]


def test_their_mrr_moves_with_them(lived: History) -> None:
    assert facts_in(lived, "mrr_movement", "moved_at", "kind", "mrr_after", "gross_after") == [
        ("adele.aubert", "2026-09-29", "NEW", "900", "900"),
        ("adele.aubert", "2026-10-23", "EXPANSION", "2900", "2900"),
        ("alban.aubert", "2026-10-29", "NEW", "2900", "2900"),
        ("anouk.aubert", "2026-10-28", "NEW", "900", "900"),
        ("aurelien.aubert", "2026-11-22", "NEW", "900", "900"),
        ("bastien.aubert", "2026-11-26", "NEW", "720", "900"),
        # 29000 by the year.
        ("blanche.aubert", "2026-11-17", "NEW", "2417", "2417"),
    ]


def test_the_whole_history_is_of_two_years_and_three_hundred_subscribers() -> None:
    people = {each.person.email for each in list_subscribers()}

    assert len(people) == COUNT >= 300
    assert max(entry.day for entry in two_years().entries) <= TWO_YEARS
