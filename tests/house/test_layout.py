"""Where things may stand. docs/decisions/0001 and docs/architecture.md."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ("chenu", "graphql/chenu_graphql", "storefront", "scripts", "bench")
STRIPE_MAY_BE_IMPORTED_IN = {
    "chenu/billing/stripe_gateway.py",
    "chenu/http/stripe_webhook.py",
    "bench/signatures.py",
}
WALL_CLOCK = {"datetime.now", "datetime.utcnow", "datetime.datetime.now", "date.today"}
HIDING_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
MAX_FILE, MAX_FUNCTION = 300, 40


Source = tuple[str, ast.Module, int]
"""Path, tree and number of lines."""


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return [
        (path.relative_to(ROOT).as_posix(), ast.parse(text), len(text.splitlines()))
        for folder in CODE
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "node_modules" not in path.parts
        for text in [path.read_text()]
    ]


def test_the_graphql_folder_never_hides_graphql_core() -> None:
    assert not (ROOT / "graphql" / "__init__.py").exists()
    assert not (ROOT / "tests" / "graphql").exists()

    code = "import graphql, chenu_graphql; print(graphql.__file__); graphql.parse('{ a }')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "site-packages" in done.stdout


def test_stripe_is_imported_in_its_own_files_only(sources: list[Source]) -> None:
    importing = {
        name
        for name, tree, _ in sources
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and "stripe" in _top_modules(node)
    }

    assert importing == STRIPE_MAY_BE_IMPORTED_IN


def test_only_the_clock_asks_the_machine_for_the_time(sources: list[Source]) -> None:
    readers = [
        f"{name}:{node.lineno}"
        for name, tree, _ in sources
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in WALL_CLOCK
        and name != "chenu/core/clock.py"
    ]

    assert readers == []


def test_files_and_functions_stay_short(sources: list[Source]) -> None:
    long_files = [f"{name}: {lines}" for name, _, lines in sources if lines > MAX_FILE]
    long_functions = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree, _ in sources
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > MAX_FUNCTION
    ]

    assert (long_files, long_functions) == ([], [])


def test_no_module_has_a_name_that_hides_what_is_inside(sources: list[Source]) -> None:
    assert [name for name, _, _ in sources if Path(name).stem in HIDING_NAMES] == []


@pytest.mark.parametrize("package", ["chenu/sandbox"])
def test_the_sandbox_imports_nothing_else_of_chenu(sources: list[Source], package: str) -> None:
    foreign = [
        f"{name}: {module}"
        for name, tree, _ in sources
        if name.startswith(f"{package}/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in _modules(node)
        if module.split(".")[0] in ("chenu", "stripe", "storefront", "chenu_graphql")
        and not module.startswith("chenu.sandbox")
    ]

    assert foreign == []


def test_no_float_stands_near_money(sources: list[Source]) -> None:
    money = (
        "pricing",
        "commission",
        "packs",
        "money",
        "ledger",
        "split",
        "refund",
        "payout",
        "chenu/roi",
    )
    floats = [
        f"{name}:{node.lineno}"
        for name, tree, _ in sources
        if any(word in name for word in money) and not name.startswith("chenu/sandbox")
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not _is_path(node))
    ]

    assert floats == []


def _is_path(node: ast.BinOp) -> bool:
    return isinstance(node.right, ast.Constant) and isinstance(node.right.value, str)


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    return (
        [alias.name for alias in node.names]
        if isinstance(node, ast.Import)
        else [node.module or ""]
    )


def _top_modules(node: ast.Import | ast.ImportFrom) -> set[str]:
    return {module.split(".")[0] for module in _modules(node)}


def test_values_are_structs(sources: list[Source]) -> None:
    """docs/decisions/0104: a process that starts makes them forty times as fast."""
    dataclasses = {
        f"{name}: {node.name}"
        for name, tree, _ in sources
        if not name.startswith(("chenu/sandbox/", "bench/", "scripts/"))
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and not node.bases
        if any("dataclass(frozen=True" in ast.unparse(each) for each in node.decorator_list)
    }

    assert dataclasses == set()
