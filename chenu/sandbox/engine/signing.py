"""Webhook signatures: `t=<unix>,v1=<hmac-sha256 of "t.body">`, one v1 for each valid secret."""

import hashlib
import hmac
from collections.abc import Iterable


def signature_header(body: bytes, secrets: Iterable[str], timestamp: int) -> str:
    """The value of `Stripe-Signature`; `timestamp` is wall time in unix seconds."""
    signed = str(timestamp).encode() + b"." + body
    values = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={timestamp}", *(f"v1={value}" for value in values)])
