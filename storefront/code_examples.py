"""Programs that call the API, as pages show them: the very text that tests run."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

_FOLDER = Path(__file__).parent / "examples"
_LANGUAGES = (("curl", "curl"), ("python", "Python"), ("javascript", "JavaScript"))
_SERVERS = frozenset({"webhook"})
"""Topics that are called instead of calling: there is none for curl."""


class CodeExample(msgspec.Struct, frozen=True):
    """`label` is a proper name: never translated."""

    language: str
    label: str
    text: str


class ExampleSet(msgspec.Struct, frozen=True):
    """The same program in each language; `topic` is part of the elements' ids."""

    topic: str
    examples: Sequence[CodeExample]


def write_examples(topic: str, base_url: str, **values: str) -> ExampleSet:
    """`base_url` is the storefront's own; `values` fill the marks of this topic.

    Values stand inside strings of three languages: the caller passes ids, slugs and numbers only.
    """
    marks = {"ADDRESS": f"{base_url}/graphql"} | {
        name.upper(): text for name, text in values.items()
    }
    examples = [
        CodeExample(language, label, _fill(_read(topic, language), marks))
        for language, label in _LANGUAGES
        if not (language == "curl" and topic in _SERVERS)
    ]
    return ExampleSet(topic, examples)


def _fill(text: str, marks: dict[str, str]) -> str:
    for name, value in marks.items():
        text = text.replace(f"@{name}@", value)
    return text


@cache
def _read(topic: str, language: str) -> str:
    return (_FOLDER / f"{topic}.{language}.txt").read_text()
