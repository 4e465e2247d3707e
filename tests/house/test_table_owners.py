"""Each table is read and written by the feature that declares it; others call its functions.

Revenue analytics reads SQL views beside its own tables. A view reads tables of one feature, which
is the one that declares it; views of others are read by analytics and its views alone.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from piccolo.table import Table

from chenu.piccolo_app import APP_CONFIG

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
FOLDERS = ("chenu", "graphql/chenu_graphql", "storefront")
ACROSS_FEATURES = {
    "chenu/flows/sale_invariants.py": "compares the books with what every feature says",
    "chenu/flows/stripe_balance.py": "compares Stripe's balance with what every feature says",
    "chenu/flows/affiliate_invariants.py": "compares the books with what every feature says",
    "chenu/flows/dispute_invariants.py": "compares the books with what every feature says",
    "chenu/flows/monthly_invariants.py": "compares the books with what every feature says",
    "chenu/flows/pack_invariants.py": "compares the books with what every feature says",
    "chenu/flows/plan_invariants.py": "compares the books with what every feature says",
    "chenu/flows/revenue_invariants.py": "compares the history with what every feature says",
    "chenu/flows/run_invariants.py": "compares the books with what every feature says",
    "chenu/flows/second_person_invariants.py": "compares what every feature says",
    "chenu/flows/sla_invariants.py": "compares credits with what was measured",
    "chenu/flows/statement_invariants.py": "compares the books with what every feature says",
    "chenu/flows/token_invariants.py": "compares the books with what every feature says",
    "chenu/flows/mirrors/stale.py": "compares what Stripe was sent with what every feature says",
    "chenu/demo/seed_gifts.py": "makes up what customers would have done",
    "chenu/demo/seed.py": "makes up what customers would have done",
}
"""Files that look at several features' tables on purpose, and why."""

_NO_TABLES = {"lateral", "unnest"}
ANALYTICS = "chenu.analytics"
_VIEW = re.compile(r"CREATE (?:OR REPLACE )?VIEW ([a-z_]+) AS\b(.*?);", re.ASCII | re.DOTALL)
_WITHOUT_COMMENTS = re.compile(r"--[^\n]*")
_COMMON = re.compile(r"\b([a-z_]+) AS (?:MATERIALIZED )?\(", re.ASCII)
_NAMED = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(?:ONLY\s+)?\"?([a-z_]+)\"?", re.ASCII)


def _owners() -> dict[str, str]:
    """The package that declares each table."""
    tables: list[type[Table]] = APP_CONFIG.table_classes
    return {table._meta.tablename: table.__module__.rpartition(".")[0] for table in tables}


def _views() -> dict[str, str]:
    """The text of each view as the last migration that writes it has it."""
    files = sorted((ROOT / "migrations" / "sql").glob("*.sql"))
    texts = (_WITHOUT_COMMENTS.sub("", path.read_text()) for path in files)
    return {name: text for sql in texts for name, text in _VIEW.findall(sql)}


def _named_in(text: str) -> set[str]:
    return set(_NAMED.findall(text)) - set(_COMMON.findall(text))


def _owners_of_views() -> dict[str, set[str]]:
    """The packages whose tables each view names; analytics, for one that reads views alone."""
    owners = _owners()
    found = {
        name: {owners[each] for each in _named_in(text) & owners.keys()}
        for name, text in _views().items()
    }
    return {name: packages or {ANALYTICS} for name, packages in found.items()}


def _sql_in(path: Path) -> list[str]:
    return [
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _tables_in(path: Path) -> set[str]:
    return {name for text in _sql_in(path) for name in _NAMED.findall(text)}


def _product_files() -> Iterator[tuple[str, str, Path]]:
    """The name, the package and the path of each."""
    for path in sorted(each for folder in FOLDERS for each in (ROOT / folder).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        package = name.rpartition("/")[0].replace("/", ".")
        if name not in ACROSS_FEATURES and not package.startswith("chenu.sandbox"):
            yield name, package, path


def test_every_table_is_named_by_the_feature_that_declares_it_alone() -> None:
    owners = _owners()
    foreign = []
    for name, package, path in _product_files():
        named = _tables_in(path) & owners.keys()
        foreign += [f"{name}: {table}" for table in sorted(named) if owners[table] != package]

    assert foreign == []


def test_each_view_reads_tables_of_one_feature() -> None:
    owners = _owners_of_views()

    assert len(owners) > 10
    assert {name: found for name, found in owners.items() if len(found) != 1} == {}


def test_a_view_of_another_feature_is_read_by_views_of_analytics_alone() -> None:
    owners = _owners_of_views()
    foreign = [
        f"{name}: {read}"
        for name, text in _views().items()
        for read in sorted(_named_in(text) & owners.keys())
        if owners[name] not in ({ANALYTICS}, owners[read])
    ]

    assert foreign == []


def test_views_are_read_by_their_feature_and_by_analytics_alone() -> None:
    owners = _owners_of_views()
    foreign = [
        f"{name}: {view}"
        for name, package, path in _product_files()
        if package != ANALYTICS
        for view in sorted(_tables_in(path) & owners.keys())
        if owners[view] != {package}
    ]

    assert foreign == []


def test_analytics_reads_nothing_but_views_and_its_own_tables() -> None:
    known = _views().keys() | {name for name, owner in _owners().items() if owner == ANALYTICS}
    unknown = set()
    for name, package, path in _product_files():
        if package == ANALYTICS:
            local = {alias for text in _sql_in(path) for alias in _COMMON.findall(text)}
            unknown |= {f"{name}: {read}" for read in _tables_in(path) - known - local - _NO_TABLES}

    assert unknown == set()
