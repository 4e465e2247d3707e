"""Certificates of providers, read by cryptography's X.509, which takes long to import."""

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

SMALLEST_RSA = 2_048
"""In bits."""


def read_der(der: bytes) -> x509.Certificate:
    """Raises ValueError."""
    return x509.load_der_x509_certificate(der)


def has_strong_key(certificate: x509.Certificate) -> bool:
    """Raises ValueError for a key that cannot be read."""
    key = certificate.public_key()
    return isinstance(key, ec.EllipticCurvePublicKey) or (
        isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA
    )


def write_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def is_in_force(pem: str, now: datetime) -> bool:
    read = x509.load_pem_x509_certificate(pem.encode())
    return read.not_valid_before_utc <= now < read.not_valid_after_utc
