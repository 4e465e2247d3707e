"""What people type and how addresses are read: no engine needed."""

from urllib.parse import urlencode

import pytest

from chenu.agents.model import PriceType
from chenu.agents.search_query import AgentSort
from chenu.core.errors import BadInput, Invalid
from chenu.tiers.catalogue import AgentLevel
from storefront.forms import Fields, _parse
from storefront.money_input import parse_euros, parse_minutes, show_euros
from storefront.search_form import read_search
from storefront.sign_in_path import safe_next, sign_in_path
from storefront.user_agent import browser_name

AMOUNTS = [
    ("9", 900),
    ("9,00", 900),
    ("9.00", 900),
    ("0,99", 99),
    ("9,99", 999),
    (" 12,50 € ", 1250),
    ("€12.50", 1250),
    ("50.00", 5000),
    ("19.99", 1999),
    ("0", 0),
    ("1\u202f234,56", 123456),
    ("007,10", 710),
    ("1234567,89", 123456789),
]
NO_AMOUNTS = [
    "", " ", "€", "nine", "9,", ",99", "9,9", "9,999", "9.00.00", "9,00,00", "1,234.56", "-9", "+9",
    "9e2", "0x10", "٩", "9-", "12345678", "NaN", "inf", "9\n9x", "９",
]  # fmt: skip


@pytest.mark.parametrize(("text", "cents"), AMOUNTS)
def test_euros_are_read_to_the_cent(text: str, cents: int) -> None:
    assert parse_euros(text, "price") == cents


@pytest.mark.parametrize("text", NO_AMOUNTS)
def test_what_is_no_amount_is_refused_by_the_name_of_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_euros(text, "price")

    assert refused.value.path == ("price",)


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_price_survives_being_shown_and_read(locale: str) -> None:
    for cents in range(5001):
        shown = show_euros(cents, "fr" if locale == "fr" else "en")
        assert parse_euros(shown, "price") == cents


@pytest.mark.parametrize(
    ("text", "minutes"), [("15", 15.0), ("7,5", 7.5), ("0.25", 0.25), (" 12 ", 12.0)]
)
def test_minutes_are_read_in_both_notations(text: str, minutes: float) -> None:
    assert parse_minutes(text, "minutes") == minutes


@pytest.mark.parametrize("text", ["", "a", "-1", "1e3", "nan", "1,2,3", "123456"])
def test_what_is_no_number_of_minutes_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_minutes(text, "minutes")

    assert refused.value.path == ("minutes",)


STRANGERS = [
    "",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "https://evil.example",
    "http:evil.example",
    "HTTPS://evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\tevil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "\n/account",
    "/\r\nSet-Cookie: a=b",
    "javascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "evil.example",
    "evil.example/account",
    "@evil.example",
    "account",
    "?next=/account",
    "#account",
    "/\u2028evil.example",
    "/\u202eevil.example",
    "/\u00adevil.example",
    "/\ufeffevil.example",
    "/\x00evil.example",
    "/\x7fevil.example",
    "/ /evil.example",
    " //evil.example",
    "/account ",
    "mailto:a@b.org",
    "//evil.example\\@ours",
    "/\\/evil.example",
    "/./\\evil.example",
    "tel:1",
    "/" + "a" * 2001,
]


@pytest.mark.parametrize("wanted", STRANGERS)
def test_next_never_leads_to_strangers(wanted: str) -> None:
    assert safe_next(wanted) == "/library"


@pytest.mark.parametrize("wanted", ["/", "/account", "/agents?q=a%20b&sphere=BUSINESS", "/a/b#c"])
def test_next_leads_to_every_page_of_ours(wanted: str) -> None:
    assert safe_next(wanted) == wanted


def test_the_sign_in_page_is_informed_where_to_lead() -> None:
    assert sign_in_path("/agents?q=é&a=b") == "/sign-in?next=%2Fagents%3Fq%3D%C3%A9%26a%3Db"
    assert sign_in_path("/") == "/sign-in"


