"""Webhook deliveries as Stripe makes them: a body, and a signature over exactly its bytes."""

import hashlib
import hmac
import json
import time
from typing import Any

SNAPSHOT = "/webhooks/stripe"
THIN = "/webhooks/stripe/thin"


def snapshot_body(event_id: str = "evt_1", **changes: Any) -> bytes:
    """A snapshot event with all the fields that we ignore."""
    event = {
        "id": event_id,
        "object": "event",
        "type": "checkout.session.completed",
        "created": 1_790_000_000,
        "livemode": False,
        "data": {"object": {"id": "cs_1", "amount_total": 999, "customer_email": "a@example.org"}},
    }
    return json.dumps(event | changes).encode()


def thin_body(event_id: str = "evt_thin_1", **changes: Any) -> bytes:
    event = {
        "id": event_id,
        "object": "v2.core.event",
        "type": "v2.core.account[requirements].updated",
        "created": "2026-11-22T10:00:00.000Z",
        "related_object": {"id": "acct_1", "type": "v2.core.account", "url": "/v2/core/accounts"},
    }
    return json.dumps(event | changes).encode()


def sign(body: bytes, secret: str, *, age_seconds: int = 0, also: str | None = None) -> str:
    """The header's value; `also` is a second secret, as during a rotation."""
    at = int(time.time()) - age_seconds
    keys = [secret, *([also] if also else [])]
    marks = [
        hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest() for key in keys
    ]
    return ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)])
