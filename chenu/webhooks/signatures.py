"""Signatures by Standard Webhooks: HMAC-SHA256 of id, time and body, one for each secret."""

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """As it is shown: what follows the prefix is the key in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign(
    message_id: str, sent_at: datetime, body: bytes, in_force: Sequence[str]
) -> dict[str, str]:
    """The headers of one attempt. `in_force`: secrets as they are shown, one or two."""
    timestamp = str(int(sent_at.timestamp()))
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = [f"v1,{_sign(secret, content)}" for secret in in_force]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def _sign(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, content, sha256).digest()).decode()