def test_a_search_is_read_from_its_address() -> None:
    fields = _parse(
        b"q=bail&sphere=BUSINESS&sphere=SCHOLAR&level=L1&price=ONE_TIME&kind=MARKETPLACE"
        b"&capability=invoices&min=2&max=12,50&language=fr&sort=PRICE_ASC"
    )

    search = read_search(fields)

    chosen = search.query.filter
    assert (search.query.search, search.query.sort) == ("bail", AgentSort.PRICE_ASC)
    assert chosen.spheres == ("BUSINESS", "SCHOLAR")
    assert chosen.levels == (AgentLevel.L1,)
    assert chosen.price_types == (PriceType.ONE_TIME,)
    assert (chosen.min_price, chosen.max_price, chosen.language) == (200, 1250, "fr")
    assert (search.errors, search.filter_count) == ((), 9)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (b"sphere=MOON", "sphere"),
        (b"level=L9", "level"),
        (b"price=LEASE", "price"),
        (b"kind=CUSTOM", "kind"),
        (b"language=de", "language"),
        (b"sort=CHEAP", "sort"),
        (b"min=cheap", "min"),
        (b"min=-1", "min"),
        (b"max=99999999", "max"),
        (b"min=20&max=5", "min"),
        (b"min=0,01&max=0", "min"),
        (b"min=5.01&max=5,00&level=L1", "min"),
        (b"max=1e9", "max"),
        (b"q=" + b"a" * 201, "q"),
        (b"capability=" + b"a" * 201, "capability"),
        (b"&".join(b"capability=c%d" % n for n in range(21)), "capability"),
    ],
)
def test_what_a_search_cannot_mean_is_reported_by_its_field(query: bytes, field: str) -> None:
    search = read_search(_parse(query))

    assert [error.path for error in search.errors] == [(field,)]


def test_the_address_of_a_search_is_always_the_same() -> None:
    one = read_search(_parse(b"sphere=SCHOLAR&q=a&min=&sort=&level=L1"))
    other = read_search(_parse(b"level=L1&q=a&sphere=SCHOLAR"))

    assert one.url() == other.url() == "/agents?q=a&sphere=SCHOLAR&level=L1"
    assert one.without("level", "L1") == "/agents?q=a&sphere=SCHOLAR"
    assert one.url(sphere=None) == "/agents?q=a&level=L1"


def test_line_breaks_of_browsers_become_single() -> None:
    fields = _parse(b"bio=one%0D%0Atwo%0Dthree&bio=")

    assert fields.all("bio") == ("one\ntwo\nthree",)


def test_fields_are_in_one_form_but_what_is_hashed_or_sold_as_typed() -> None:
    typed = "e\u0301"
    names = ("q", "display_name", "password", "current_password", "new_password", "manifest")
    fields = _parse(urlencode(dict.fromkeys(names, typed)).encode())

    assert [fields.text(name) for name in names] == ["\u00e9", "\u00e9", *[typed] * 4]


def test_one_search_has_one_address_in_every_form() -> None:
    composed, decomposed = (urlencode({"q": text}).encode() for text in ("\u00e9", "e\u0301"))

    assert read_search(_parse(composed)).url() == read_search(_parse(decomposed)).url()


@pytest.mark.parametrize("name", ["min", "max"])
@pytest.mark.parametrize("text", ["1" * 5_000, "-" + "1" * 5_000, "0." + "1" * 5_000, "1e5000"])
def test_thousands_of_digits_are_no_amount(name: str, text: str) -> None:
    [error] = read_search(_parse(f"{name}={text}".encode())).errors

    assert (error.path, str(error)) == (
        (name,),
        "Please enter an amount in euros such as 9.00 or 9,00",
    )


@pytest.mark.parametrize(
    "encoded",
    [b"a=%ff", b"a=%C3", "a=é".encode(), b"&".join(b"a=1" for _ in range(201))],
    ids=["no UTF-8", "half a character", "raw bytes", "too many fields"],
)
def test_a_form_that_cannot_be_read_is_refused(encoded: bytes) -> None:
    with pytest.raises(BadInput):
        _parse(encoded)


def test_fields_that_were_not_sent_are_empty() -> None:
    fields = Fields({"a": ["1", "2", ""]})

    assert (fields.text("a"), fields.find("b"), fields.all("a")) == ("", None, ("1", "2"))


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU like Mac OS X) Version/18 Safari/604", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140 Safari/537", "Chrome · Android"),
        ("", ""),
    ],
)  # fmt: skip
def test_browsers_are_named_for_people(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
