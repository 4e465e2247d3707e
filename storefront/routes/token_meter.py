"""The token meter by itself: as a fragment, and as events for a page that stays open."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.response import Stream
from litestar.response.sse import ServerSentEventMessage

from chenu.accounts.live_connections import ConnectionSlot, Transport
from chenu.accounts.request_context import RequestContext
from chenu.core.errors import ChenuError, Forbidden, RateLimited, Unauthenticated
from chenu.core.pubsub import wallet_channel
from chenu.flows.services import Services
from storefront.access import SIGNED_IN, WITHOUT_METER
from storefront.forms import HttpRequest, read_query
from storefront.meter import Meter, find_meter
from storefront.pages import Page, Pages
from storefront.visitor import account_of

_EVENTS = "text/event-stream"
_PAUSE_SECONDS = 0.25
"""Between two events: more of them in between are one."""

_HEARTBEAT = ServerSentEventMessage(data=None, comment="ping").encode()
_CHANGED = ServerSentEventMessage(event="wallet").encode()
"""A DOM event of the page, by which other parts of it ask for themselves again."""
_CLOSE = ServerSentEventMessage(event="close").encode()
"""The page stops listening, and does not connect again."""


def answer_quietly(request: HttpRequest, error: ChenuError) -> Page:
    """Without a page: an error of the meter takes the place of nothing."""
    refused = isinstance(error, Unauthenticated | Forbidden)
    limited = isinstance(error, RateLimited)
    status = 401 if refused else 429 if limited else 503
    headers = {"Cache-Control": "no-store", "HX-Reswap": "none", "Vary": "Cookie, Accept"}
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after)
    return Response(b"", status_code=status, media_type=MediaType.HTML, headers=headers)


@get(
    "/tokens/meter",
    opt=SIGNED_IN | WITHOUT_METER,
    exception_handlers={ChenuError: answer_quietly},
)
async def show_meter(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Response[bytes] | Stream:
    """`seen` is the version that the page shows, so that only changes are sent."""
    if _EVENTS in request.headers.get("accept", ""):
        return _open_stream(request, pages, services)
    meter = await find_meter(pages.request_context.actor)
    assert meter is not None  # noqa: S101 - the page is for people who are signed in
    headers = {
        "Cache-Control": "private, no-cache",
        "ETag": f'"{meter.version}-{pages.locale}"',
        "Vary": "Cookie, Accept, Accept-Language",
        "Content-Language": pages.locale,
    }
    return Response(_draw(pages, meter).encode(), media_type=MediaType.HTML, headers=headers)


def _open_stream(request: HttpRequest, pages: Pages, services: Services) -> Stream:
    """Raises RateLimited for a caller with too many live connections."""
    seen = request.headers.get("last-event-id", "") or read_query(request).text("seen")
    limits = services.settings.limits
    slot = services.connections.take(Transport.STREAM, pages.request_context, limits)
    headers = {"Cache-Control": "no-store", "Vary": "Cookie, Accept", "X-Accel-Buffering": "no"}
    events = stream_meter(pages, services, slot, seen)
    return Stream(events, media_type=_EVENTS, headers=headers, status_code=200)


async def stream_meter(
    pages: Pages, services: Services, slot: ConnectionSlot, seen: str
) -> AsyncGenerator[bytes, None]:
    """Each new reading, until the session or the time for one connection ends.

    Every two seconds at the latest the session is looked up again, as its stream ends with it.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + services.settings.limits.live_seconds
    channel = wallet_channel(account_of(pages.request_context.actor))
    try:
        async with aclosing(services.pubsub.changes(channel)) as changes:
            async for _ in changes:
                if loop.time() >= until:
                    return
                try:
                    meter = await _read_again(pages.request_context)
                except (Unauthenticated, Forbidden):
                    yield _CLOSE
                    return
                except ChenuError:  # the database is away
                    yield _HEARTBEAT
                    continue
                if meter.version == seen:
                    yield _HEARTBEAT
                    continue
                seen = meter.version
                yield ServerSentEventMessage(_draw(pages, meter), id=seen).encode() + _CHANGED
                await asyncio.sleep(_PAUSE_SECONDS)
    finally:
        slot.release()


async def _read_again(request_context: RequestContext) -> Meter:
    """Raises Unauthenticated when the session has ended or acts for another account now."""
    renewed = await request_context.renewed()
    meter = await find_meter(renewed.actor)
    if meter is None or renewed.actor.account_id != request_context.actor.account_id:
        raise Unauthenticated("Please sign in first")
    return meter


def _draw(pages: Pages, meter: Meter) -> str:
    return pages.render("layouts/_meter.html", meter=meter, path="")
