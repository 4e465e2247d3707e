"""A service that reports leaked keys: its key pair, and reports that it has signed."""

import base64
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chenu.http.leak_reports import PATH
from chenu.leak_reporters import LeakReporter

PLACE = "https://github.com/octocat/hello/blob/1234/config.py"
PRIVATE = generate_private_key(SECP256R1())


def der_of(private: EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


REPORTER = LeakReporter("key-1", der_of(PRIVATE))


def body_of(*tokens: str) -> bytes:
    found = [
        {"token": token, "type": "chenu_api_key", "url": PLACE, "source": "content"}
        for token in tokens
    ]
    return msgspec.json.encode(found)


def sign(body: bytes, private: EllipticCurvePrivateKey = PRIVATE) -> str:
    return base64.b64encode(private.sign(body, ECDSA(SHA256()))).decode()


async def report(
    http: httpx.AsyncClient, body: bytes, signature: str | None = None, identifier: str = "key-1"
) -> httpx.Response:
    signed = sign(body) if signature is None else signature
    headers = [
        (b"content-type", b"application/json"),
        (b"Github-Public-Key-Identifier", identifier.encode()),
        (b"Github-Public-Key-Signature", signed.encode("latin-1")),
    ]
    return await http.post(PATH, content=body, headers=headers)


def labels(answer: httpx.Response) -> list[Any]:
    return [each["label"] for each in answer.json()]
