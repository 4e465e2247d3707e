"""Sends queued webhooks: signed, in order or not, retried, without delaying the API."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import httpx

from chenu.sandbox.config import SandboxConfig
from chenu.sandbox.engine.clock import wall_ms, wall_now
from chenu.sandbox.engine.json_types import dumps
from chenu.sandbox.engine.outbox import DeliveryQueue
from chenu.sandbox.engine.signing import signature_header
from chenu.sandbox.engine.store import Record, Store
from chenu.sandbox.engine.thin_events import notification

RETRY_SECONDS = (5, 30, 300, 3600, 43_200)
"""Waiting times after the first, second … failed attempt; then it is given up."""

_TIMEOUT = 10.0
_WINDOW = 200
_STALE_SECONDS = 600
_LONGEST_REST = 0.5


@dataclass(frozen=True, slots=True)
class _Delivery:
    id: int
    event: str
    endpoint: str
    attempts: int


class WebhookSender:
    """A background task, which runs while deliveries are queued."""

    def __init__(self, config: SandboxConfig, store: Store, queue: DeliveryQueue) -> None:
        self._config = config
        self._store = store
        self._queue = queue
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._in_flight: dict[int, tuple[_Delivery, asyncio.Task[None]]] = {}
        self._client: httpx.AsyncClient | None = None
        queue.on_wake = self.wake

    def wake(self) -> None:
        """Check the queue now. Without a running event loop the next call does."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._wake.set()
        if (self._task is None or self._task.done()) and self._next_due() is not None:
            self._task = loop.create_task(self._run())

    async def close(self) -> None:
        """Stop at once; open deliveries stay queued."""
        deliveries = self.abandon()
        tasks = [*deliveries, *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def abandon(self) -> list[asyncio.Task[None]]:
        """Cancel the deliveries in flight: none of them will record a result.

        Returns their tasks, which end as soon as the event loop runs.
        """
        tasks = [task for _, task in self._in_flight.values()]
        self._in_flight.clear()
        for task in tasks:
            task.cancel()
        return tasks

    def waiting(self) -> int:
        """Deliveries that are due now or under way."""
        due = self._store.value(
            "SELECT COUNT(*) FROM deliveries WHERE status = 'pending' AND due <= ?", (wall_ms(),)
        )
        return int(due)

    def scheduled(self) -> int:
        """Deliveries that will be tried later."""
        later = self._store.value(
            "SELECT COUNT(*) FROM deliveries WHERE status = 'pending' AND due > ?", (wall_ms(),)
        )
        return int(later)

    async def flush(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is due; False when time ran out first or all is held back."""
        end = wall_ms() + timeout * 1000
        while self.waiting():
            if wall_ms() > end or self._queue.modes.paused:
                return False
            self.wake()
            await asyncio.sleep(0.005)
        return True

    def _next_due(self) -> int | None:
        due = self._store.value("SELECT MIN(due) FROM deliveries WHERE status = 'pending'")
        return None if due is None else int(due)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            if not self._queue.modes.paused:
                self._start_some()
            due = self._next_due()
            if due is None and not self._in_flight:
                return
            await self._rest(due)

    async def _rest(self, due: int | None) -> None:
        """Wait until a delivery was queued or has ended, or the next retry is due."""
        pause = _LONGEST_REST
        if due is not None and not self._in_flight and not self._queue.modes.paused:
            pause = min(max((due - wall_ms()) / 1000, 0.0), _LONGEST_REST)
        # Not wait_for: until Python 3.12 it forgets a cancellation that comes with the wake-up.
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._wake.wait()

    def _start_some(self) -> None:
        """Start as many deliveries as may run at once."""
        modes = self._queue.modes
        candidates = self._candidates()
        if modes.mode == "shuffle":
            self._queue.rng.shuffle(candidates)
        for due in candidates:
            if len(self._in_flight) >= modes.max_concurrent:
                return
            # In order: a receiver's next first attempt waits for the one before.
            if modes.mode == "ordered" and self._is_busy(due.endpoint):
                continue
            task = asyncio.get_running_loop().create_task(self._deliver(due))
            self._in_flight[due.id] = (due, task)

    def _is_busy(self, receiver_id: str) -> bool:
        return any(delivery.endpoint == receiver_id for delivery, _ in self._in_flight.values())

    def _candidates(self) -> list[_Delivery]:
        rows = self._store.execute(
            "SELECT id, event, endpoint, attempts FROM deliveries"
            " WHERE status = 'pending' AND due <= ? ORDER BY due, id LIMIT ?",
            (wall_ms(), _WINDOW),
        )
        return [_Delivery(*row) for row in rows if row[0] not in self._in_flight]

    async def _deliver(self, due: _Delivery) -> None:
        try:
            succeeded, answer = await self._attempt(due)
            self._settle(due, succeeded, answer)
        finally:
            # An abandoned delivery may have left its number to another one.
            if self._in_flight.get(due.id, (None,))[0] is due:
                del self._in_flight[due.id]
            self._wake.set()

    def _settle(self, due: _Delivery, succeeded: bool, answer: str) -> None:
        status, next_due = "succeeded", 0
        if not succeeded:
            given_up = due.attempts >= len(RETRY_SECONDS)
            status = "failed" if given_up else "pending"
            if not given_up:
                pause = RETRY_SECONDS[due.attempts] * self._config.webhook_retry_scale
                next_due = wall_ms() + round(pause * 1000)
        self._store.execute(
            "UPDATE deliveries SET status = ?, attempts = attempts + 1, due = ?, answer = ?"
            " WHERE id = ?",
            (status, next_due, answer, due.id),
        )

    async def _attempt(self, due: _Delivery) -> tuple[bool, str]:
        """Whether it arrived, and the status or the name of the error."""
        receiver = self._receiver(due.endpoint)
        event = self._event(due.event)
        if receiver is None or event is None:
            return True, "gone"
        body = dumps(event.body if event.kind == "event" else notification(event))
        try:
            response = await self._http().post(
                _url(receiver),
                content=body,
                headers={
                    "content-type": "application/json; charset=utf-8",
                    "user-agent": "Stripe/1.0 (CHE-NU sandbox)",
                    "stripe-signature": self._signature(receiver, body),
                },
            )
        except Exception as error:
            return False, type(error).__name__
        return response.is_success, str(response.status_code)

    def _signature(self, receiver: Record, body: bytes) -> str:
        modes = self._queue.modes
        secrets = receiver.internal["secrets"]
        if modes.wrong_secret:
            secrets = ["whsec_wrong"]
        return signature_header(body, secrets, wall_now() - _STALE_SECONDS * modes.stale)

    def _receiver(self, receiver_id: str) -> Record | None:
        return self._store.find("webhook_endpoint", receiver_id, None) or self._store.find(
            "v2.core.event_destination", receiver_id, None
        )

    def _event(self, event_id: str) -> Record | None:
        return self._store.find("event", event_id, None) or self._store.find(
            "v2.core.event", event_id, None
        )

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            make = self._config.webhook_transport
            self._client = httpx.AsyncClient(
                timeout=_TIMEOUT,
                transport=make() if make else None,
                trust_env=False,
                limits=httpx.Limits(max_connections=64),
            )
        return self._client


def _url(receiver: Record) -> str:
    if receiver.kind == "webhook_endpoint":
        return str(receiver.body["url"])
    return str(receiver.internal["url"])
