"""Who may report leaked keys: services that search public places for secrets, by public key.

Signed as GitHub's secret scanning signs: ECDSA over P-256 with SHA-256, of the body as it was sent.
"""

import base64
import binascii

import msgspec

_FORM = "identifier:key pairs, each key a P-256 public key as the base64 of its PEM file"


class LeakReporter(msgspec.Struct, frozen=True):
    """`der` is the public key, SubjectPublicKeyInfo in DER."""

    identifier: str
    der: bytes

    def has_signed(self, body: bytes, signature: str) -> bool:
        """`signature` is base64, as its header is; nothing that it holds raises an error."""
        from chenu.p256 import has_signed

        try:
            signed = base64.b64decode(signature.encode("ascii"), validate=True)
        except (binascii.Error, ValueError):
            return False
        return has_signed(self.der, body, signed)


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
        der = base64.b64decode("".join(key.split()))
    except (binascii.Error, ValueError):
        raise ValueError(_FORM) from None
    # Imported where there is one: most servers have none.
    from chenu.p256 import is_public_key

    if not is_public_key(der):
        raise ValueError(_FORM)
    return LeakReporter(identifier.strip(), der)
