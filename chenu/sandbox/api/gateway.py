"""The entry of the API: key, version, faults, idempotency, validation, then the handler."""

import asyncio
import logging
from dataclasses import dataclass

import httpx

from chenu.sandbox.api.access import acting_account, check_access
from chenu.sandbox.api.exchanges import Exchanges
from chenu.sandbox.api.http_messages import (
    ApiAnswer,
    ApiRequest,
    ConnectionDropped,
    Receive,
    Scope,
    Send,
    read_request,
    send_answer,
    send_half,
)
from chenu.sandbox.api.routing import ROUTES, Match
from chenu.sandbox.config import API_VERSION
from chenu.sandbox.contract.requests import read_request as read_parameters
from chenu.sandbox.contract.routes import Call, calls
from chenu.sandbox.engine.errors import ApiError, Refused
from chenu.sandbox.engine.expand import expanded, present
from chenu.sandbox.engine.faults import Effect, FaultRule, Faults
from chenu.sandbox.engine.idempotency import (
    KeysInUse,
    StoredAnswer,
    check_key,
    find_answer,
    fingerprint,
    save_answer,
)
from chenu.sandbox.engine.ids import IdSource
from chenu.sandbox.engine.json_types import Json, dumps
from chenu.sandbox.engine.scheduler import Scheduler
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import Engine, UnitOfWork

logger = logging.getLogger(__name__)


