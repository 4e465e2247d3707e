"""Metadata: what a provider's file says of it, and what ours tells providers of us."""

import base64
import binascii
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

import msgspec

from chenu.core.errors import Invalid
from chenu.core.i18n import mark
from chenu.saml.documents import METADATA, SIGNATURE, read_document, text_of
from chenu.saml.refusals import SamlRefused

MOST_BYTES = 500_000
MOST_CERTIFICATES = 2
"""The one in use, and the one that follows it."""

_LONGEST_NAME = 1_024
_PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"

_NOT_READABLE = mark(
    "This is no SAML metadata: please send the XML file of your provider, "
    "at most {kilobytes} KB, without a DTD and comments"
)
_NOT_ONE = mark("This metadata describes {count} providers: please send that of one")
_NO_ENTRY = mark(
    "This metadata names no page to sign in on by HTTP-Redirect over https: "
    "please turn that binding on at your provider"
)
_NO_NAME = mark("This metadata has no entityID of 1 to {most} characters")
_CERTIFICATES = mark(
    "This metadata has {count} signing certificates: one or two are allowed, "
    "the one in use and the next one"
)
_BROKEN_CERTIFICATE = mark("A signing certificate of this metadata cannot be read")
_WEAK_KEY = mark(
    "A signing certificate of this metadata has a weak key: RSA of {bits} bits or more, "
    "or an elliptic curve"
)
_EXPIRED = mark("No signing certificate of this metadata is valid today")


class SigningCertificate(msgspec.Struct, frozen=True):
    """`pem` is public; the moments are UTC."""

    pem: str
    begins_at: datetime
    ends_at: datetime


class ProviderMetadata(msgspec.Struct, frozen=True):
    """`provider` is its entityID; at `sign_in_url` people sign in."""

    provider: str
    sign_in_url: str
    certificates: tuple[SigningCertificate, ...]


def read_metadata(raw: bytes, now: datetime, *, path: tuple[str, ...] = ()) -> ProviderMetadata:
    """Raises Invalid with what is wrong and what is allowed."""
    try:
        root = read_document(raw.strip(), MOST_BYTES)
    except SamlRefused:
        raise Invalid(_NOT_READABLE, path=path, kilobytes=MOST_BYTES // 1_000) from None
    entity, described = _find_provider(root, path)
    name = entity.get("entityID", "")
    if not 0 < len(name) <= _LONGEST_NAME:
        raise Invalid(_NO_NAME, path=path, most=_LONGEST_NAME)
    certificates = _read_certificates(described, path)
    if not any(each.begins_at <= now < each.ends_at for each in certificates):
        raise Invalid(_EXPIRED, path=path)
    return ProviderMetadata(name, _find_sign_in_url(described, path), certificates)


def _find_provider(root: Element, path: tuple[str, ...]) -> tuple[Element, Element]:
    found = [
        (entity, described)
        for entity in root.iter(f"{METADATA}EntityDescriptor")
        for described in entity.findall(f"{METADATA}IDPSSODescriptor")
    ]
    if len(found) != 1:
        raise Invalid(_NOT_ONE, path=path, count=len(found))
    return found[0]


def _find_sign_in_url(described: Element, path: tuple[str, ...]) -> str:
    for service in described.findall(f"{METADATA}SingleSignOnService"):
        url = service.get("Location", "")
        if service.get("Binding") == _REDIRECT and _is_web_page(url):
            return url
    raise Invalid(_NO_ENTRY, path=path)


def _is_web_page(url: str) -> bool:
    """Over https; over http on this machine only, where tests and trials have their provider."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_here = parts.hostname in {"localhost", "127.0.0.1"}
    is_written_well = len(url) <= 2_000 and not any(sign <= " " for sign in url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_here)
    return bool(parts.hostname) and is_safe and is_written_well and not parts.fragment


def _read_certificates(described: Element, path: tuple[str, ...]) -> tuple[SigningCertificate, ...]:
    texts = {
        "".join(text_of(each).split())
        for key in described.findall(f"{METADATA}KeyDescriptor")
        if key.get("use", "signing") == "signing"
        for each in key.iter(f"{SIGNATURE}X509Certificate")
    }
    if not 0 < len(texts) <= MOST_CERTIFICATES:
        raise Invalid(_CERTIFICATES, path=path, count=len(texts))
    read = [_read_certificate(text, path) for text in texts]
    return tuple(sorted(read, key=lambda each: each.ends_at))


def _read_certificate(text: str, path: tuple[str, ...]) -> SigningCertificate:
    # Imported when somebody signs in by SAML: few accounts do.
    from chenu.saml.certificates import SMALLEST_RSA, has_strong_key, read_der, write_pem

    try:
        certificate = read_der(base64.b64decode(text, validate=True))
        is_strong = has_strong_key(certificate)
    except (binascii.Error, ValueError):
        raise Invalid(_BROKEN_CERTIFICATE, path=path) from None
    if not is_strong:
        raise Invalid(_WEAK_KEY, path=path, bits=SMALLEST_RSA)
    return SigningCertificate(
        write_pem(certificate),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


def write_metadata(audience: str, consumer_url: str) -> bytes:
    """Ours, for one connection: what an administrator gives to their provider."""
    register_namespace("md", METADATA[1:-1])
    root = Element(f"{METADATA}EntityDescriptor", {"entityID": audience})
    ours = SubElement(
        root,
        f"{METADATA}SPSSODescriptor",
        {
            "AuthnRequestsSigned": "false",
            "WantAssertionsSigned": "true",
            "protocolSupportEnumeration": _PROTOCOL,
        },
    )
    for form in ("2.0:nameid-format:persistent", "1.1:nameid-format:emailAddress"):
        SubElement(ours, f"{METADATA}NameIDFormat").text = f"urn:oasis:names:tc:SAML:{form}"
    consumer = {"Binding": _POST, "Location": consumer_url, "index": "0", "isDefault": "true"}
    SubElement(ours, f"{METADATA}AssertionConsumerService", consumer)
    written = tostring(root, encoding="utf-8", xml_declaration=True)
    assert isinstance(written, bytes)  # noqa: S101  an encoding makes bytes
    return written
