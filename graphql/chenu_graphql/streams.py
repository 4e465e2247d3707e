"""Subscriptions as server-sent events, which end with the caller's session or key, and after a
time.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from strawberry.http.streaming import SSETransport, merge_stream_with_heartbeat

from chenu.accounts.live_connections import ConnectionSlot
from chenu.accounts.request_context import RequestContext
from chenu.core.errors import ChenuError, Forbidden, Unauthenticated
from chenu.tiers.entitlements import PlanRequired
from chenu_graphql.answers import GraphQLRequest
from chenu_graphql.context import Context
from chenu_graphql.engine import Engine
from chenu_graphql.messages import fail_internally, write_answer

EVENTS = SSETransport()


_HEARTBEAT = EVENTS.encode_comment("ping")


def write_event(body: bytes) -> str:
    """One answer's JSON as an event."""
    return EVENTS.encode_event("next", body.decode())


async def stream_events(
    engine: Engine, request: GraphQLRequest, ctx: Context, slot: ConnectionSlot
) -> AsyncGenerator[str, None]:
    """Yields each event, and comments as heartbeat; `slot` is released at the end.

    Before each of them the caller is identified again.
    """
    limits = ctx.services.settings.limits
    loop = asyncio.get_running_loop()
    until = loop.time() + limits.live_seconds
    parts = merge_stream_with_heartbeat(
        lambda: _answers(engine, request, ctx),
        lambda: _HEARTBEAT,
        interval=min(limits.live_check_seconds, limits.live_seconds),
        send_initial_heartbeat=False,
    )()
    try:
        async with aclosing(parts):
            async for part in parts:
                is_event = part != _HEARTBEAT
                if loop.time() >= until or not await _still_holds(
                    ctx.request_context, if_unsure=not is_event
                ):
                    break
                yield part
        yield EVENTS.encode_complete()
    finally:
        slot.release()


async def _answers(
    engine: Engine, request: GraphQLRequest, ctx: Context
) -> AsyncGenerator[str, None]:
    try:
        async with aclosing(engine.subscribe(request, ctx)) as answers:
            async for answer in answers:
                written, body = write_answer(answer, ctx)
                await written.record_reading(ctx)
                yield write_event(body)
    except Exception as error:
        yield write_event(write_answer(fail_internally(error, ctx), ctx)[1])


async def _still_holds(request_context: RequestContext, *, if_unsure: bool) -> bool:
    """False if the session has ended or the key was revoked while the stream was open."""
    try:
        await request_context.renewed()
    except (Unauthenticated, Forbidden, PlanRequired):
        return False
    except ChenuError:  # the database is away
        return if_unsure
    return True
