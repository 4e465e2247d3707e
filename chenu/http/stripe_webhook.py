"""Stripe's webhooks: check the signature, store the event, answer. The worker handles the event."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
import stripe
from litestar import MediaType, Request, post
from litestar.di import NamedDependency
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp

from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.billing.stripe_objects import read_event_body, read_thin_body
from chenu.core.clock import system_now
from chenu.core.crash_points import crash_point
from chenu.core.errors import BadInput
from chenu.flows.events.handling import stand_in_for_worker
from chenu.flows.services import Services
from chenu.http.metrics import count_webhook

TOLERANCE_SECONDS = 300
_SIGNATURE = "stripe-signature"
_UNIX_TIME = re.compile(r"[0-9]{1,12}")
_ACCEPTED = ASGIResponse(media_type=MediaType.TEXT)
"""Empty and shared by all requests: Stripe reads the status only."""


@post("/webhooks/stripe", include_in_schema=False, status_code=200)
async def snapshot_webhook(
    request: Request[Any, Any, Any], services: NamedDependency[Services]
) -> ASGIApp:
    """Snapshot events of our own account and of connected accounts."""
    body = await request.body()
    secrets = services.settings.stripe.webhook_secrets
    require_signature(request.headers.get(_SIGNATURE, ""), body, secrets)
    return await _store(services, _parse(read_event_body, body))


@post("/webhooks/stripe/thin", include_in_schema=False, status_code=200)
async def thin_webhook(
    request: Request[Any, Any, Any], services: NamedDependency[Services]
) -> ASGIApp:
    """Thin events of v2 accounts."""
    body = await request.body()
    secrets = services.settings.stripe.thin_secrets
    require_signature(request.headers.get(_SIGNATURE, ""), body, secrets)
    return await _store(services, _parse(read_thin_body, body))


def require_signature(header: str, body: bytes, secrets: tuple[str, ...]) -> None:
    """Accepts any of the endpoint's secrets: there are two while one is being replaced."""
    # The SDK compares signatures with a function that accepts ASCII only.
    if not header.isascii() or not _is_recent(header):
        raise _refused()
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise _refused() from None
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(text, header, secret, TOLERANCE_SECONDS)
        except stripe.SignatureVerificationError:
            continue
        return
    raise _refused()


def _is_recent(header: str) -> bool:
    """Signed once, not long ago and not in the future, which the SDK would accept."""
    parts = (part.partition("=") for part in header.split(","))
    times = [value for name, _, value in parts if name.strip() == "t"]
    if not header.isascii() or len(times) != 1 or not _UNIX_TIME.fullmatch(times[0]):
        return False
    return abs(system_now().timestamp() - int(times[0])) <= TOLERANCE_SECONDS


def _refused() -> BadInput:
    count_webhook("refused")
    return BadInput("The signature does not fit")


def _parse(read: Callable[[bytes], EventSummary], body: bytes) -> EventSummary:
    try:
        return read(body)
    except msgspec.DecodeError:
        raise BadInput("This is not an event") from None


async def _store(services: Services, event: EventSummary) -> ASGIApp:
    crash_point("webhook.received")
    stored = await inbox.store_event(event, EventSource.WEBHOOK)
    crash_point("webhook.stored")
    count_webhook("stored" if stored else "duplicate")
    await stand_in_for_worker(services, event.id)
    return _ACCEPTED
