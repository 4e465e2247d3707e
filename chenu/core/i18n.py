"""French and English: catalogues from .po files, language negotiation, and marking of texts.

English is the source text. A test checks that the French catalogue is complete.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, TypeGuard

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from chenu.core.errors import ChenuError
from chenu.core.negotiation import read_weights
from chenu.core.site import renamed

Locale = Literal["fr", "en"]

LOCALES: tuple[Locale, ...] = ("fr", "en")
DEFAULT_LOCALE: Locale = "fr"
_FOLDER = Path(__file__).parent / "locale"


@cache
def catalogue(locale: Locale) -> NullTranslations:
    """The messages of one language; a message without translation is shown in English."""
    path = _FOLDER / f"{locale}.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=locale))
    compiled.seek(0)
    return GNUTranslations(compiled)


def read_catalogues() -> None:
    """Those of all languages, so that nobody's first page waits for them."""
    for locale in LOCALES:
        catalogue(locale)


def mark(message: str) -> str:
    """Mark a source text for translation where it is defined.

    It is translated where it is shown.
    """
    return message


def translate(locale: Locale, message: str, **params: Any) -> str:
    """With the name of the site that is shown in the place of ours."""
    # the empty msgid is the file's header
    text = renamed(catalogue(locale).gettext(message)) if message else ""
    return text.format(**params) if params else text


def explain(error: ChenuError, locale: Locale) -> str:
    """The error's message in this language."""
    params = {key: _worded(value, locale) for key, value in error.params.items()}
    return translate(locale, error.message).format(**params)


def _worded(value: Any, locale: Locale) -> Any:
    return translate(locale, value) if isinstance(value, str) else value


def is_locale(value: str) -> TypeGuard[Locale]:
    return value in LOCALES


def known_locale(stored: str) -> Locale:
    """The language of a person or a request as it was stored, else the first of ours."""
    return stored if is_locale(stored) else DEFAULT_LOCALE


def best_locale(accept_language: str) -> Locale:
    """The supported language with the highest weight in Accept-Language.

    Without a match, the first of our languages that was not refused, French first. A region counts
    as its language. Of languages with equal weights the one named first is chosen.
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
    """A refused region (`fr-CA;q=0`) does not refuse its language."""
    weights: dict[str, float] = {}
    for name, weight in read_weights(accept_language).items():
        language = name.replace("_", "-").partition("-")[0]
        if weight > 0 or name == language:
            weights[language] = max(weight, weights.get(language, 0))
    return weights
