"""The French catalogue and its sources: `python -m storefront.translations` brings it up to date.

A source text is the first argument of an error of the business, of `mark` or of a page's `say`, the
second of `translate`, or a text in a template. A test holds the catalogue complete.
"""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "chenu" / "core" / "locale" / "fr.po"

_PYTHON = ("chenu", "storefront", "graphql/chenu_graphql")
_SKIPPED = ("chenu/sandbox/", "chenu/demo/", "chenu/cli.py")
"""Stripe's stand-in has its own words; who runs the demo or a command reads English."""
_TEMPLATES = ("storefront/templates", "chenu/jobs/mails")
_FIRST = frozenset({"mark", "say"})
_SECOND = frozenset({"translate"})
_JINJA_KEYWORDS = ("_", "gettext", "ngettext")

MessageId = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text and the file that it stands in; a pair when it has a plural."""

    id: MessageId
    file: str


class UntranslatableText(Exception):
    """A text that is put together at run time: no catalogue can hold it."""


def extract() -> list[SourceText]:
    """Every text of the product, in the order of files and lines."""
    trees = {path: ast.parse(path.read_text()) for path in _python_files()}
    errors = _error_classes(trees.values())
    found = [
        SourceText(text, _name(path))
        for path, tree in trees.items()
        for text in _PythonTexts(errors, _name(path)).read(tree)
    ]
    return found + [text for path in _template_files() for text in _template_texts(path)]


def _python_files() -> list[Path]:
    found = (path for folder in _PYTHON for path in sorted((ROOT / folder).rglob("*.py")))
    return [
        path
        for path in found
        if not _name(path).startswith(_SKIPPED) and "node_modules" not in path.parts
    ]


def _template_files() -> list[Path]:
    found = (path for folder in _TEMPLATES for path in sorted((ROOT / folder).rglob("*.*")))
    return [path for path in found if path.suffix in (".html", ".txt")]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _template_texts(path: Path) -> Iterator[SourceText]:
    options = {"newstyle_gettext": "true", "silent": "false", "trimmed": "true"}
    with path.open("rb") as file:
        for _, function, message, _ in babel_extract(file, _JINJA_KEYWORDS, (), options):
            texts = [part for part in _strings(message) if part]
            is_plural = function == "ngettext"
            yield SourceText((texts[0], texts[1]) if is_plural else texts[0], _name(path))


def _error_classes(trees: Iterable[ast.Module]) -> frozenset[str]:
    """The names of ChenuError and of everything that derives from it."""
    bases: dict[str, set[str]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {_called(base) for base in node.bases}
    known = {"ChenuError"}
    while new := {name for name, parents in bases.items() if parents & known} - known:
        known |= new
    return frozenset(known)


def _called(node: ast.expr) -> str:
    """The last name of what is called or derived from."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class _PythonTexts:
    """Reads one module; a name that stands for a text is looked up in its function and module."""

    def __init__(self, errors: frozenset[str], file: str) -> None:
        self._errors = errors
        self._file = file

    def read(self, tree: ast.Module) -> list[str]:
        return list(self._calls_in(tree, {}, ()))

    def _calls_in(
        self, node: ast.AST, names: dict[str, list[str]], classes: tuple[str, ...]
    ) -> Iterator[str]:
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef):
            names = {**names, **_assigned_texts(node)}
        if isinstance(node, ast.ClassDef):
            classes = (*classes, node.name)
        if isinstance(node, ast.Call):
            argument = self._text_argument(node, classes)
            if argument is not None:
                yield from self._resolve(argument, names)
        for child in ast.iter_child_nodes(node):
            yield from self._calls_in(child, names, classes)

    def _text_argument(self, call: ast.Call, classes: tuple[str, ...]) -> ast.expr | None:
        name = _called(call.func)
        is_own_init = (
            name == "__init__"
            and isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Call)
            and bool(classes)
            and classes[-1] in self._errors
        )
        if call.args and (name in self._errors or name in _FIRST or is_own_init):
            return call.args[0]
        return call.args[1] if len(call.args) > 1 and name in _SECOND else None

    def _resolve(self, argument: ast.expr, names: dict[str, list[str]]) -> list[str]:
        """The texts that it can be; none for a value that was marked where it was made."""
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            return [argument.value]
        if isinstance(argument, ast.Name):
            return names.get(argument.id, [])
        if isinstance(argument, ast.JoinedStr):
            raise UntranslatableText(f"{self._file}:{argument.lineno}")
        return []


def _assigned_texts(scope: ast.AST) -> dict[str, list[str]]:
    """Names and the constant texts that the scope's own statements give them."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                    found.setdefault(target.id, []).append(node.value.value)
    return found


def read_catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="fr")


def bring_up_to_date() -> tuple[int, int]:
    """Write the catalogue, new texts empty and old ones gone; how many there are, and how many
    of them are not translated.
    """
    catalogue = read_catalogue() if CATALOGUE.exists() else _new_catalogue()
    template = _new_catalogue()
    template.creation_date = catalogue.creation_date
    for text in extract():
        template.add(text.id, locations=[(text.file, 0)])
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    CATALOGUE.parent.mkdir(exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, catalogue, sort_output=True, include_lineno=False, width=100)
    messages = [message for message in catalogue if message.id]
    return len(messages), sum(not any(_strings(message.string)) for message in messages)


def _strings(string: str | Iterable[str | None] | None) -> tuple[str, ...]:
    if string is None or isinstance(string, str):
        return (string or "",)
    return tuple(part or "" for part in string)


def _new_catalogue() -> Catalog:
    return Catalog(
        locale="fr",
        project="CHE·NU",
        version="1",
        last_translator="CHE·NU",
        language_team="CHE·NU",
        msgid_bugs_address="-",
        fuzzy=False,
        header_comment="# French of CHE·NU.",
    )


def main() -> int:
    total, empty = bring_up_to_date()
    sys.stdout.write(f"{CATALOGUE.name}: {total} texts, {empty} not translated\n")
    return 1 if empty else 0


if __name__ == "__main__":
    sys.exit(main())
