"""The request with which a person is sent to their provider."""

import base64
import secrets
import zlib
from datetime import datetime
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, tostring

from chenu.saml.documents import ASSERTION, PROTOCOL

_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"


def new_request_id() -> str:
    """Begins with a letter, as an id of XML must."""
    return f"_{secrets.token_hex(20)}"


def sign_in_url(
    provider_url: str,
    *,
    request_id: str,
    audience: str,
    consumer_url: str,
    relay_state: str,
    now: datetime,
    asks_anew: bool = False,
) -> str:
    """By HTTP-Redirect. It carries no secret and is not signed: its answer names its id."""
    root = Element(
        f"{PROTOCOL}AuthnRequest",
        {
            "ID": request_id,
            "Version": "2.0",
            "IssueInstant": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Destination": provider_url,
            "AssertionConsumerServiceURL": consumer_url,
            "ProtocolBinding": _POST,
        },
    )
    if asks_anew:
        root.set("ForceAuthn", "true")
    SubElement(root, f"{ASSERTION}Issuer").text = audience
    SubElement(root, f"{PROTOCOL}NameIDPolicy", {"AllowCreate": "true"})
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(tostring(root)) + packer.flush()
    fields = {"SAMLRequest": base64.b64encode(packed).decode(), "RelayState": relay_state}
    return f"{provider_url}{'&' if '?' in provider_url else '?'}{urlencode(fields)}"
