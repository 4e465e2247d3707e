"""What people do with their account's webhook endpoints."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.attempts import Limit, count_attempt
from chenu.accounts.confirmation import RECENT, require_fresh, require_session_still
from chenu.accounts.encryption import encrypt
from chenu.accounts.roles import Right
from chenu.core import db, queue
from chenu.core.clock import system_now
from chenu.core.errors import (
    AlreadyExists,
    ChenuError,
    Invalid,
    InvalidState,
    LimitReached,
    reject_if_any,
)
from chenu.core.global_id import encode_id
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.webhooks import endpoints
from chenu.webhooks.deliveries import get_delivery, send_held, send_once_more
from chenu.webhooks.endpoints import EndpointRow, get_endpoint
from chenu.webhooks.model import (
    CHOSEN_KINDS,
    MAX_ENDPOINTS,
    AttemptError,
    DeliveryId,
    EndpointId,
    OffReason,
)
from chenu.webhooks.outgoing import queue_test
from chenu.webhooks.payloads import TestSent
from chenu.webhooks.signatures import new_secret
from chenu.webhooks.targets import check_url

GRACE = timedelta(hours=24)
"""For so long the secret before a rotation signs as well."""
SENDS_PER_ACCOUNT = Limit("webhook_sends", 60, timedelta(hours=1))
"""Of those that people ask for: tests, and events that are sent again."""


class EndpointInput(msgspec.Struct, frozen=True):
    url: str
    kinds: tuple[str, ...]


class CreatedEndpoint(msgspec.Struct, frozen=True):
    """`secret` cannot be read again later."""

    endpoint: EndpointRow
    secret: str


async def create_endpoint(services: Services, actor: Actor, data: EndpointInput) -> CreatedEndpoint:
    """It hears of what happens from now on.

    Raises Forbidden, Unverified, Invalid, AlreadyExists, LimitReached, SignInAgain.
    """
    account_id = actor.require_right(Right.MANAGE_KEYS)
    actor.require_verified()
    reject_if_any(_check(services, data))
    await require_fresh(actor, RECENT)
    await _require_reachable(services, data.url)
    endpoint_id, secret = EndpointId(new_id()), new_secret()
    sealed = encrypt(secret.encode(), services.settings.secret, endpoint_id)

    async def write() -> CreatedEndpoint:
        await require_session_still(actor)
        await _require_room(account_id, data.url)
        await endpoints.insert_endpoint(endpoint_id, account_id, data.url, data.kinds, sealed)
        await audit.record(actor, "webhook.create", endpoint_id)
        return CreatedEndpoint(await get_endpoint(account_id, endpoint_id), secret)

    return await db.run_in_transaction(write)


def _check(services: Services, data: EndpointInput) -> list[ChenuError]:
    allows_loopback = services.webhooks.allows_loopback
    return [*check_url(data.url, allows_loopback=allows_loopback), *_check_kinds(data.kinds)]


def _check_kinds(kinds: Sequence[str]) -> list[ChenuError]:
    if not kinds:
        return [Invalid("Choose at least one event", path=("kinds",))]
    if not set(kinds) <= set(CHOSEN_KINDS):
        return [Invalid("Please choose from the list of events", path=("kinds",))]
    return []


async def _require_reachable(services: Services, url: str) -> None:
    """Raises Invalid for a host that is not on the internet, or that nobody knows."""
    refusal = await services.webhooks.find_refusal(url)
    if refusal is AttemptError.TARGET_REFUSED:
        message = mark(
            "This host has an IP address that is not public: webhooks are sent to public hosts"
        )
        raise Invalid(message, path=("url",))
    if refusal is not AttemptError.NONE:
        raise Invalid("This host cannot be found: please check its name", path=("url",))


async def _require_room(account_id: AccountId, url: str) -> None:
    await endpoints.lock_endpoints(account_id)
    known = await endpoints.list_endpoints(account_id)
    if any(each.url == url for each in known):
        message = mark("This account has an endpoint with this URL already: change its events")
        raise AlreadyExists(message, path=("url",))
    if len(known) >= MAX_ENDPOINTS:
        message = mark("An account has at most {count} webhook endpoints: delete one first")
        raise LimitReached(message, count=MAX_ENDPOINTS)


async def rotate_secret(
    services: Services, actor: Actor, endpoint_id: EndpointId
) -> CreatedEndpoint:
    """Both secrets sign for GRACE, so that nothing is refused meanwhile.

    Raises Forbidden, NotFound, SignInAgain.
    """
    account_id = actor.require_right(Right.MANAGE_KEYS)
    await get_endpoint(account_id, endpoint_id)
    await require_fresh(actor, RECENT)
    secret = new_secret()
    sealed = encrypt(secret.encode(), services.settings.secret, endpoint_id)

    async def write() -> CreatedEndpoint:
        await require_session_still(actor)
        await get_endpoint(account_id, endpoint_id, lock=True)
        await endpoints.replace_secret(endpoint_id, sealed, system_now() + GRACE)
        await audit.record(actor, "webhook.rotate", endpoint_id)
        return CreatedEndpoint(await get_endpoint(account_id, endpoint_id), secret)

    return await db.run_in_transaction(write)


async def choose_kinds(actor: Actor, endpoint_id: EndpointId, kinds: Sequence[str]) -> None:
    """Raises Forbidden, NotFound, Invalid."""
    account_id = actor.require_right(Right.MANAGE_KEYS)
    await get_endpoint(account_id, endpoint_id)
    reject_if_any(_check_kinds(kinds))

    async def choose(_: EndpointRow) -> None:
        await endpoints.set_kinds(endpoint_id, kinds)

    await _change(actor, endpoint_id, "webhook.events", choose)


async def switch_off(actor: Actor, endpoint_id: EndpointId) -> None:
    """Events are stored meanwhile. Again changes nothing. Raises Forbidden, NotFound."""

    async def off(endpoint: EndpointRow) -> None:
        if endpoint.is_on:
            await endpoints.switch_off(endpoint_id, OffReason.OWNER)

    await _change(actor, endpoint_id, "webhook.off", off)


async def switch_on(actor: Actor, endpoint_id: EndpointId, *, sends_held: bool) -> None:
    """`sends_held`: with all that came meanwhile, in its order. Raises Forbidden, NotFound."""

    async def on(endpoint: EndpointRow) -> None:
        if not endpoint.is_on:
            await endpoints.switch_on(endpoint_id)
        if sends_held:
            await send_held(endpoint_id)
            await queue.enqueue(queue.Job.WEBHOOK_ENDPOINT, str(endpoint_id))

    await _change(actor, endpoint_id, "webhook.on", on)


async def delete_endpoint(actor: Actor, endpoint_id: EndpointId) -> None:
    """With its log. Raises Forbidden, NotFound."""

    async def delete(_: EndpointRow) -> None:
        await endpoints.delete_endpoint(endpoint_id)

    await _change(actor, endpoint_id, "webhook.delete", delete)


async def send_test(actor: Actor, endpoint_id: EndpointId) -> None:
    """Behind what waits. Raises Forbidden, NotFound, InvalidState, RateLimited."""
    await _count_send(actor, endpoint_id)

    async def test(endpoint: EndpointRow) -> None:
        _require_on(endpoint)
        data = TestSent(endpoint=encode_id("WebhookEndpoint", endpoint_id), sent_at=system_now())
        await queue_test(endpoint.account_id, endpoint_id, data)

    await _change(actor, endpoint_id, "webhook.test", test)


async def redeliver(actor: Actor, endpoint_id: EndpointId, delivery_id: DeliveryId) -> None:
    """The same event under the same id, behind what waits.

    Raises Forbidden, NotFound, InvalidState, RateLimited.
    """
    await _count_send(actor, endpoint_id)

    async def send(endpoint: EndpointRow) -> None:
        await get_delivery(endpoint_id, delivery_id)
        _require_on(endpoint)
        await send_once_more(delivery_id)
        await queue.enqueue(queue.Job.WEBHOOK_ENDPOINT, str(endpoint_id))

    await _change(actor, endpoint_id, "webhook.redeliver", send)


async def _count_send(actor: Actor, endpoint_id: EndpointId) -> None:
    account_id = actor.require_right(Right.MANAGE_KEYS)
    await get_endpoint(account_id, endpoint_id)
    await count_attempt(SENDS_PER_ACCOUNT, str(account_id))


def _require_on(endpoint: EndpointRow) -> None:
    if not endpoint.is_on:
        raise InvalidState("This endpoint is switched off: switch it on first")


async def _change(
    actor: Actor,
    endpoint_id: EndpointId,
    action: str,
    write: Callable[[EndpointRow], Awaitable[None]],
) -> None:
    """Under the endpoint's lock, in one transaction with its line of the audit trail."""
    account_id = actor.require_right(Right.MANAGE_KEYS)

    async def change() -> None:
        endpoint = await get_endpoint(account_id, endpoint_id, lock=True)
        await write(endpoint)
        await audit.record(actor, action, endpoint_id)

    await db.run_in_transaction(change)
