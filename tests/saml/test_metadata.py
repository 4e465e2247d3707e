"""Metadata of providers, ours, and the request that sends a person there."""

import base64
import zlib
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import defusedxml.ElementTree as ElementTree
import pytest

from chenu.core.errors import Invalid
from chenu.saml.metadata import read_metadata, write_metadata
from chenu.saml.requests import new_request_id, sign_in_url
from tests.saml.metadata import SIGN_IN, write_provider_metadata
from tests.saml.provider import AUDIENCE, CONSUMER, NOW, PROVIDER, Key, make_key


def test_metadata_says_where_to_sign_in_and_with_which_keys(key: Key, next_key: Key) -> None:
    text = write_provider_metadata(key, next_key)

    read = read_metadata(text.encode(), NOW)

    assert (read.provider, read.sign_in_url) == (PROVIDER, SIGN_IN)
    assert {each.pem for each in read.certificates} == {key.certificate, next_key.certificate}


REFUSED: dict[str, tuple[Callable[[Key], str], str]] = {
    "no XML": (lambda _key: "hello", "no SAML metadata"),
    "a DTD": (lambda key: "<!DOCTYPE x>" + write_provider_metadata(key), "without a DTD"),
    "too long": (lambda key: write_provider_metadata(key) + " " * 10 + "x" * 500_000, "500 KB"),
    "no provider": (lambda _key: "<a/>", "describes 0 providers"),
    "two providers": (lambda key: f"<a>{write_provider_metadata(key) * 2}</a>", "2 providers"),
    "no certificate": (lambda _key: write_provider_metadata(), "has 0 signing certificates"),
    "an expired one": (
        lambda _key: write_provider_metadata(make_key(until=NOW - timedelta(days=1))),
        "valid today",
    ),
    "a weak one": (lambda _key: write_provider_metadata(make_key(bits=1024)), "weak key"),
    "a broken one": (
        lambda _key: write_provider_metadata(Key("", "x\nAAAA\nx")),
        "cannot be read",
    ),
    "http": (lambda key: write_provider_metadata(key, url="http://idp.example/"), "over https"),
    "a script": (lambda key: write_provider_metadata(key, url="javascript:1"), "over https"),
    "another binding": (lambda key: write_provider_metadata(key, binding="x"), "HTTP-Redirect"),
    "no name": (lambda key: write_provider_metadata(key, provider=""), "entityID"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_metadata_that_cannot_be_used_is_refused_with_what_is_allowed(case: str, key: Key) -> None:
    write, words = REFUSED[case]

    with pytest.raises(Invalid, match=words) as refused:
        read_metadata(write(key).encode(), NOW, path=("metadata",))

    assert refused.value.path == ("metadata",)


def test_three_certificates_are_one_too_many(key: Key, next_key: Key, foreign_key: Key) -> None:
    text = write_provider_metadata(key, next_key, foreign_key)

    with pytest.raises(Invalid, match="3 signing certificates"):
        read_metadata(text.encode(), NOW)


def test_ours_names_audience_and_consumer() -> None:
    written = ElementTree.fromstring(write_metadata(AUDIENCE, CONSUMER))

    consumer = written.find(".//{*}AssertionConsumerService")
    assert written.get("entityID") == AUDIENCE
    assert consumer is not None
    assert consumer.get("Location") == CONSUMER


def test_a_request_names_us_and_its_own_id() -> None:
    request_id = new_request_id()

    url = sign_in_url(
        SIGN_IN,
        request_id=request_id,
        audience=AUDIENCE,
        consumer_url=CONSUMER,
        relay_state="state",
        now=NOW,
    )

    fields = parse_qs(urlsplit(url).query)
    request = ElementTree.fromstring(
        zlib.decompress(base64.b64decode(fields["SAMLRequest"][0]), -15)
    )
    assert (fields["tenant"], fields["RelayState"]) == (["1"], ["state"])
    assert request.get("ID") == request_id != new_request_id()
    assert request.get("AssertionConsumerServiceURL") == CONSUMER
    assert request.get("Destination") == SIGN_IN
    assert request.get("ForceAuthn") is None
