"""Small parts by themselves: forms, ids, amounts in words, cards as they are typed."""

import pytest

from chenu.sandbox.api import forms
from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.clock import next_midnight, parse_rfc3339, rfc3339
from chenu.sandbox.engine.errors import Refused
from chenu.sandbox.engine.ids import IdSource, kind_of
from chenu.sandbox.engine.signing import signature_header
from chenu.sandbox.engine.unit_of_work import differences
from chenu.sandbox.objects.cards import passes_luhn
from chenu.sandbox.objects.parameters import merge_metadata
from chenu.sandbox.pages.card_form import read_card
from chenu.sandbox.pages.translations import ENGLISH, FRENCH, euros
from tests.sandbox.playground import CARD


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a[b][c]=x&a[b][d]=y", {"a": {"b": {"c": "x", "d": "y"}}}),
        ("a[0]=x&a[1]=y", {"a": {"0": "x", "1": "y"}}),
        ("a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        ("a[0][b]=x", {"a": {"0": {"b": "x"}}}),
        ("a%5Bb%5D=%C3%A9", {"a": {"b": "é"}}),
        ("", {}),
    ],
)
def test_brackets_nest(text: str, value: object) -> None:
    assert forms.decode(text) == value


@pytest.mark.parametrize("text", ["a[b=1", "[a]=1", "a]=1", "a[b]c=1", "a=1&a[b]=2"])
def test_brackets_that_do_not_match_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        forms.decode(text)


def test_ids_follow_from_seed_and_count() -> None:
    first, again, other = IdSource(1), IdSource(1), IdSource(2)

    ids = [first.new("customer") for _ in range(3)]

    assert [again.new("customer") for _ in range(3)] == ids
    assert other.new("customer") not in ids
    assert IdSource(1, 2).new("customer") == ids[2]
    assert len(ids[0]) == len("cus_") + 14


@pytest.mark.parametrize(
    ("object_id", "kind"),
    [
        ("cus_1", "customer"),
        ("cs_test_1", "checkout.session"),
        ("py_1", "charge"),
        ("pyr_1", "refund"),
        ("evt_1", "event"),
        ("acct_1", "account"),
        ("plan_pro", None),
    ],
)
def test_prefixes_tell_kinds(object_id: str, kind: str | None) -> None:
    assert kind_of(object_id) == kind


def test_a_shape_refuses_keys_it_does_not_have() -> None:
    with pytest.raises(KeyError, match="colour"):
        shapes.new("customer", colour="red")


@pytest.mark.parametrize(
    ("cents", "english", "french"),
    [
        (0, "€0.00", "0,00\u00a0€"),
        (5, "€0.05", "0,05\u00a0€"),
        (123_456_789, "€1,234,567.89", "1\u202f234\u202f567,89\u00a0€"),
        (-250, "-€2.50", "-2,50\u00a0€"),
    ],
)
def test_amounts_are_written_in_both_languages(cents: int, english: str, french: str) -> None:
    assert (euros(cents, "en"), euros(cents, "fr")) == (english, french)


def test_both_languages_say_everything() -> None:
    assert ENGLISH.keys() == FRENCH.keys()


def test_metadata_is_merged_as_stripe_does() -> None:
    body = {"metadata": {"a": "1", "b": "2"}}

    merge_metadata(body, {"a": "", "c": "3"})
    assert body["metadata"] == {"b": "2", "c": "3"}
    merge_metadata(body, "")
    assert body["metadata"] == {}


def test_differences_are_the_old_values_of_what_changed() -> None:
    before = {"a": 1, "b": {"x": 1, "y": 2}, "c": None, "d": [1]}
    after = {"a": 1, "b": {"x": 1, "y": 3}, "c": "new", "d": [1, 2]}

    assert differences(before, after) == {"b": {"y": 2}, "c": None, "d": [1]}


def test_every_secret_signs() -> None:
    header = signature_header(b"{}", ["one", "two"], 1_700_000_000)

    assert header.startswith("t=1700000000,v1=")
    assert header.count("v1=") == 2


@pytest.mark.parametrize(
    ("number", "good"),
    [("4242424242424242", True), ("4242424242424241", False), ("42", False), ("0" * 20, False)],
)
def test_card_numbers_have_a_check_digit(number: str, good: bool) -> None:
    assert passes_luhn(number) == good


@pytest.mark.parametrize(
    ("exp", "expiry"), [("12/34", (12, 2034)), ("1/2034", (1, 2034)), (" 11 / 26 ", (11, 2026))]
)
def test_expiry_dates_are_read(exp: str, expiry: tuple[int, int]) -> None:
    november_2026 = 1_795_000_000

    assert read_card({**CARD, "exp": exp}, november_2026).expiry == expiry


def test_timestamps_of_v2_are_read_as_they_are_written() -> None:
    assert rfc3339(1_795_377_720, 7) == "2026-11-22T20:02:00.007Z"
    assert parse_rfc3339("2026-11-22T20:02:00.007Z") == 1_795_377_720_007
    with pytest.raises(ValueError, match="time zone"):
        parse_rfc3339("2026-11-22T18:22:00")


def test_midnight_is_always_ahead() -> None:
    assert next_midnight(86_399) == 86_400
    assert next_midnight(86_400) == 172_800
