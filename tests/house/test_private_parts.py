"""Private parts of libraries that our code uses are those that decision 0023 names."""

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest

import chenu
import chenu_graphql
import storefront

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
DECISION = ROOT / "docs" / "decisions" / "0023-what-overrides-libraries.md"
PACKAGES = (chenu, chenu_graphql, storefront)
_SOURCES = ("chenu", "graphql/chenu_graphql", "storefront", "bench", "scripts")
_SKIPPED = ("chenu/sandbox/", "bench/peers/", "storefront/node_modules/")
_OF_AN_EXTRA = frozenset({"chenu.mcp_server.server"})
"""Not in this environment: docs/decisions/0064. It has no class."""
_OURS = frozenset({"chenu", "chenu_graphql", "storefront", "bench", "scripts", "tests"})

_SET_BY_METACLASSES = frozenset({"_meta", "_abc_impl"})

Use = tuple[str, str]
"""A file of ours and the private name in it."""


def test_every_private_part_in_use_is_named_by_the_decision() -> None:
    used = {*_written(), *_overrides()}

    assert sorted(used - _named()) == []
    assert sorted(_named() - used) == []


def _named() -> set[Use]:
    """Rows of the decision's table: the file first, then the names."""
    rows = re.findall(r"^\| `([\w/.]+)` \| ([^|]+) \|", DECISION.read_text(), re.MULTILINE)
    return {(file, name) for file, names in rows for name in re.findall(r"`(\w+)`", names)}


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for folder in _SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            file = path.relative_to(ROOT).as_posix()
            if not file.startswith(_SKIPPED):
                yield file, ast.parse(path.read_text())


def _written() -> Iterator[Use]:
    for file, tree in _sources():
        for node in ast.walk(tree):
            yield from ((file, name) for name in _names_in(node) if _is_private(name))


def _names_in(node: ast.AST) -> list[str]:
    """`other._name`: ruff finds such in our own code as well, so that whatever is left counts; and
    all names of what is imported of others.
    """
    if isinstance(node, ast.Attribute):
        owner = node.value
        return [] if isinstance(owner, ast.Name) and owner.id in ("self", "cls") else [node.attr]
    if isinstance(node, ast.ImportFrom) and not _is_ours(node.module or ""):
        return [*(node.module or "").split("."), *(each.name for each in node.names)]
    return []


def _overrides() -> Iterator[Use]:
    """What a class of ours calls, sets or replaces of a library's class that it derives from."""
    for kind in _our_classes():
        file = Path(str(sys.modules[kind.__module__].__file__)).relative_to(ROOT).as_posix()
        theirs = {name for base in kind.__mro__ if _is_library_s(base) for name in _names(base)}
        yield from ((file, name) for name in _names(kind) & theirs)


def _our_classes() -> Iterator[type]:
    for module in _our_modules():
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield value


def _our_modules() -> Iterator[ModuleType]:
    for package in PACKAGES:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            path = found.name.replace(".", "/") + "/"
            is_here = found.name not in _OF_AN_EXTRA and not found.name.endswith("__main__")
            if is_here and not path.startswith(_SKIPPED):
                yield importlib.import_module(found.name)


def _is_library_s(kind: type) -> bool:
    root = kind.__module__.partition(".")[0]
    return root not in _OURS and root not in sys.stdlib_module_names


def _names(kind: type) -> set[str]:
    """Private names that a class defines, and those that its functions use."""
    functions = [value for value in vars(kind).values() if isinstance(value, FunctionType)]
    used = {name for function in functions for name in _used(function.__code__)}
    return {name for name in used | (vars(kind).keys() - _SET_BY_METACLASSES) if _is_private(name)}


def _used(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _used(constant)


def _is_private(name: str) -> bool:
    return name.startswith("_") and name != "_" and not name.endswith("__")


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in _OURS


@pytest.mark.parametrize("name", ["_replaced", "_set"])
def test_an_override_is_found(name: str) -> None:
    class Library:
        def _replaced(self) -> None:
            self._set = 1

    class Ours(Library):
        def _replaced(self) -> None:
            self._set = 2

    assert name in _names(Ours) & _names(Library)
