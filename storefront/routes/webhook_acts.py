"""What people do with one webhook endpoint: each a form on its page."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.flows.services import Services
from chenu.flows.webhooks.endpoints import (
    choose_kinds,
    delete_endpoint,
    redeliver,
    rotate_secret,
    send_test,
    switch_off,
    switch_on,
)
from chenu.webhooks.model import DeliveryId, EndpointId
from storefront.forms import REFUSALS, REFUSED_TRIES, Fields, HttpRequest, read_form
from storefront.pages import Page, Pages
from storefront.routes.sessions import with_retry
from storefront.routes.webhooks import KEYS, PATH, render_endpoint

_ONE = f"{PATH}/{{endpoint_id:uuid}}"


@post(f"{_ONE}/events", opt=KEYS)
async def save_events(
    request: HttpRequest, pages: NamedDependency[Pages], endpoint_id: FromPath[UUID]
) -> Page:
    endpoint, kinds = EndpointId(endpoint_id), (await read_form(request)).all("kinds")
    try:
        await choose_kinds(pages.request_context.actor, endpoint, kinds)
    except REFUSALS as refusal:
        return await render_endpoint(pages, endpoint, Fields({}), refusal, "\n".join(kinds))
    return _done(pages, endpoint, "webhook-events")


@post(f"{_ONE}/rotate", opt=KEYS)
async def renew_secret(
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    endpoint_id: FromPath[UUID],
) -> Page:
    """Shows the new secret once, as for a new endpoint."""
    actor = pages.request_context.actor
    created = await rotate_secret(services, actor, EndpointId(endpoint_id))
    return pages.show("webhooks/secret.html", created=created)


@post(f"{_ONE}/off", opt=KEYS)
async def turn_off(pages: NamedDependency[Pages], endpoint_id: FromPath[UUID]) -> Page:
    endpoint = EndpointId(endpoint_id)
    await switch_off(pages.request_context.actor, endpoint)
    return _done(pages, endpoint, "webhook-off")


@post(f"{_ONE}/on", opt=KEYS)
async def turn_on(
    request: HttpRequest, pages: NamedDependency[Pages], endpoint_id: FromPath[UUID]
) -> Page:
    """Also sends what is held of one that is on."""
    endpoint, fields = EndpointId(endpoint_id), await read_form(request)
    sends_held = fields.is_ticked("send_held")
    await switch_on(pages.request_context.actor, endpoint, sends_held=sends_held)
    return _done(pages, endpoint, "webhook-sent" if sends_held else "webhook-on")


@post(f"{_ONE}/test", opt=KEYS)
async def test_endpoint(pages: NamedDependency[Pages], endpoint_id: FromPath[UUID]) -> Page:
    endpoint = EndpointId(endpoint_id)
    return await _try(pages, endpoint, lambda: send_test(pages.request_context.actor, endpoint))


@post(f"{_ONE}/deliveries/{{delivery_id:uuid}}/again", opt=KEYS)
async def send_again(
    pages: NamedDependency[Pages], endpoint_id: FromPath[UUID], delivery_id: FromPath[UUID]
) -> Page:
    endpoint, delivery = EndpointId(endpoint_id), DeliveryId(delivery_id)
    actor = pages.request_context.actor
    return await _try(pages, endpoint, lambda: redeliver(actor, endpoint, delivery))


@post(f"{_ONE}/delete", opt=KEYS)
async def remove(pages: NamedDependency[Pages], endpoint_id: FromPath[UUID]) -> Page:
    await delete_endpoint(pages.request_context.actor, EndpointId(endpoint_id))
    return pages.go(f"{PATH}?notice=webhook-deleted")


async def _try(pages: Pages, endpoint: EndpointId, send: Callable[[], Awaitable[None]]) -> Page:
    try:
        await send()
    except REFUSED_TRIES as refusal:
        shown = await render_endpoint(pages, endpoint, Fields({}), refusal)
        return with_retry(shown, refusal)
    return _done(pages, endpoint, "webhook-sent")


def _done(pages: Pages, endpoint: EndpointId, notice: str) -> Page:
    return pages.go(f"{PATH}/{endpoint}?notice={notice}")
