"""The French catalogue: complete, nothing left over, placeholders and typography right."""

import re
from collections.abc import Iterable

import pytest

from chenu.accounts.documents import CURRENT
from chenu.core.i18n import LOCALES, catalogue
from storefront.templating import TEMPLATES, environment
from storefront.translations import MessageId, _strings, extract, read_catalogue

_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


def _key(message: MessageId | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)


def _french() -> dict[tuple[str, ...], tuple[str, ...]]:
    return {_key(m.id): _strings(m.string) for m in read_catalogue() if m.id}


def test_every_text_is_in_the_catalogue_and_nothing_else() -> None:
    wanted = {_key(text.id) for text in extract()}

    found = set(_french())

    assert sorted(wanted - found) == []
    assert sorted(found - wanted) == []
    assert read_catalogue().obsolete == {}


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
