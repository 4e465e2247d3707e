"""The protocol graphql-transport-ws on /graphql: queries and subscriptions, ten at a time."""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
import structlog
from graphql import GraphQLError, OperationType
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect, WebSocketException
from litestar.handlers import WebsocketRouteHandler

from chenu.accounts.actor import ActorKind
from chenu.accounts.bearer import get_bearer_actor, read_account
from chenu.accounts.visit import STATE_KEY, Visit
from chenu.core.errors import BadInput, ChenuError, Forbidden, RateLimited, Unauthenticated
from chenu.flows.services import Services
from chenu_graphql.context import Context
from chenu_graphql.engine import Answer, Engine, Wish
from chenu_graphql.errors import to_graphql, with_code
from chenu_graphql.messages import (
    SocketMessage,
    fail_internally,
    read_json,
    read_wish,
    write_answer,
    write_json,
)

log = structlog.get_logger(__name__)

PROTOCOL = "graphql-transport-ws"
MAX_OPERATIONS = 10
MAX_MESSAGE = 100_000
INIT_SECONDS = 10
_LONGEST_REASON = 123

Socket = WebSocket[Any, Any, Any]


class _Closed(Exception):
    """The protocol was broken, or it is over: the code and reason to close with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Gone(RuntimeError):
    """The client hung up."""


def make_socket_route(engine: Engine, services: Services, path: str) -> WebsocketRouteHandler:
    @websocket(path)
    async def serve_socket(socket: Socket) -> None:
        visit: Visit = socket.scope["state"][STATE_KEY]
        is_foreign = visit.actor.kind is ActorKind.SESSION and not visit.origin_ok
        if visit.refusal is not None or is_foreign:
            await socket.close(4403, "Forbidden")  # before accept: the handshake answers 403
        elif PROTOCOL not in socket.scope["subprotocols"]:
            await socket.accept()
            await socket.close(4406, "Subprotocol not acceptable")
        else:
            await socket.accept(subprotocols=PROTOCOL)
            await Connection(socket, engine, Context(services, visit)).serve()

    return serve_socket


class Connection:
    """One client with its running operations."""

    def __init__(self, socket: Socket, engine: Engine, ctx: Context) -> None:
        self._socket = socket
        self._engine = engine
        self._ctx = ctx
        self._running: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        try:
            await self._begin()
            while True:
                await self._handle(await self._receive())
        except _Closed as closed:
            await self._close(closed)
        except (WebSocketDisconnect, _Gone):
            pass
        finally:
            await self._stop_all()

    async def _close(self, closed: _Closed) -> None:
        with suppress(WebSocketException, RuntimeError):  # it may be gone already
            await self._socket.close(closed.code, _fit(closed.reason))

    async def _receive(self) -> SocketMessage:
        text = await self._socket.receive_data("text")
        if len(text) > MAX_MESSAGE:
            raise _Closed(4400, "The message is too large")
        try:
            message: SocketMessage = read_json(text, SocketMessage)
        except BadInput as error:
            raise _Closed(4400, str(error)[:120]) from None
        return message

    async def _begin(self) -> None:
        """Wait for connection_init, which may carry an API key."""
        try:
            async with asyncio.timeout(INIT_SECONDS):
                while (message := await self._receive()).type != "connection_init":
                    await self._before_init(message)
                await self._identify(message)
        except TimeoutError:
            raise _Closed(4408, "Connection initialisation timeout") from None
        await self._send("connection_ack")

    async def _before_init(self, message: SocketMessage) -> None:
        if message.type == "subscribe":
            raise _Closed(4401, "Unauthorized")
        await self._handle(message)

    async def _identify(self, message: SocketMessage) -> None:
        """Raises _Closed for a bad key: it is never taken for an anonymous caller."""
        try:
            params = read_json(message.payload, dict[str, Any] | None) or {}
        except BadInput:
            raise _Closed(4400, "Invalid connection init payload") from None
        bearer = params.get("Authorization", params.get("authorization"))
        if bearer is None:
            return
        settings, visit = self._ctx.services.settings, self._ctx.visit
        try:
            account = params.get("Chenu-Account")
            account_id = read_account(None if account is None else str(account))
        except ChenuError:
            raise _Closed(4403, "Forbidden") from None
        find_actor = partial(
            get_bearer_actor,
            str(bearer),
            account_id,
            pepper=settings.secret,
            address=visit.address,
        )
        self._ctx.visit = replace(visit, find_actor=find_actor)
        await self._identify_again()

    async def _identify_again(self) -> None:
        """Raises _Closed once the session has ended or the key was revoked."""
        try:
            self._ctx.visit = await self._ctx.visit.renewed()
        except (Unauthenticated, Forbidden):
            raise _Closed(4403, "Forbidden") from None

    async def _handle(self, message: SocketMessage) -> None:
        if message.type == "ping":
            await self._send("pong")
        elif message.type == "subscribe":
            await self._subscribe(message)
        elif message.type == "complete":
            task = self._running.pop(message.id or "", None)
            if task is not None:
                task.cancel()
        elif message.type == "connection_init":
            raise _Closed(4429, "Too many initialisation requests")

    async def _subscribe(self, message: SocketMessage) -> None:
        if message.id is None:
            raise _Closed(4400, "A subscribe message has an id")
        if message.id in self._running:
            raise _Closed(4409, f"Subscriber for {message.id[:60]} already exists")
        try:
            wish = read_wish(message.payload)
            self._require_room()
            await self._identify_again()
        except ChenuError as error:
            await self._send("error", message.id, [self._describe(error)])
            return
        self._running[message.id] = asyncio.create_task(self._run(message.id, wish))

    def _require_room(self) -> None:
        if len(self._running) >= MAX_OPERATIONS:
            message = "At most {count} operations at a time on one connection"
            raise RateLimited(message, retry_after=1, count=MAX_OPERATIONS)

    def _describe(self, error: ChenuError) -> Any:
        return _formatted(with_code(to_graphql(error), self._ctx))

    async def _run(self, operation_id: str, wish: Wish) -> None:
        ctx = self._ctx.next_operation()
        try:
            if self._engine.find_kind(wish) is OperationType.SUBSCRIPTION:
                async with aclosing(self._engine.watch(wish, ctx)) as answers:
                    async for answer in answers:
                        await self._identify_again()
                        await self._pass_on(operation_id, answer, ctx)
            else:
                await self._pass_on(operation_id, await self._engine.ask(wish, ctx), ctx)
            if self._running.pop(operation_id, None) is not None:
                await self._send("complete", operation_id)
        except _Closed as closed:
            await self._close(closed)
        except _Gone as gone:
            log.info("socket_gone", reason=str(gone))
        except Exception as error:
            await self._break_off(operation_id, error)

    async def _break_off(self, operation_id: str, error: Exception) -> None:
        """What was raised around the operation itself ends it, and no other."""
        self._running.pop(operation_id, None)
        failed = fail_internally(error, self._ctx)
        with suppress(_Gone):
            await self._send("error", operation_id, [_formatted(each) for each in failed.errors])

    async def _pass_on(self, operation_id: str, answer: Answer, ctx: Context) -> None:
        """`error` ends an operation that was not begun; it is not followed by `complete`."""
        if answer.is_begun:
            answer, written = write_answer(answer, ctx)
            await answer.record_reading(ctx)
            await self._send("next", operation_id, orjson.Fragment(written))
            return
        del self._running[operation_id]
        await self._send("error", operation_id, [_formatted(error) for error in answer.errors])

    async def _send(self, kind: str, operation_id: str | None = None, payload: Any = None) -> None:
        message = {"type": kind, "id": operation_id, "payload": payload}
        present = {key: value for key, value in message.items() if value is not None}
        written = write_json(present)
        try:
            await self._socket.send_data(written, mode="text")
        except (WebSocketException, RuntimeError) as error:
            raise _Gone(str(error)) from None

    async def _stop_all(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _fit(reason: str) -> str:
    """A close frame has room for 123 bytes."""
    return reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


def _formatted(error: GraphQLError) -> Any:
    return error.formatted
