"""Manifests: an error names its path and never repeats the value."""

import json
from typing import Any

import pytest

from chenu.agents.manifest import MAX_BYTES, check_manifest, parse_manifest
from chenu.core.errors import ChenuError, Invalid, Rejected

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


def test_several_faults_are_reported_together() -> None:
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
def test_text_that_only_looks_like_it_is_stored(text: str) -> None:
    assert check_manifest({**GOOD, "systemPrompt": text})


ODD_NUMBERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "beyond 64 bits": ('{"x": 18446744073709551616}', ("x",)),
    "64 bits": ('{"x": 18446744073709551615}', ("x",)),
    "below 64 bits": ('{"x": {"y": -9223372036854775809}}', ("x", "y")),
    "beyond what JavaScript holds": ('{"x": [0, 9007199254740992]}', ("x", "1")),
    "a float that the database keeps whole": ('{"x": 1e20}', ("x",)),
    "the largest float": ('{"x": [{"y": 1.7e308}]}', ("x", "0", "y")),
    "beyond every float": ('{"x": -1e400}', ("x",)),
    "5,000 digits": ('{"x": 1' + "0" * 5000 + "}", ("x",)),
    "5,000 digits before the point": ('{"x": 1' + "0" * 5000 + ".5}", ("x",)),
    "a number alone": ("18446744073709551616", ()),
}


@pytest.mark.parametrize(("text", "place"), ODD_NUMBERS.values(), ids=ODD_NUMBERS.keys())
def test_a_number_that_not_everybody_reads_is_refused_by_its_place(
    text: str, place: tuple[str, ...]
) -> None:
    with pytest.raises(Invalid) as refused:
        check_manifest(parse_manifest(text))

    path = ("manifest", *place)
    assert refused.value.path == path
    assert str(refused.value).startswith(f"{'.'.join(path)}: numbers go from -9007199254740991")


@pytest.mark.parametrize(
    "number", [0, -0.0, 2**53 - 1, 1 - 2**53, 0.1, 5e-324, 9007199254740991.0, 1e-400]
)
def test_numbers_that_everybody_reads_are_stored(number: float) -> None:
    manifest = {**GOOD, "parameters": {"x": number}}

    assert parse_manifest(json.dumps(check_manifest(manifest))) == manifest


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"a": {"x": "\\u0000"}}', ("manifest", "a", "x")),
        ('{"a": ["\\ud800"]}', ("manifest", "a", "0")),
        ('{"a": {"b\\udfff": 1}}', ("manifest", "a")),
    ],
    ids=["nul", "half a pair", "half a pair in a name"],
)
def test_text_that_cannot_be_stored_is_refused_by_its_place(
    text: str, path: tuple[str, ...]
) -> None:
    with pytest.raises(Invalid) as refused:
        check_manifest(parse_manifest(text))

    assert refused.value.path == path


@pytest.mark.parametrize("levels", [65, 300, 2_000, 20_000])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"x":', "}")], ids=["lists", "objects"])
def test_what_is_nested_deeper_than_answers_can_be_is_refused(
    levels: int, brackets: tuple[str, str]
) -> None:
    opening, closing = brackets
    text = '{"parameters": ' + opening * levels + "1" + closing * levels + "}"

    with pytest.raises(Invalid, match=r"nested too deeply|larger than") as refused:
        check_manifest(parse_manifest(text))

    assert refused.value.path == ("manifest",)


def test_several_odd_values_are_reported_together_and_not_without_end() -> None:
    with pytest.raises(Rejected) as refused:
        check_manifest({**GOOD, "parameters": {"a": 2**64, "b": ["\x00", 2**53]}})
    with pytest.raises(Rejected) as many:
        check_manifest([2**64] * 1000)

    places = [".".join(error.path) for error in refused.value.each]
    assert places == ["manifest.parameters.a", "manifest.parameters.b.0", "manifest.parameters.b.1"]
    assert len(many.value.each) == 20


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"x": [{"a": 1, "b": 1, "a": 1}]}'])
def test_a_name_given_twice_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="names a twice"):
        parse_manifest(text)


@pytest.mark.parametrize("text", ["1" * 5000, "NaN", '{"x": -Infinity}', "\ud800", '"\ud800"'])
def test_no_text_breaks_the_parser(text: str) -> None:
    with pytest.raises(ChenuError) as refused:
        check_manifest(parse_manifest(text))

    assert refused.value.each[0].path == ("manifest",)