@dataclass
class Gateway:
    """ASGI application for everything below /v1 and /v2."""

    engine: Engine
    scheduler: Scheduler
    faults: Faults
    exchanges: Exchanges
    request_ids: IdSource

    def __post_init__(self) -> None:
        self._in_use = KeysInUse()
        self._abandoned = asyncio.Event()

    def abandon(self) -> None:
        """Drop the requests that still wait: they are not executed and hold no idempotency key."""
        self._abandoned.set()
        self._abandoned = asyncio.Event()
        self._in_use = KeysInUse()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await read_request(scope, receive, "req_" + self.request_ids.token(14))
        except ConnectionDropped:  # nothing was asked
            return
        rule = self.faults.match(request.method, request.path)
        try:
            answer = await self._serve(request, rule, receive)
        except ConnectionDropped:
            self._record(request, 0, b"")
            await _drop_connection(scope, rule)
            return
        self._record(request, answer.status, answer.body)
        if rule is not None and rule.effect is Effect.TRUNCATED:
            answer.body = answer.body[: len(answer.body) // 2]
        answer.headers |= {"request-id": request.id, "stripe-version": _version(request)}
        if request.idempotency_key:
            answer.headers["idempotency-key"] = request.idempotency_key
        if rule is not None and rule.effect is Effect.RESET_AFTER:
            await send_half(send, answer)
            await _drop_connection(scope, rule)
            return
        await send_answer(send, answer)

    def _record(self, request: ApiRequest, status: int, answer: bytes) -> None:
        try:
            form = request.form()
        except Refused:
            form = {}
        self.exchanges.record(request, form, status, answer)

    async def _serve(
        self, request: ApiRequest, rule: FaultRule | None, receive: Receive
    ) -> ApiAnswer:
        if rule is None:
            return await self._answer(request)
        if rule.effect is Effect.ERROR_STORED:
            return self._store_failure(request, self._refusal(request, rule.error()))
        answer: ApiAnswer | None = None
        if rule.effect.executes:
            pause = rule.pause if rule.effect is Effect.LATENCY else 0
            answer = await self._answer(request, pause)
        if rule.effect.disconnects:
            if "timeout" in rule.effect:
                await _stay_silent(rule.pause, receive)
            raise ConnectionDropped
        if answer is None or rule.effect is Effect.ERROR_AFTER:
            return self._refusal(request, rule.error())
        return answer

    async def _answer(self, request: ApiRequest, pause: float = 0) -> ApiAnswer:
        try:
            check_access(request)
            self.scheduler.run_due()
            match = ROUTES.find(request.method, request.path)
            call = calls().find(request.method, request.path)
            if match is None or call is None:
                raise _no_such_call(request, call)
            account = acting_account(self.engine.store, request)
            return await self._answer_once(request, match, call, account, pause)
        except ApiError as error:
            return self._refusal(request, error)
        except ConnectionDropped:
            raise
        except Exception as error:
            return self._bug(request, error)

    async def _answer_once(
        self, request: ApiRequest, match: Match, call: Call, account: str, pause: float
    ) -> ApiAnswer:
        """Holds the idempotency key while the request is under way."""
        key, in_use = request.idempotency_key, self._in_use
        if key is not None:
            check_key(key)
            in_use.acquire(account, key)
        try:
            if pause:
                await _pause(pause, self._abandoned)
            return self._execute(request, match, call, account)
        finally:
            if key is not None:
                in_use.release(account, key)

    def _execute(self, request: ApiRequest, match: Match, call: Call, account: str) -> ApiAnswer:
        form, key = request.form(), request.idempotency_key
        digest = fingerprint(request.method, request.path, form)
        with self.engine.unit(account=account, request_id=request.id, idempotency_key=key) as unit:
            stored = find_answer(unit, key, digest) if key else None
            if stored is not None:
                return _replayed(stored)
            parameters = read_parameters(call, form, account=account)
            answer = self._run(request, match, unit, parameters)
            if key and (answer.status < 400 or not request.v2):
                save_answer(
                    unit,
                    key,
                    digest,
                    StoredAnswer(answer.status, answer.body, request.id),
                )
        return answer

    def _store_failure(self, request: ApiRequest, failure: ApiAnswer) -> ApiAnswer:
        """Store the failure under the idempotency key, unless an answer is stored there already."""
        key, account = request.idempotency_key, acting_account(self.engine.store, request)
        if key is None:
            return failure
        digest = fingerprint(request.method, request.path, request.form())
        with self.engine.unit(account=account, request_id=request.id, idempotency_key=key) as unit:
            stored = find_answer(unit, key, digest)
            if stored is not None:
                return _replayed(stored)
            save_answer(
                unit,
                key,
                digest,
                StoredAnswer(failure.status, failure.body, request.id),
            )
        return failure

    def _run(
        self, request: ApiRequest, match: Match, unit: UnitOfWork, parameters: Json
    ) -> ApiAnswer:
        try:
            with unit.store.savepoint():
                result = match.run(unit, parameters)
                body = present(unit, result) if isinstance(result, Record) else result
                return ApiAnswer(200, dumps(expanded(unit, body, parameters.get("expand") or [])))
        except Refused:
            raise
        except ApiError as error:
            return self._refusal(request, error)
        except Exception as error:
            return self._bug(request, error)

    def _bug(self, request: ApiRequest, error: Exception) -> ApiAnswer:
        logger.error("%s %s failed", request.method, request.path, exc_info=error)
        answer = ApiError("The sandbox has a bug here.", status=500, kind="api_error")
        return self._refusal(request, answer)

    def _refusal(self, request: ApiRequest, error: ApiError) -> ApiAnswer:
        log = self.engine.config.link(f"/_sandbox/exchanges?request_id={request.id}")
        return ApiAnswer(error.status, dumps(error.body(log, v2=request.v2)), dict(error.headers))


def _replayed(stored: StoredAnswer) -> ApiAnswer:
    headers = {"idempotent-replayed": "true", "original-request": stored.request_id}
    return ApiAnswer(stored.status, stored.body, headers)


def _no_such_call(request: ApiRequest, call: Call | None) -> ApiError:
    known = "Stripe knows it, but the" if call else "Unrecognized request URL: the"
    return Refused(
        f"{known} CHE·NU sandbox does not support {request.method} {request.path}.", status=404
    )


def _version(request: ApiRequest) -> str:
    return request.headers.get("stripe-version") or API_VERSION


async def _pause(seconds: float, abandoned: asyncio.Event) -> None:
    """Raises ConnectionDropped when the request is abandoned meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            await abandoned.wait()
    except TimeoutError:
        return
    raise ConnectionDropped


async def _stay_silent(seconds: float, receive: Receive) -> None:
    """Wait without an answer until the time is over or the client disconnects."""

    async def wait_for_disconnect() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(wait_for_disconnect(), seconds)
    except TimeoutError:
        return


async def _drop_connection(scope: Scope, rule: FaultRule | None) -> None:
    abort = (scope.get("extensions") or {}).get("chenu.abort")
    if abort is None:  # in-process: raise what an HTTP transport would raise
        if rule is not None and "timeout" in rule.effect:
            raise httpx.ReadTimeout("A fault rule keeps the sandbox silent")
        raise httpx.RemoteProtocolError("A fault rule drops the connection")
    abort()
    await asyncio.sleep(0.01)  # until the server has noticed that the connection is gone
