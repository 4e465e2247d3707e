"""Each table is read and written by the feature that declares it; others call its functions."""

import ast
import re
from pathlib import Path

from piccolo.table import Table

from chenu.piccolo_app import APP_CONFIG

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
    "chenu/flows/statement_invariants.py": "compares the books with what every feature says",
    "chenu/flows/token_invariants.py": "compares the books with what every feature says",
    "chenu/flows/mirrors/stale.py": "compares what Stripe was sent with what every feature says",
    "chenu/demo/seed_gifts.py": "makes up what customers would have done",
    "chenu/demo/seed.py": "makes up what customers would have done",
}
"""Files that look at several features' tables on purpose, and why."""

_NAMED = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(?:ONLY\s+)?\"?([a-z_]+)\"?", re.ASCII)


def _owners() -> dict[str, str]:
    """The package that declares each table."""
    tables: list[type[Table]] = APP_CONFIG.table_classes
    return {table._meta.tablename: table.__module__.rpartition(".")[0] for table in tables}


def _tables_in(path: Path) -> set[str]:
    texts = (
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return {name for text in texts for name in _NAMED.findall(text)}


def test_every_table_is_named_by_the_feature_that_declares_it_alone() -> None:
    owners = _owners()
    foreign = []
    for path in sorted(each for folder in FOLDERS for each in (ROOT / folder).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        package = name.rpartition("/")[0].replace("/", ".")
        if name in ACROSS_FEATURES or package.startswith("chenu.sandbox"):
            continue
        named = _tables_in(path) & owners.keys()
        foreign += [f"{name}: {table}" for table in sorted(named) if owners[table] != package]

    assert foreign == []
