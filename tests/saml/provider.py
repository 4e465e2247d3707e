"""A provider of SAML as a test writes it: keys, and answers signed by xmlsec1."""

import base64
import subprocess
import tempfile
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element

import defusedxml.ElementTree as ElementTree
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from msgspec.structs import replace

from chenu.saml.assertions import Expectation

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PROVIDER = "https://idp.example/metadata"
AUDIENCE = "https://chenu.example/sign-in/saml/1/metadata"
CONSUMER = "https://chenu.example/sign-in/saml/1"
REQUEST = "_request-1"

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
RSA_SHA256 = f"{_MORE}rsa-sha256"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"

NAMESPACES = (
    'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" '
    'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'
)


class Key(msgspec.Struct, frozen=True):
    private: str
    certificate: str


def make_key(*, bits: int = 2048, until: datetime = NOW + timedelta(days=900)) -> Key:
    private = rsa.generate_private_key(65537, bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=1_000))
        .not_valid_after(until)
        .sign(private, hashes.SHA256())
    )
    return Key(
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        certificate.public_bytes(Encoding.PEM).decode(),
    )


class Said(msgspec.Struct, frozen=True):
    """What an answer says; each field may be changed to be wrong."""

    subject: str = "ada@company.example"
    mail: str = "ada@company.example"
    roles: tuple[str, ...] = ("chenu-billing", "everybody")
    issuer: str = PROVIDER
    audience: str = AUDIENCE
    destination: str = CONSUMER
    recipient: str = CONSUMER
    in_response_to: str | None = REQUEST
    confirmed_request: str | None = REQUEST
    begins_at: datetime = NOW - timedelta(seconds=30)
    ends_at: datetime = NOW + timedelta(minutes=5)
    asked_at: datetime = NOW - timedelta(seconds=30)
    assertion_id: str = "_assertion-1"
    response_id: str = "_response-1"
    status: str = "Success"
    signature_method: str = RSA_SHA256
    digest_method: str = SHA256
    transforms: tuple[str, ...] = (
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        EXCLUSIVE,
    )
    reference: str | None = None
    signs_assertion: bool = True
    signs_response: bool = False


def respond(key: Key, said: Said | None = None, **changes: object) -> bytes:
    said = replace(said or Said(), **changes)
    assertion = write_assertion(said)
    if said.signs_assertion:
        assertion = sign(key, assertion, "assertion:Assertion")
    response = write_response(said, assertion)
    if said.signs_response:
        response = sign(key, response, "protocol:Response")
    return response.encode()


def write_response(said: Said, assertion: str) -> str:
    asked = f' InResponseTo="{said.in_response_to}"' if said.in_response_to else ""
    signature = write_signature(said, said.response_id) if said.signs_response else ""
    return (
        f'<samlp:Response {NAMESPACES} ID="{said.response_id}" Version="2.0"'
        f' IssueInstant="{_written(said.begins_at)}" Destination="{said.destination}"{asked}>'
        f"<saml:Issuer>{said.issuer}</saml:Issuer>{signature}<samlp:Status><samlp:StatusCode"
        f' Value="urn:oasis:names:tc:SAML:2.0:status:{said.status}"/></samlp:Status>'
        f"{assertion}</samlp:Response>"
    )


def write_assertion(said: Said) -> str:
    begin, end = _written(said.begins_at), _written(said.ends_at)
    asked = f' InResponseTo="{said.confirmed_request}"' if said.confirmed_request else ""
    signature = write_signature(said, said.assertion_id) if said.signs_assertion else ""
    roles = "".join(f"<saml:AttributeValue>{each}</saml:AttributeValue>" for each in said.roles)
    return (
        f'<saml:Assertion {NAMESPACES} ID="{said.assertion_id}" Version="2.0"'
        f' IssueInstant="{begin}"><saml:Issuer>{said.issuer}</saml:Issuer>{signature}'
        "<saml:Subject><saml:NameID"
        ' Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">'
        f"{said.subject}</saml:NameID>"
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
        f'<saml:SubjectConfirmationData NotOnOrAfter="{end}" Recipient="{said.recipient}"{asked}/>'
        f'</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{begin}"'
        f' NotOnOrAfter="{end}"><saml:AudienceRestriction><saml:Audience>{said.audience}'
        "</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{_written(said.asked_at)}"><saml:AuthnContext>'
        "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
        "</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
        '<saml:AttributeStatement><saml:Attribute Name="mail">'
        f"<saml:AttributeValue>{said.mail}</saml:AttributeValue></saml:Attribute>"
        f'<saml:Attribute Name="groups">{roles}</saml:Attribute></saml:AttributeStatement>'
        "</saml:Assertion>"
    )


def write_signature(said: Said, signed_id: str) -> str:
    """A template, which xmlsec1 fills."""
    steps = "".join(f'<ds:Transform Algorithm="{each}"/>' for each in said.transforms)
    return (
        '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
        f'<ds:SignatureMethod Algorithm="{said.signature_method}"/>'
        f'<ds:Reference URI="#{said.reference or signed_id}"><ds:Transforms>{steps}</ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{said.digest_method}"/><ds:DigestValue/></ds:Reference>'
        "</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data><ds:X509Certificate/>"
        "</ds:X509Data></ds:KeyInfo></ds:Signature>"
    )


def sign(key: Key, text: str, element: str, *also: str) -> str:
    """Without the line that declares XML, so that it may stand in another document."""
    with tempfile.TemporaryDirectory() as folder:
        private, certificate, file = (Path(folder, name) for name in ("key", "cert", "xml"))
        private.write_text(key.private)
        certificate.write_text(key.certificate)
        file.write_text(text)
        ids = [
            part
            for name in (element, *also)
            for part in ("--id-attr:ID", f"urn:oasis:names:tc:SAML:2.0:{name}")
        ]
        command = ["xmlsec1", "--sign", "--privkey-pem", f"{private},{certificate}", *ids]
        done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=True)
    return done.stdout.partition("?>")[2].strip()


def read_request(url: str) -> tuple[Element, str]:
    """The AuthnRequest and the RelayState that a browser brings to the provider."""
    fields = parse_qs(urlsplit(url).query)
    packed = base64.b64decode(fields["SAMLRequest"][0])
    request: Element = ElementTree.fromstring(zlib.decompress(packed, -15))
    return request, fields["RelayState"][0]


def expectation(*keys: Key, **changes: object) -> Expectation:
    expected = Expectation(
        provider=PROVIDER,
        certificates=tuple(key.certificate for key in keys),
        audience=AUDIENCE,
        consumer_url=CONSUMER,
        request_id=REQUEST,
        now=NOW,
    )
    return replace(expected, **changes)


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
