"""A19 of the security plan for SAML: every trick is refused, and for the reason it should be."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chenu.saml.assertions import VerifiedAssertion
from chenu.saml.refusals import Refusal, SamlRefused
from chenu.saml.verification import verify
from chenu.saml.verifier import SamlVerifier, decode_response
from tests.saml.provider import (
    EXCLUSIVE,
    NOW,
    RSA_SHA1,
    SHA1,
    Key,
    Said,
    expectation,
    respond,
    sign,
    write_assertion,
    write_response,
)
from tests.saml.wrapping import VARIANTS

pytestmark = pytest.mark.long

ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)

WRONG: dict[str, tuple[dict[str, Any], Refusal]] = {
    "unsigned": ({"signs_assertion": False}, Refusal.NOT_SIGNED),
    "only the response is signed": (
        {"signs_assertion": False, "signs_response": True},
        Refusal.NOT_SIGNED,
    ),
    "another audience": ({"audience": "https://other.example"}, Refusal.AUDIENCE),
    "another destination": ({"destination": "https://other.example"}, Refusal.DESTINATION),
    "another recipient": ({"recipient": "https://other.example"}, Refusal.DESTINATION),
    "another issuer": ({"issuer": "https://evil.example"}, Refusal.SIGNATURE),
    "expired": ({"ends_at": NOW - timedelta(seconds=61)}, Refusal.EXPIRED),
    "not yet valid": ({"begins_at": NOW + timedelta(seconds=61)}, Refusal.NOT_YET_VALID),
    "answer to another request": ({"in_response_to": "_other"}, Refusal.REQUEST),
    "assertion for another request": ({"confirmed_request": "_other"}, Refusal.REQUEST),
    "nobody asked": ({"in_response_to": None, "confirmed_request": None}, Refusal.REQUEST),
    "assertion that names no request": ({"confirmed_request": None}, Refusal.REQUEST),
    "refused by the provider": ({"status": "Requester"}, Refusal.NOT_SUCCESSFUL),
    "signature by SHA-1": ({"signature_method": RSA_SHA1}, Refusal.WEAK_ALGORITHM),
    "digest by SHA-1": ({"digest_method": SHA1}, Refusal.WEAK_ALGORITHM),
    "canonical form with comments": (
        {
            "transforms": (
                "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
                f"{EXCLUSIVE}WithComments",
            )
        },
        Refusal.WEAK_ALGORITHM,
    ),
    "no name": ({"subject": " "}, Refusal.SUBJECT),
    "elements in a name": (
        {"subject": "eve@evil.example<saml:x>@company.example</saml:x>"},
        Refusal.SIGNATURE,
    ),
}


def test_what_a_provider_vouches_for_is_read(key: Key) -> None:
    answer = respond(key)

    verified = verify(answer, expectation(key))

    assert verified == VerifiedAssertion(
        assertion_id="_assertion-1",
        subject="ada@company.example",
        subject_format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
        attributes={"mail": ("ada@company.example",), "groups": ("chenu-billing", "everybody")},
        expires_at=NOW + timedelta(minutes=6),
    )


def test_a_response_may_be_signed_beside_its_assertion(key: Key, foreign_key: Key) -> None:
    answer = respond(key, signs_response=True)
    forged = sign(
        foreign_key,
        write_response(
            Said(signs_response=True), sign(key, write_assertion(Said()), "assertion:Assertion")
        ),
        "protocol:Response",
    )

    assert verify(answer, expectation(key)).subject == "ada@company.example"
    with pytest.raises(SamlRefused, match="SIGNATURE"):
        verify(forged.encode(), expectation(key))


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_refused_for_what_it_is(case: str, key: Key) -> None:
    changes, refusal = WRONG[case]
    answer = respond(key, **changes)

    with pytest.raises(SamlRefused) as refused:
        verify(answer, expectation(key))

    assert refused.value.refusal is refusal


def test_whom_the_provider_knew_from_before_has_not_signed_in_again(key: Key) -> None:
    since = NOW - timedelta(seconds=10)
    known = respond(key, asked_at=since - timedelta(seconds=61))

    verify(
        respond(key, asked_at=since - timedelta(seconds=59)), expectation(key, asked_since=since)
    )
    verify(known, expectation(key))
    with pytest.raises(SamlRefused) as refused:
        verify(known, expectation(key, asked_since=since))

    assert refused.value.refusal is Refusal.NOT_ASKED_ANEW


@pytest.mark.parametrize("wrap", VARIANTS)
def test_signature_wrapping_is_refused(wrap: Callable[[Key], bytes], key: Key) -> None:
    answer = wrap(key)
    assert b"eve@company.example" in answer

    with pytest.raises(SamlRefused) as refused:
        verify(answer, expectation(key))

    assert refused.value.refusal in {Refusal.STRUCTURE, Refusal.SIGNATURE, Refusal.NOT_SIGNED}


@pytest.mark.parametrize(
    "hidden", ["<!---->", "<?x?>", "<![CDATA[]]>"], ids=["comment", "instruction", "cdata"]
)
def test_what_splits_a_text_for_some_readers_is_refused(hidden: str, key: Key) -> None:
    shown = f"admin@company.example{hidden}.evil"
    named = respond(key, subject=shown)
    mailed = respond(key, mail=shown)
    added = respond(key, subject="admin@company.example.evil").replace(
        b"admin@company.example.evil", shown.encode()
    )

    for answer in (named, mailed, added):
        with pytest.raises(SamlRefused) as refused:
            verify(answer, expectation(key))
        assert refused.value.refusal is Refusal.HIDDEN_TEXT


def test_entities_and_other_encodings_are_refused(key: Key) -> None:
    answer = respond(key)
    expanded = ENTITIES.encode() + answer.replace(b"everybody", b"&c;")
    external = b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + answer
    utf16 = answer.decode().encode("utf-16")
    latin = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + answer
    deep = answer.replace(b"everybody", b"<a>" * 100 + b"</a>" * 100)

    for hostile in (expanded, external, utf16, latin, deep, b"", b"<", b"x" * 300_000):
        with pytest.raises(SamlRefused) as refused:
            verify(hostile, expectation(key))
        assert refused.value.refusal in {Refusal.NOT_READABLE, Refusal.HIDDEN_TEXT}


def test_a_changed_answer_is_refused(key: Key) -> None:
    answer = respond(key).replace(b"ada@company.example", b"eve@company.example")

    with pytest.raises(SamlRefused, match="SIGNATURE"):
        verify(answer, expectation(key))


def test_a_signature_over_another_element_is_refused(key: Key) -> None:
    """The signature of the assertion names the response: nothing says that Eve was signed."""
    said = Said(reference="_response-1", subject="eve@company.example")
    answer = sign(
        key,
        write_response(said, write_assertion(said)),
        "protocol:Response",
        "assertion:Assertion",
    )

    with pytest.raises(SamlRefused) as refused:
        verify(answer.encode(), expectation(key))

    assert refused.value.refusal is Refusal.SIGNATURE


def test_an_id_that_stands_twice_is_refused(key: Key) -> None:
    answer = respond(key, response_id="_assertion-1")

    with pytest.raises(SamlRefused) as refused:
        verify(answer, expectation(key))

    assert refused.value.refusal is Refusal.STRUCTURE


def test_two_certificates_count_and_no_others(key: Key, next_key: Key, foreign_key: Key) -> None:
    """Also where the answer brings the certificate of its own key along."""
    expected = expectation(key, next_key)

    assert verify(respond(key), expected).subject == "ada@company.example"
    assert verify(respond(next_key), expected).subject == "ada@company.example"
    foreign = respond(foreign_key)
    assert b"X509Certificate>M" in foreign
    with pytest.raises(SamlRefused, match="SIGNATURE"):
        verify(foreign, expected)


def test_an_encrypted_assertion_is_refused(key: Key) -> None:
    encrypted = b"<saml:EncryptedAssertion/></samlp:Response>"
    answer = respond(key).replace(b"</samlp:Response>", encrypted)

    with pytest.raises(SamlRefused, match="ENCRYPTED"):
        verify(answer, expectation(key))


def test_no_bit_of_the_signed_part_can_be_flipped(key: Key) -> None:
    answer = respond(key)
    start, end = answer.index(b"<saml:Subject"), answer.index(b"</saml:Assertion")

    for place in range(start, end, 97):
        changed = answer[:place] + bytes([answer[place] ^ 1]) + answer[place + 1 :]
        with pytest.raises(SamlRefused):
            verify(changed, expectation(key))


async def test_the_process_says_the_same_and_dies_in_time(key: Key) -> None:
    verifier = SamlVerifier()
    slow = SamlVerifier(("sleep", "60"), seconds=0.1)

    verified = await verifier.verify(respond(key), expectation(key))

    assert verified == verify(respond(key), expectation(key))
    with pytest.raises(SamlRefused, match="AUDIENCE"):
        await verifier.verify(respond(key, audience="x"), expectation(key))
    with pytest.raises(SamlRefused, match="TOOK_TOO_LONG"):
        await slow.verify(respond(key), expectation(key))


async def test_an_expired_certificate_verifies_nothing(key: Key) -> None:
    with pytest.raises(SamlRefused, match="NO_CERTIFICATE"):
        await SamlVerifier().verify(respond(key), expectation(key, now=NOW + timedelta(days=1_000)))


@pytest.mark.parametrize("posted", ["", "%%%", "é", "A" * 400_000])
async def test_what_is_no_answer_is_refused(posted: str, key: Key) -> None:
    with pytest.raises(SamlRefused, match="NOT_READABLE"):
        verify(decode_response(posted), expectation(key))
