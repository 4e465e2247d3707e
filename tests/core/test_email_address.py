"""One ASCII spelling of each email address, in whatever alphabet its host was typed. No engine."""

import pytest

from chenu.core.email_address import find_ascii_address

SPELLINGS = [
    ("u@müller.example", "u@xn--mller-kva.example"),
    ("u@mu\u0308ller.example", "u@xn--mller-kva.example"),
    ("U@MÜLLER.EXAMPLE", "u@xn--mller-kva.example"),
    ("u@XN--MLLER-KVA.example", "u@xn--mller-kva.example"),
    ("u@xn--e1afmkfd.xn--p1ai", "u@xn--e1afmkfd.xn--p1ai"),
    ("u@пример.рф", "u@xn--e1afmkfd.xn--p1ai"),
    ("u@例え.テスト", "u@xn--r8jz45g.xn--zckzah"),
    ("u@例え。テスト", "u@xn--r8jz45g.xn--zckzah"),
    ("u@faß.de", "u@xn--fa-hia.de"),
    ("u@\u0645\u062b\u0627\u0644.example", "u@xn--mgbh0fb.example"),
    ("ｕ＠ｅｘａｍｐｌｅ.org", "u@example.org"),
    (" Zoe+Tag@Mail.Example.CO.uk ", "zoe+tag@mail.example.co.uk"),
    ("pro@demo.chenu.example", "pro@demo.chenu.example"),
    ("u@intranet.local", "u@intranet.local"),
    ("u@host.test", "u@host.test"),
]
NO_ADDRESSES = {
    "nothing": "",
    "a host alone": "@example.org",
    "a host with a port": "u@müller.example:25",
    "an over-long label": f"u@{'a' * 64}.org",
    "a label over-long in ASCII": f"u@{'ü' * 60}.org",
    "an over-long host": "u@" + "abcdefghi." * 26 + "org",
    "an over-long part before the @": f"{'a' * 65}@example.org",
    "a hundred thousand letters": "ü" * 100_000 + "@example.org",
    "accents before the @": "zoé@example.org",
    "Cyrillic before the @": "почта@пример.рф",
    "broken Punycode": "u@xn--a.example",
    "an emoji": "u@☃.net",
    "a digit that brings its own dot": "u@a⒈example",
    "a joiner": "u@a\u200db.org",
    "mixed directions": "u@1.xn--4dbc.com",
    "a dot at the end": "u@example.org.",
    "two dots": "u@exa..mple.org",
    "a hyphen at the start": "u@-a.org",
    "an underscore": "u@exam_ple.org",
    "an address of the network": "u@[192.0.2.1]",
    "the same without brackets": "u@192.0.2.1",
    "IPv6": "u@[IPv6:2001:db8::1]",
    "quotes": '"a b"@example.org',
    "a name in front": "Zoé <u@example.org>",
    "a bare host": "u@localhost",
    "NUL": "u\x00@example.org",
    "half a character": "u@\ud800.org",
    "a line break": "u@example.org\nBcc: a@example.org",
}


@pytest.mark.parametrize(("typed", "stored"), SPELLINGS)
def test_an_address_has_one_spelling(typed: str, stored: str) -> None:
    assert find_ascii_address(typed) == stored
    assert find_ascii_address(stored) == stored


@pytest.mark.parametrize("typed", NO_ADDRESSES.values(), ids=NO_ADDRESSES)
def test_what_no_mail_server_takes_is_no_address(typed: str) -> None:
    assert find_ascii_address(typed) is None
