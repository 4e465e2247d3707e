"""Who may report leaked keys: services that search public places for secrets, by public key.

Signed as GitHub's secret scanning signs: ECDSA over P-256 with SHA-256, of the body as it was sent.
"""

import base64
import binascii

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

_FORM = "identifier:key pairs, each key a P-256 public key as the base64 of its PEM file"


class LeakReporter(msgspec.Struct, frozen=True):
    """`der` is the public key, SubjectPublicKeyInfo in DER."""

    identifier: str
    der: bytes

    def has_signed(self, body: bytes, signature: str) -> bool:
        """`signature` is base64, as its header is; nothing that it holds raises an error."""
        try:
            signed = base64.b64decode(signature.encode("ascii"), validate=True)
            _load(self.der).verify(signed, body, ECDSA(SHA256()))
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def read_leak_reporters(raw: str) -> tuple[LeakReporter, ...]:
    """Several, separated by commas: a service has two keys while it replaces one.

    Raises ValueError.
    """
    return tuple(_read(pair) for each in raw.split(",") if (pair := each.strip()))


def _read(pair: str) -> LeakReporter:
    identifier, _, key = pair.partition(":")
    if not identifier.strip() or not identifier.isascii():
        raise ValueError(_FORM)
    try:
        reporter = LeakReporter(identifier.strip(), base64.b64decode("".join(key.split())))
        _load(reporter.der)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        raise ValueError(_FORM) from None
    return reporter


def _load(der: bytes) -> EllipticCurvePublicKey:
    key = load_der_public_key(der)
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError(_FORM)
    return key
