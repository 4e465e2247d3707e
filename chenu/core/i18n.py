"""French and English: catalogues read from .po files, negotiation, and lazy marking of texts.

English is the source text. A test holds the French catalogue at 100 %.
"""

from collections.abc import Iterable
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any, Literal, TypeGuard

from babel.messages.pofile import read_po

from chenu.core.errors import ChenuError
from chenu.core.negotiation import read_weights

Locale = Literal["fr", "en"]

LOCALES: tuple[Locale, ...] = ("fr", "en")
DEFAULT_LOCALE: Locale = "fr"
_FOLDER = Path(__file__).parent / "locale"


class Catalogue(NullTranslations):
    """Messages of one language; an unknown message stays as it is."""

    def __init__(self, locale: Locale) -> None:
        super().__init__()
        self.locale = locale
        self._messages: dict[str, str | tuple[str, ...]] = {}
        path = _FOLDER / f"{locale}.po"
        if path.exists():
            with path.open("rb") as file:
                self._read(read_po(file, locale=locale))

    def _read(self, catalog: Iterable[Any]) -> None:
        for message in catalog:
            if message.id and message.string:
                key = message.id[0] if isinstance(message.id, tuple) else message.id
                self._messages[key] = message.string

    def gettext(self, message: str) -> str:
        found = self._messages.get(message, message)
        return found if isinstance(found, str) else found[0]

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        found = self._messages.get(singular)
        if isinstance(found, tuple):
            # French counts 0 as one, English does not.
            return found[0 if (n < 2 if self.locale == "fr" else n == 1) else 1]
        return singular if n == 1 else plural


@cache
def catalogue(locale: Locale) -> Catalogue:
    return Catalogue(locale)


def mark(message: str) -> str:
    """Mark a source text for translation where it is defined; translated where it is shown."""
    return message


def translate(locale: Locale, message: str, **params: Any) -> str:
    text = catalogue(locale).gettext(message)
    return text.format(**params) if params else text


def explain(error: ChenuError, locale: Locale) -> str:
    """The error in words for people."""
    params = {key: _worded(value, locale) for key, value in error.params.items()}
    return catalogue(locale).gettext(error.message).format(**params)


def _worded(value: Any, locale: Locale) -> Any:
    return catalogue(locale).gettext(value) if isinstance(value, str) else value


def is_locale(value: str) -> TypeGuard[Locale]:
    return value in LOCALES


def best_locale(accept_language: str) -> Locale:
    """The language wanted most that we speak; failing that one that was not refused, French first.

    A region counts as its language. Of languages wanted alike the one named first is taken.
    """
    weights = _weights_of_languages(accept_language)
    named = [language for language in weights if is_locale(language)]
    unnamed = [locale for locale in LOCALES if locale not in weights]
    others = weights.get("*", 0)
    best = max([*named, *unnamed], key=lambda language: weights.get(language, others))
    if weights.get(best, others) > 0:
        return best
    return unnamed[0] if unnamed else DEFAULT_LOCALE


def _weights_of_languages(accept_language: str) -> dict[str, float]:
    """Who refuses a region alone has not refused its language."""
    weights: dict[str, float] = {}
    for name, weight in read_weights(accept_language).items():
        language = name.replace("_", "-").partition("-")[0]
        if weight > 0 or name == language:
            weights[language] = max(weight, weights.get(language, 0))
    return weights
