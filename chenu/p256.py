"""Signatures by ECDSA over P-256 with SHA-256, of cryptography, which takes long to import."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key


def is_public_key(der: bytes) -> bool:
    """Whether it is one for P-256, as SubjectPublicKeyInfo."""
    try:
        _load(der)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def has_signed(der: bytes, body: bytes, signature: bytes) -> bool:
    """`der` is such a public key."""
    try:
        _load(der).verify(signature, body, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _load(der: bytes) -> EllipticCurvePublicKey:
    key = load_der_public_key(der)
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("no public key for P-256")
    return key
