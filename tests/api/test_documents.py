"""Which documents are remembered: as many as memory allows, however short their texts are."""

import pytest

from chenu_graphql import documents as module
from chenu_graphql.documents import Documents
from chenu_graphql.schema import get_schema

SHORT = ("query {{ a{} {{", "{{ tiers {{ code }} tier(code: FREE) {{ x{}: name }} }}")
"""One with an error and one without."""


@pytest.mark.parametrize("short", SHORT)
def test_short_documents_are_no_more_than_long_ones(
    short: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REMEMBERED_BYTES", 5_000)
    documents = Documents(get_schema())
    first = documents.read(short.format(0))

    for number in range(1, 10):
        documents.read(short.format(number))
    remembered = documents.read(short.format(0))
    for number in range(10, 21):
        documents.read(short.format(number))

    assert remembered is first
    assert documents.read(short.format(0)) is not first


def test_what_is_dropped_makes_room_for_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED_BYTES", 5_000)
    documents = Documents(get_schema())
    long = "{ tiers { code } }" + "\n" * 4_500
    first = documents.read(long)
    short = documents.read("{ a")
    for number in range(9):
        documents.read(f"{{ b{number}")

    assert documents.read("{ a") is short
    assert documents.read(long) is not first
