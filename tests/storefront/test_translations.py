"""The French catalogue: complete, nothing left over, placeholders and typography right."""

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from chenu.accounts.documents import CURRENT
from chenu.core.errors import Invalid
from chenu.core.i18n import LOCALES, catalogue, explain, translate
from storefront.templating import TEMPLATES, environment
from storefront.translations import (
    Keywords,
    MessageId,
    called,
    extract,
    keywords,
    python_files,
    read_catalogue,
    strings_of,
)

pytestmark = pytest.mark.long

_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


def _key(message: MessageId | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)


def _french() -> dict[tuple[str, ...], tuple[str, ...]]:
    return {_key(m.id): strings_of(m.string) for m in read_catalogue() if m.id}


def test_every_text_is_in_the_catalogue_and_nothing_else() -> None:
    wanted = {_key(message) for _, message in extract()}

    found = set(_french())

    assert sorted(wanted - found) == []
    assert sorted(found - wanted) == []
    assert read_catalogue().obsolete == {}


def test_every_text_of_an_error_is_a_constant_or_marked() -> None:
    """Babel reads constants: it would pass over a text that is put together or named first."""
    places = keywords()

    wrong = [
        f"{path.name}:{argument.lineno}"
        for path in python_files()
        for scope in ast.walk(ast.parse(path.read_text()))
        if isinstance(scope, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef)
        for argument in _texts_of_calls(scope, places)
        if isinstance(argument, ast.JoinedStr | ast.BinOp)
        or (isinstance(argument, ast.Name) and argument.id in _unmarked(scope))
    ]

    assert wrong == []


def _texts_of_calls(scope: ast.AST, places: Keywords) -> Iterator[ast.expr]:
    for call in ast.walk(scope):
        if isinstance(call, ast.Call) and called(call.func) in places:
            for place in places[called(call.func)] or (1,):
                yield from call.args[place - 1 : place]


def _unmarked(scope: ast.AST) -> set[str]:
    """Names in this scope that are assigned a text, or a choice of texts, without `mark`."""
    return {
        target.id
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign)
        and any(
            isinstance(value, ast.Constant) and isinstance(value.value, str)
            for value in _choices(node.value)
        )
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _choices(value: ast.expr) -> list[ast.expr]:
    return [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]


def test_a_text_without_words_has_no_translation() -> None:
    """gettext has the catalogue's header under it."""
    assert explain(Invalid("{text}.", text=""), "fr") == "."
    assert environment("fr").from_string("{{ text | say }}").render(text="") == ""
    assert translate("fr", "") == ""


def test_every_text_is_translated() -> None:
    empty = [key for key, strings in _french().items() if not all(strings)]

    assert empty == []


def _placeholders(text: str) -> set[str]:
    return {one or other for one, other in _PLACEHOLDER.findall(text)}


def test_translations_use_the_same_placeholders() -> None:
    wrong = [
        (key, string)
        for key, strings in _french().items()
        for source, string in zip(key, strings, strict=True)
        if _placeholders(string) != _placeholders(source)
    ]

    assert wrong == []


def _badly_set(strings: Iterable[str]) -> list[str]:
    """Straight apostrophes, plain spaces before high punctuation, English quotes."""
    return [
        string
        for string in strings
        if "'" in string or re.search(r" [;:!?»%](?!\()", string) or "« " in string or "“" in string
    ]


def test_french_typography_is_right() -> None:
    assert _badly_set(string for strings in _french().values() for string in strings) == []


@pytest.mark.parametrize("count", [0, 1, 2])
def test_french_counts_nought_as_one(count: int) -> None:
    words = catalogue("fr").ngettext("%(num)s account", "%(num)s accounts", count)

    assert words == ("%(num)s compte" if count < 2 else "%(num)s comptes")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_template_compiles(locale: str) -> None:
    found = environment("fr" if locale == "fr" else "en")

    for path in TEMPLATES.rglob("*.html"):
        found.get_template(path.relative_to(TEMPLATES).as_posix())


def test_every_document_in_force_has_its_text_in_both_languages() -> None:
    for document, version in CURRENT.items():
        for locale in LOCALES:
            path = TEMPLATES / "documents" / document.lower() / f"{version.version}.{locale}.html"
            assert len(path.read_text()) > 300


def test_legal_texts_are_set_in_french_typography() -> None:
    texts = [path.read_text() for path in (TEMPLATES / "documents").rglob("*.fr.html")]

    assert _badly_set(texts) == []
