"""The French catalogue and its sources: `python -m storefront.translations` updates it.

Babel extracts the texts: the first argument of an error of the business, of `mark` or of a page's
`say`, the second of `translate`, or a text in a template. A text that is first assigned to a name
is marked there. Tests check that the catalogue is complete and that no text is unmarked.
"""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "chenu" / "core" / "locale" / "fr.po"

_METHODS = [
    ("chenu/sandbox/**", "ignore"),  # the Stripe sandbox has texts of its own
    ("chenu/backup/**", "ignore"),
    ("chenu/demo/**", "ignore"),  # operators of the demo and of commands read English
    ("chenu/cli.py", "ignore"),
    ("storefront/node_modules/**", "ignore"),
    ("chenu/**.py", "python"),
    ("storefront/**.py", "python"),
    ("graphql/chenu_graphql/**.py", "python"),
    ("storefront/templates/**.html", "jinja2"),
    ("chenu/jobs/mails/**.*", "jinja2"),
]
_JINJA = {"newstyle_gettext": "true", "silent": "false", "trimmed": "true"}
_SOURCES = ("chenu", "storefront", "graphql/chenu_graphql")

MessageId = str | tuple[str, ...]
Keywords = dict[str, tuple[int, ...] | None]
"""Function names, with the positions of texts among their arguments; None for the first only."""


def extract() -> Iterator[tuple[str, MessageId]]:
    """Every text of the product by file; a tuple if it has a plural."""
    options: dict[str, dict[str, Any]] = {
        pattern: _JINJA for pattern, method in _METHODS if method == "jinja2"
    }
    for file, _, message, _, _ in extract_from_dir(ROOT, _METHODS, options, keywords()):
        yield file, message


def keywords() -> Keywords:
    own_init: Keywords = {"__init__": None}  # an error class that defines its own text
    calls: Keywords = {"_": None, "ngettext": (1, 2), "mark": None, "say": None, "translate": (2,)}
    return calls | own_init | dict.fromkeys(_error_classes())


def python_files() -> list[Path]:
    """The files with texts that users may see."""
    ignored = tuple(pattern.rstrip("*") for pattern, method in _METHODS if method == "ignore")
    found = (path for folder in _SOURCES for path in sorted((ROOT / folder).rglob("*.py")))
    return [path for path in found if not path.relative_to(ROOT).as_posix().startswith(ignored)]


def _error_classes() -> frozenset[str]:
    """The names of ChenuError and of all its subclasses."""
    bases: dict[str, set[str]] = {}
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {called(base) for base in node.bases}
    known = {"ChenuError"}
    while new := {name for name, parents in bases.items() if parents & known} - known:
        known |= new
    return frozenset(known)


def called(node: ast.expr) -> str:
    """The last part of the name of a call or base class."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def read_catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="fr")


def bring_up_to_date() -> tuple[int, int]:
    """Writes the catalogue, adding new texts without translation and removing unused ones.

    Returns the number of texts, and how many of them are not translated.
    """
    catalogue = read_catalogue() if CATALOGUE.exists() else _new_catalogue()
    template = _new_catalogue()
    template.creation_date = catalogue.creation_date
    for file, message in extract():
        template.add(message, locations=[(file, 0)])
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    CATALOGUE.parent.mkdir(exist_ok=True)
    with CATALOGUE.open("wb") as written:
        write_po(written, catalogue, sort_output=True, include_lineno=False, width=100)
    messages = [message for message in catalogue if message.id]
    return len(messages), sum(not any(strings_of(message.string)) for message in messages)


def strings_of(string: str | Iterable[str | None] | None) -> tuple[str, ...]:
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
