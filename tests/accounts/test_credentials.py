"""Keys, passwords and email addresses as texts: what is accepted. No database."""

import string

import pytest
from argon2 import PasswordHasher, profiles
from hypothesis import given, settings
from hypothesis import strategies as st

from chenu.accounts.credentials import (
    API_KEY_HEAD,
    SERVICE_KEY_HEAD,
    has_valid_checksum,
    hash_key,
    hash_token,
    new_key,
    new_token,
)
from chenu.accounts.passwords import check_password, hash_password, verify_password
from chenu.accounts.validation import check_email, check_line, normalise_email

ANY_TEXT = st.text(st.characters())  # half surrogate pairs included


def test_a_stored_password_costs_what_rfc_9106_recommends(product_hasher: PasswordHasher) -> None:
    recommended = PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)

    stored = recommended.hash("a password")

    assert not product_hasher.check_needs_rehash(stored)


def test_keys_have_a_head_that_scanners_know_and_enough_randomness() -> None:
    made = [new_key(API_KEY_HEAD) for _ in range(100)]

    assert len({key.secret for key in made}) == 100
    for key in made:
        body = key.secret.removeprefix(API_KEY_HEAD)
        assert len(body) == 43
        assert set(body) <= set(string.ascii_letters + string.digits)
        assert has_valid_checksum(key.secret)
        assert len(key.prefix) == len(API_KEY_HEAD) + 6


@given(st.integers(0, 42), st.sampled_from(string.ascii_letters + string.digits))
def test_every_single_typo_is_seen(place: int, char: str) -> None:
    key = "chenu_live_0Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv1Wx"
    secret = _with_checksum(key)
    at = len(API_KEY_HEAD) + place % (len(secret) - len(API_KEY_HEAD))
    typo = secret[:at] + char + secret[at + 1 :]

    assert has_valid_checksum(typo) is (typo == secret)


def _with_checksum(body: str) -> str:
    from chenu.accounts import credentials

    return body + credentials._checksum(body)


@given(ANY_TEXT)
def test_no_text_breaks_the_checks(text: str) -> None:
    has_valid_checksum(text)

    assert len(hash_token(text)) == 32
    assert len({hash_key(SERVICE_KEY_HEAD, b"a"), hash_key(SERVICE_KEY_HEAD, b"b")}) == 2


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}

    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 43


@given(ANY_TEXT)
def test_an_accepted_address_is_one_plain_line_that_stays_as_it_is(text: str) -> None:
    email = normalise_email(text)

    if not check_email(email):
        assert email.isascii()
        assert normalise_email(email) == email
        assert email.count("@") == 1


@pytest.mark.parametrize(
    "email",
    [
        "zoe@example.org",
        "z@e.fr",
        "zoe+chenu@mail.example.co.uk",
        "o'neil@example.org",
        "zoe_b.c-d@sub-domain.example.org",
        "123@456.example.org",
    ],
)
def test_ordinary_addresses_are_accepted(email: str) -> None:
    assert check_email(email) == []


@given(ANY_TEXT)
def test_an_accepted_line_has_something_to_see_and_no_break(text: str) -> None:
    if not check_line(text, path=("name",)):
        assert text.strip()
        assert "\x00" not in text
        assert len(text.strip().splitlines()) == 1
        text.encode()


@pytest.mark.parametrize("name", ["Zoé", "李小龍", "👩‍🚀 Ada", "O’Neil", "نورا"])
def test_names_of_the_world_are_accepted(name: str) -> None:
    assert check_line(name, path=("name",)) == []


@given(ANY_TEXT)
def test_an_accepted_password_is_long_enough_and_not_the_address(text: str) -> None:
    if not check_password(text, "zoe@example.org", path=("password",)):
        assert 8 <= len(text) <= 200
        assert text.lower() != "zoe@example.org"


@settings(max_examples=3)
@given(st.text(st.characters(), min_size=8, max_size=20))
async def test_a_password_of_any_characters_fits_its_own_hash_alone(password: str) -> None:
    made = await hash_password(password)

    assert await verify_password(password, made)
    assert not await verify_password(password + "x", made)
    assert not await verify_password(password, None)
