"""Manifests: what is wrong is named by its path, and never shown back."""

from typing import Any

import pytest

from chenu.agents.manifest import MAX_BYTES, check_manifest, parse_manifest
from chenu.core.errors import ChenuError

GOOD: dict[str, Any] = {
    "name": "Trieur",
    "model": "chenu-small",
    "systemPrompt": "Trie.",
    "parameters": {},
    "tools": ["files.read", {"name": "search"}],
    "permissions": ["files:read"],
    "minTokens": 10,
}


def test_a_good_manifest_is_taken_as_it_is() -> None:
    assert check_manifest(GOOD) == GOOD
    assert check_manifest({k: v for k, v in GOOD.items() if k != "minTokens"})


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": ""}, ("manifest", "name")),
        ({"name": 7}, ("manifest", "name")),
        ({"name": "CHE·NU Support"}, ("manifest", "name")),
        ({"name": "a\u202eb"}, ("manifest", "name")),
        ({"tools": [{"name": "a\u2067b"}]}, ("manifest", "tools", "0", "name")),
        ({"parameters": {"\u202ea": 1}}, ("manifest", "parameters")),
        ({"model": None}, ("manifest", "model")),
        ({"systemPrompt": ["x"]}, ("manifest", "systemPrompt")),
        ({"parameters": []}, ("manifest", "parameters")),
        ({"tools": "x"}, ("manifest", "tools")),
        ({"tools": [1]}, ("manifest", "tools", "0")),
        ({"permissions": ["a", 2]}, ("manifest", "permissions", "1")),
        ({"permissions": ["a", "a"]}, ("manifest", "permissions")),
        ({"minTokens": -1}, ("manifest", "minTokens")),
        ({"minTokens": 1.5}, ("manifest", "minTokens")),
        ({"minTokens": True}, ("manifest", "minTokens")),
        ({"surprise": 1}, ("manifest",)),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_fault_names_its_path(change: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(ChenuError) as refused:
        check_manifest({**GOOD, **change})

    assert path in [error.path for error in refused.value.each]


@pytest.mark.parametrize("missing", [k for k in GOOD if k != "minTokens"])
def test_a_missing_part_is_named(missing: str) -> None:
    with pytest.raises(ChenuError) as refused:
        check_manifest({k: v for k, v in GOOD.items() if k != missing})

    assert missing in str(refused.value.each[0])


@pytest.mark.parametrize("value", [None, [], "text", 3, True])
def test_a_manifest_is_an_object(value: Any) -> None:
    with pytest.raises(ChenuError) as refused:
        check_manifest(value)

    assert refused.value.each[0].path == ("manifest",)


def test_several_faults_are_told_together() -> None:
    with pytest.raises(ChenuError) as refused:
        check_manifest({**GOOD, "name": "", "tools": 3})

    assert len(refused.value.each) == 2


def test_a_manifest_is_at_most_64_kb() -> None:
    fits = {**GOOD, "systemPrompt": "", "parameters": {"x": "é" * 30_000}}
    fits["systemPrompt"] = "a"

    assert check_manifest(fits)
    with pytest.raises(ChenuError, match=str(MAX_BYTES)):
        check_manifest({**fits, "parameters": {"x": "é" * 32_000}})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1"),
        ('{"a": 1,\n}', "line 2"),
        ("NaN", "not JSON"),
        ("[" * 100_000, "bytes"),
        ("[" * 30_000, "deeply"),
    ],
)
def test_text_that_is_no_json_says_where(text: str, words: str) -> None:
    with pytest.raises(ChenuError, match=words):
        parse_manifest(text)


def test_an_error_never_repeats_what_was_sent() -> None:
    with pytest.raises(ChenuError) as refused:
        check_manifest({**GOOD, "name": {"secret": "sk_live_x"}})

    assert "sk_live_x" not in str(refused.value.each[0])


@pytest.mark.parametrize(
    "parameters",
    [
        {"x": "a\x00b"},
        {"a\x00b": 1},
        {"x": ["deep", {"y": "\x00"}]},
        {"x": "\ud800"},
        {"x": 10**5000},
        {"x": float("inf")},
        {"x": float("nan")},
        {"x": {1, 2}},
        {"x": b"bytes"},
    ],
    ids=[
        "nul", "nul in a key", "nul inside", "half a pair",
        "thousands of digits", "infinite", "not a number", "a set", "bytes",
    ],
)  # fmt: skip
def test_what_the_database_cannot_keep_is_refused_by_name(parameters: dict[str, Any]) -> None:
    with pytest.raises(ChenuError) as refused:
        check_manifest({**GOOD, "parameters": parameters})

    assert [error.path[0] for error in refused.value.each] == ["manifest"]


@pytest.mark.parametrize("text", ["\\u0000", "a\\\\u0000", "u0000", "é☃👩‍🚀", "\u2028", "\x1b"])
def test_text_that_only_looks_like_it_is_kept(text: str) -> None:
    assert check_manifest({**GOOD, "systemPrompt": text})


@pytest.mark.parametrize("text", ["1" * 5000, '{"x": 1' + "0" * 5000 + "}", "\ud800", '"\ud800"'])
def test_no_text_breaks_the_parser(text: str) -> None:
    with pytest.raises(ChenuError) as refused:
        check_manifest(parse_manifest(text))

    assert refused.value.each[0].path == ("manifest",)
