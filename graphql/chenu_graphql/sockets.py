"""The protocol graphql-transport-ws on /graphql: queries and subscriptions, ten at a time.

A connection is closed in one place, once nobody receives from it any more: before that the server
delays the close frame until the client sends something.
"""

import asyncio
from asyncio import FIRST_COMPLETED
from contextlib import aclosing, suppress
from functools import partial
from typing import Any

import orjson
import structlog
from graphql import GraphQLError, OperationType
from litestar import websocket
from litestar.exceptions import WebSocketDisconnect, WebSocketException
from litestar.handlers import WebsocketRouteHandler
from msgspec.structs import replace

from chenu.accounts.actor import ActorKind
from chenu.accounts.bearer import get_bearer_actor, read_account
from chenu.accounts.live_connections import ConnectionSlot, Transport
from chenu.accounts.request_context import STATE_KEY, RequestContext
from chenu.core.errors import (
    BadInput,
    ChenuError,
    Forbidden,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from chenu.core.i18n import mark
from chenu.flows.services import Services
from chenu.tiers.entitlements import PlanRequired
from chenu_graphql.answers import Answer, GraphQLRequest
from chenu_graphql.channel import Channel, ClientGone, ProtocolClosed, Socket
from chenu_graphql.context import Context
from chenu_graphql.engine import Engine
from chenu_graphql.errors import to_graphql, with_code
from chenu_graphql.messages import (
    SocketMessage,
    fail_internally,
    read_json,
    read_request,
    write_answer,
)

log = structlog.get_logger(__name__)

PROTOCOL = "graphql-transport-ws"
MAX_OPERATIONS = 10
PING_SECONDS = 20
"""Proxies close connections that are silent for longer, usually after a minute."""


def make_socket_route(engine: Engine, services: Services, path: str) -> WebsocketRouteHandler:
    @websocket(path)
    async def serve_socket(socket: Socket) -> None:
        request_context: RequestContext = socket.scope["state"][STATE_KEY]
        is_foreign = (
            request_context.actor.kind is ActorKind.SESSION and not request_context.origin_ok
        )
        if request_context.refusal is not None or is_foreign:
            await socket.close(4403, "Forbidden")  # before accept: the handshake answers 403
        elif PROTOCOL not in socket.scope["subprotocols"]:
            await socket.accept()
            await socket.close(4406, "Subprotocol not acceptable")
        else:
            await socket.accept(subprotocols=PROTOCOL)
            await Connection(socket, engine, Context(services, request_context)).serve()

    return serve_socket


class Connection:
    """One client with its running operations."""

    def __init__(self, socket: Socket, engine: Engine, ctx: Context) -> None:
        self._channel = Channel(socket)
        self._engine = engine
        self._ctx = ctx
        self._running: dict[str, asyncio.Task[None]] = {}
        self._is_begun = False
        self._limits = ctx.services.settings.limits
        self._slot: ConnectionSlot | None = None
        self._ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def serve(self) -> None:
        try:
            await self._serve_until_closed()
        except ProtocolClosed as closed:
            await self._channel.close(closed)
        except Unavailable:
            await self._channel.close(ProtocolClosed(1013, "Try again later"))
        except (WebSocketDisconnect, ClientGone):
            pass
        except (WebSocketException, RuntimeError) as error:
            log.info("socket_gone", reason=str(error))
        finally:
            if self._slot is not None:
                self._slot.release()

    async def _serve_until_closed(self) -> None:
        """Raises what ended the connection, once all of its tasks have stopped."""
        self._take_slot()
        receiving, rechecking = (
            asyncio.create_task(self._receive_messages()),
            asyncio.create_task(self._recheck_caller()),
        )
        try:
            await asyncio.wait({receiving, rechecking, self._ending}, return_when=FIRST_COMPLETED)
            for each in (self._ending, rechecking, receiving):
                if each.done():
                    each.result()
        finally:
            self._ending.cancel()
            await _stop([receiving, rechecking, *self._running.values()])

    def _take_slot(self) -> None:
        """Counts the connection for its current caller. Raises ProtocolClosed."""
        connections, held = self._ctx.services.connections, self._slot
        try:
            self._slot = connections.take(Transport.SOCKET, self._ctx.request_context, self._limits)
        except RateLimited:
            raise ProtocolClosed(4429, "Too many connections: close one first") from None
        if held is not None:
            held.release()

    async def _receive_messages(self) -> None:
        await self._begin()
        while True:
            await self._handle(await self._channel.receive())

    async def _recheck_caller(self) -> None:
        """Raises ProtocolClosed if the caller may not stay, or the longest time is over."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._limits.live_seconds
        next_ping = loop.time() + PING_SECONDS
        while loop.time() < until:
            await asyncio.sleep(min(self._limits.live_check_seconds, until - loop.time()))
            # the database is away: checked again soon; no event is sent meanwhile
            with suppress(Unavailable):
                await self._identify_again()
            if loop.time() >= next_ping and self._is_begun:
                await self._channel.send("ping")
                next_ping = loop.time() + PING_SECONDS
        raise ProtocolClosed(4410, "Open for the longest time allowed: connect again")

    def _end(self, error: Exception) -> None:
        """Called by an operation: the connection is over."""
        if not self._ending.done():
            self._ending.set_exception(error)

    async def _begin(self) -> None:
        """Wait for connection_init, which may carry an API key."""
        try:
            async with asyncio.timeout(self._limits.head_seconds):
                while (message := await self._channel.receive()).type != "connection_init":
                    await self._before_init(message)
                await self._identify(message)
        except TimeoutError:
            raise ProtocolClosed(4408, "Connection initialisation timeout") from None
        await self._channel.send("connection_ack")
        self._is_begun = True

    async def _before_init(self, message: SocketMessage) -> None:
        if message.type == "subscribe":
            raise ProtocolClosed(4401, "Unauthorized")
        await self._handle(message)

    async def _identify(self, message: SocketMessage) -> None:
        """Raises ProtocolClosed for an invalid key, whose caller is never treated as anonymous."""
        try:
            params = read_json(message.payload, dict[str, Any] | None) or {}
        except BadInput:
            raise ProtocolClosed(4400, "Invalid connection init payload") from None
        bearer = params.get("Authorization", params.get("authorization"))
        if bearer is None:
            return
        settings, request_context = self._ctx.services.settings, self._ctx.request_context
        try:
            account = params.get("Chenu-Account")
            account_id = read_account(None if account is None else str(account))
        except ChenuError:
            raise ProtocolClosed(4403, "Forbidden") from None
        find_actor = partial(
            get_bearer_actor,
            str(bearer),
            account_id,
            pepper=settings.secret,
            ip=request_context.ip,
        )
        self._ctx.request_context = replace(request_context, find_actor=find_actor)
        await self._identify_again()
        self._take_slot()

    async def _identify_again(self) -> None:
        """Raises ProtocolClosed if the session has ended or the key was revoked."""
        request_context = self._ctx.request_context
        try:
            renewed = await request_context.renewed()
        except (Unauthenticated, Forbidden, PlanRequired):
            raise ProtocolClosed(4403, "Forbidden") from None
        if (
            self._ctx.request_context is request_context
        ):  # else connection_init has brought a key meanwhile
            self._ctx.request_context = renewed

    async def _handle(self, message: SocketMessage) -> None:
        if message.type == "ping":
            await self._channel.send("pong")
        elif message.type == "subscribe":
            await self._subscribe(message)
        elif message.type == "complete":
            task = self._running.pop(message.id or "", None)
            if task is not None:
                task.cancel()
        elif message.type == "connection_init":
            raise ProtocolClosed(4429, "Too many initialisation requests")

    async def _subscribe(self, message: SocketMessage) -> None:
        if message.id is None:
            raise ProtocolClosed(4400, "A subscribe message has an id")
        if message.id in self._running:
            raise ProtocolClosed(4409, f"Subscriber for {message.id[:60]} already exists")
        try:
            request = read_request(message.payload, self._ctx.actor)
            self._check_operation_limit()
            await self._identify_again()
        except ChenuError as error:
            await self._channel.send("error", message.id, [self._describe(error)])
            return
        self._running[message.id] = asyncio.create_task(self._run(message.id, request))

    def _check_operation_limit(self) -> None:
        if len(self._running) >= MAX_OPERATIONS:
            message = mark("At most {count} operations at a time on one connection")
            raise RateLimited(message, retry_after=1, count=MAX_OPERATIONS)

    def _describe(self, error: ChenuError) -> Any:
        return _formatted(with_code(to_graphql(error), self._ctx))

    async def _run(self, operation_id: str, request: GraphQLRequest) -> None:
        ctx = self._ctx.next_operation()
        try:
            if self._engine.find_kind(request) is OperationType.SUBSCRIPTION:
                async with aclosing(self._engine.subscribe(request, ctx)) as answers:
                    async for answer in answers:
                        await self._identify_again()
                        await self._send_answer(operation_id, answer, ctx)
            else:
                await self._send_answer(
                    operation_id, await self._engine.run_query_only(request, ctx), ctx
                )
            if self._running.pop(operation_id, None) is not None:
                await self._channel.send("complete", operation_id)
        except (ProtocolClosed, Unavailable) as error:
            self._end(error)
        except ClientGone as gone:
            log.info("socket_gone", reason=str(gone))
        except Exception as error:
            await self._send_failure(operation_id, error)

    async def _send_failure(self, operation_id: str, error: Exception) -> None:
        """An error outside the resolvers ends this operation; the others go on."""
        self._running.pop(operation_id, None)
        failed = fail_internally(error, self._ctx)
        with suppress(ClientGone):
            await self._channel.send(
                "error", operation_id, [_formatted(each) for each in failed.errors]
            )

    async def _send_answer(self, operation_id: str, answer: Answer, ctx: Context) -> None:
        """`error` ends an operation that was not begun; it is not followed by `complete`."""
        if answer.is_begun:
            answer, written = write_answer(answer, ctx)
            await answer.record_reading(ctx)
            await self._channel.send("next", operation_id, orjson.Fragment(written))
            return
        del self._running[operation_id]
        await self._channel.send(
            "error", operation_id, [_formatted(error) for error in answer.errors]
        )


async def _stop(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _formatted(error: GraphQLError) -> Any:
    return error.formatted
