"""Sends what waits for an endpoint: one delivery after another, each outside any transaction."""

import asyncio

import structlog

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import get_mailbox
from chenu.accounts.encryption import UnreadableSecret, decrypt
from chenu.core import db, queue
from chenu.core.clock import system_now
from chenu.core.crash_points import crash_point
from chenu.core.mail import MailKind, queue_mail
from chenu.core.webhook_mail_params import WebhookOffParams
from chenu.flows.services import Services
from chenu.webhooks.client import Answer
from chenu.webhooks.endpoints import get_secrets
from chenu.webhooks.model import AttemptError, EndpointId, OffReason, message_id_of
from chenu.webhooks.signatures import sign
from chenu.webhooks.turns import (
    DueDelivery,
    Turn,
    claim,
    find_next,
    list_due_endpoints,
    record_attempt,
    release,
)

log = structlog.get_logger(__name__)

_IN_A_ROW = 50
"""Of one endpoint, before the worker looks at what else there is to do."""
_HEADERS = {"Content-Type": "application/json", "User-Agent": "CHENU-Webhooks/1"}


async def deliver_due(services: Services) -> None:
    """To every endpoint that is due; what becomes of one stands in no other's way."""
    await asyncio.gather(*(deliver_to(services, each) for each in await list_due_endpoints()))


async def deliver_to(services: Services, endpoint_id: EndpointId) -> None:
    """Nothing where it is not due, or another worker sends to it. Never raises."""
    try:
        turn = await claim(endpoint_id)
        if turn is not None:
            await _take_turn(services, turn)
    except Exception:  # the claim expires, and it is tried again
        log.exception("webhook_broke", endpoint=str(endpoint_id))


async def _take_turn(services: Services, turn: Turn) -> None:
    for _ in range(_IN_A_ROW):
        delivery = await find_next(turn)
        if delivery is None:
            await release(turn)
            return
        if not await _deliver(services, turn, delivery):
            await release(turn)
            return
    await release(turn)
    await queue.enqueue(queue.Job.WEBHOOK_ENDPOINT, str(turn.endpoint_id))


async def _deliver(services: Services, turn: Turn, delivery: DueDelivery) -> bool:
    """Whether it arrived; what comes behind waits until it has."""
    answer = await _attempt(services, turn, delivery)
    crash_point("webhook.after_send")
    reason = await db.run_in_transaction(lambda: _record(turn, delivery, answer))
    if not answer.is_success:
        log.info(
            "webhook_failed",
            endpoint=str(turn.endpoint_id),
            status=answer.status,
            error=answer.error,
            switched_off=bool(reason),
        )
    return answer.is_success


async def _attempt(services: Services, turn: Turn, delivery: DueDelivery) -> Answer:
    """Whatever goes wrong is an attempt that failed, so that the endpoint waits."""
    try:
        body = delivery.payload.encode()
        secrets = await _open_secrets(services.settings.secret, turn.endpoint_id)
        signed = sign(message_id_of(delivery.event_id), system_now(), body, secrets)
        return await services.webhooks.post(turn.url, {**_HEADERS, **signed}, body)
    except UnreadableSecret:
        log.exception("webhook_secret_unreadable", endpoint=str(turn.endpoint_id))
    except Exception:
        log.exception("webhook_broke", endpoint=str(turn.endpoint_id))
    return Answer(None, AttemptError.BROKEN)


async def _open_secrets(key: bytes, endpoint_id: EndpointId) -> list[str]:
    """The newest first. Raises UnreadableSecret."""
    sealed = await get_secrets(endpoint_id)
    in_force = [each for each in (sealed.current, sealed.previous) if each is not None]
    return [decrypt(each, key, endpoint_id).decode() for each in in_force]


async def _record(turn: Turn, delivery: DueDelivery, answer: Answer) -> OffReason:
    reason = await record_attempt(turn, delivery, answer)
    if reason is not OffReason.NONE:
        await _tell_owner(turn, reason)
    return reason


async def _tell_owner(turn: Turn, reason: OffReason) -> None:
    mailbox = await get_mailbox(AccountId(turn.account_id))
    params = WebhookOffParams(
        name=mailbox.name,
        account=mailbox.account,
        target=turn.url,
        endpoint=str(turn.endpoint_id),
        is_gone=reason is OffReason.GONE,
    )
    key = f"webhook-off:{turn.endpoint_id}:{turn.token}"
    await queue_mail(MailKind.WEBHOOK_OFF, mailbox.email, mailbox.locale, key, params)
