"""Which names an account may enter: public ones of its own."""

import pytest

from chenu.core.errors import Invalid
from chenu.domains.names import domain_of, read_name
from chenu.domains.resolver import read_text


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("acme.fr", "acme.fr"),
        ("  ACME.fr. ", "acme.fr"),
        ("mail.acme.co.uk", "mail.acme.co.uk"),
        ("bücher.de", "xn--bcher-kva.de"),
        ("strasse.de", "strasse.de"),
    ],
)
def test_a_name_has_one_spelling(typed: str, read: str) -> None:
    assert read_name(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        *("", "acme", "a@acme.fr", "https://acme.fr", "acme.fr/path", "acme.fr:443", "*.acme.fr"),
        *("acme..fr", "-acme.fr", "acme.fr\n.evil.fr", "127.0.0.1", "[::1]", "acme.localhost"),
        *("acme.test", "acme.internal", "_dmarc.acme.fr", f"{'a' * 64}.fr", f"{'a.' * 130}fr"),
    ],
)
def test_what_is_no_public_name_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_name(typed)
    assert refused.value.path == ("name",)


@pytest.mark.parametrize("typed", ["gmail.com", "Orange.FR", "mail.gmail.com", "mailinator.com"])
def test_a_domain_that_gives_mailboxes_to_everybody_is_nobodys(typed: str) -> None:
    with pytest.raises(Invalid, match="gives mailboxes to everybody"):
        read_name(typed)


def test_the_domain_of_a_mailbox_is_what_stands_behind_the_last_at() -> None:
    assert domain_of('"odd@evil.fr"@acme.fr') == "acme.fr"


def test_a_record_in_parts_is_one_text() -> None:
    assert read_text([b"chenu-", b"verification"]) == "chenu-verification"
