"""Clients that buy, spend, browse and deliver webhooks, until they are told to stop.

Each does what a good client does: what was not acknowledged is sent again under the same key.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.scale.acknowledged import Record
from bench.scale.own_writes import OwnWrites
from bench.scale.places import URL, WEBS
from bench.scale.world import PRICE, World, Writer

KINDS = ("browsing", "spends", "purchases", "payments", "webhooks", "renames")
EVENT_HEAD = "evt_scale_"
_PATIENCE_SECONDS = 8.0
"""After which a client sends again."""
_PAUSE_SECONDS = {
    "browsing": 0.05, "spends": 0.05, "purchases": 0.7, "webhooks": 0.15, "renames": 0.3,
}  # fmt: skip
_BUY = """
mutation Buy($input: AgentPurchaseInput!) {
  agentPurchase(input: $input) { purchase { id } checkout { url } userErrors { code message } }
}
"""
_SPEND = """
mutation Spend($input: TokenSpendInput!) {
  tokenSpend(input: $input) { entry { id } userErrors { code message } }
}
"""
_LIST = "{ agents(first: 20) { edges { node { id name installs creator { handle } } } } }"
_FORM = {"card": "4242424242424242", "exp": "12/34", "cvc": "123", "name": "Test Buyer"}


class NotDone(Exception):
    """No acknowledgement: the request is to be sent again."""


@dataclass
class Load:
    """`records` by kind; `odd` are answers that no client should ever get."""

    world: World
    webhook_secret: str
    http: httpx.AsyncClient
    records: dict[str, Record] = field(default_factory=lambda: {kind: Record() for kind in KINDS})
    odd: list[str] = field(default_factory=list)
    own_writes: OwnWrites = field(init=False)
    _is_stopping: bool = False
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.own_writes = OwnWrites(self.http)

    def make_clients(self) -> list[Awaitable[None]]:
        clients = [self._go_on("browsing", self._browse) for _ in range(2)]
        clients += [self._go_on("spends", self._spend) for _ in range(2)]
        clients += [self._go_on("purchases", self._buy_next(part)) for part in range(2)]
        clients += [self._go_on("renames", self._rename_by(each)) for each in self.world.writers]
        return [*clients, self._go_on("webhooks", self._deliver)]

    def stop(self) -> None:
        self._is_stopping = True

    async def _go_on(self, kind: str, act: Callable[[], Awaitable[None]]) -> None:
        while not self._is_stopping:
            await act()
            await asyncio.sleep(_PAUSE_SECONDS[kind])

    async def _until_done(self, kind: str, send: Callable[[], Awaitable[str | None]]) -> None:
        """At the end too: what a client was never told of is in no comparison."""
        while True:
            try:
                key = await send()
            except (httpx.HTTPError, NotDone) as error:
                self.records[kind].note(time.monotonic(), None, is_done=False)
                if isinstance(error, NotDone) and error.args:
                    self.odd.append(f"{kind}: {error}")
                await asyncio.sleep(0.2)
                if self._is_stopping:
                    return
            else:
                self.records[kind].note(time.monotonic(), key)
                return

    async def _browse(self) -> None:
        number = next(self._numbers)
        paths = ("/agents", *self.world.agent_paths)

        async def send() -> None:
            if number % 3 == 0:
                await self._ask(_LIST, {}, {})
                return
            answer = await self.http.get(f"{URL}{paths[number % len(paths)]}?n={number}")
            _require(answer, 200)

        await self._until_done("browsing", send)

    async def _spend(self) -> None:
        number = next(self._numbers)
        account = self.world.spender_ids[number % len(self.world.spender_ids)]
        headers = {"authorization": f"Bearer {self.world.service_key}", "chenu-account": account}
        name = f"scale {number}"
        sent = {"amount": 1, "reason": name, "idempotencyKey": name}

        async def send() -> str:
            payload = (await self._ask(_SPEND, sent, headers))["tokenSpend"]
            if payload["userErrors"]:
                raise NotDone(str(payload["userErrors"]))
            return name

        await self._until_done("spends", send)

    def _buy_next(self, part: int) -> Callable[[], Awaitable[None]]:
        """Each client has buyers of its own; when they have all, it buys no more."""
        buyers = self.world.buyer_keys[part::2]
        pairs = iter([(key, agent) for agent in self.world.agent_ids for key in buyers])

        async def buy() -> None:
            pair = next(pairs, None)
            if pair is not None:
                await self._buy(*pair)

        return buy

    async def _buy(self, key: str, agent_id: str) -> None:
        headers = {"authorization": f"Bearer {key}"}
        name = f"scale {next(self._numbers)}"
        wanted = {"agentId": agent_id, "expectedAmountMinor": PRICE, "acceptImmediateSupply": True}
        bought: dict[str, Any] = {}

        async def send() -> str:
            answer = await self._ask(_BUY, {**wanted, "idempotencyKey": name}, headers)
            payload = answer["agentPurchase"]
            if payload["userErrors"]:
                raise NotDone(str(payload["userErrors"]))
            if payload["checkout"] is None:  # Stripe's page is still being opened
                raise NotDone
            bought.update(payload)
            return _row_id(payload["purchase"]["id"])

        await self._until_done("purchases", send)
        if bought:
            await self._pay(bought["checkout"]["url"], bought["purchase"]["id"])

    async def _pay(self, url: str, purchase_id: str) -> None:
        """At Stripe, which tells the product by webhooks."""

        async def send() -> str:
            _require(await self.http.post(url, data=_FORM), 303)
            return _row_id(purchase_id)

        await self._until_done("payments", send)

    def _rename_by(self, writer: Writer) -> Callable[[], Awaitable[None]]:
        async def rename() -> None:
            name = f"Scale {next(self._numbers)}"

            async def send() -> str:
                payload = _data_of(await self.own_writes.rename(writer, name))["creatorUpdate"]
                if payload["userErrors"]:
                    raise NotDone(str(payload["userErrors"]))
                return name

            await self._until_done("renames", send)
            if name in self.records["renames"].acknowledged:
                await self.own_writes.look(writer, name, WEBS)

        return rename

    async def _deliver(self) -> None:
        """A signed event of our own, as Stripe sends those of others."""
        event_id = f"{EVENT_HEAD}{next(self._numbers)}"
        body = json.dumps(_event(event_id)).encode()

        async def send() -> str:
            headers = {"stripe-signature": self._sign(body), "content-type": "application/json"}
            answer = await self.http.post(f"{URL}/webhooks/stripe", content=body, headers=headers)
            _require(answer, 200)
            return event_id

        await self._until_done("webhooks", send)

    def _sign(self, body: bytes) -> str:
        moment = int(time.time())
        text = b"%d." % moment + body
        digest = hmac.new(self.webhook_secret.encode(), text, hashlib.sha256).hexdigest()
        return f"t={moment},v1={digest}"

    async def _ask(self, query: str, sent: Any, headers: dict[str, str]) -> dict[str, Any]:
        """The answer's data."""
        body = {"query": query, "variables": {"input": sent}} if sent else {"query": query}
        answer = await self.http.post(f"{URL}/graphql", json=body, headers=headers)
        return _data_of(answer)


def _data_of(answer: httpx.Response) -> dict[str, Any]:
    """Raises NotDone."""
    _require(answer, 200)
    found = answer.json()
    if "errors" in found:
        codes = [error.get("extensions", {}).get("code") for error in found["errors"]]
        raise NotDone(*(() if codes == ["UNAVAILABLE"] else (str(found["errors"]),)))
    data: dict[str, Any] = found["data"]
    return data


def _row_id(given: str) -> str:
    """What stands in the database, of an id of the API."""
    return base64.urlsafe_b64decode(f"{given}==").decode().partition(":")[2]


def _require(answer: httpx.Response, status: int) -> None:
    """Raises NotDone; with words if it is no refusal that clients expect at times."""
    if answer.status_code != status:
        is_known = answer.status_code in (429, 502, 503, 504)
        text = f"{answer.status_code} {answer.request.url}: {answer.text[:200]}"
        raise NotDone(*(() if is_known else (text,)))


def _event(event_id: str) -> dict[str, Any]:
    """Of a type that is ignored: nothing is fetched for it."""
    subject = {"id": "cus_scale", "object": "customer"}
    return {
        "id": event_id,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "customer.updated",
    }


@asynccontextmanager
async def loading(world: World, webhook_secret: str) -> AsyncIterator[Load]:
    """All clients at once; at the end each completes what it is doing."""
    limits = httpx.Limits(max_connections=40, keepalive_expiry=2)
    async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS, limits=limits) as http:
        load = Load(world, webhook_secret, http)
        tasks = [asyncio.ensure_future(client) for client in load.make_clients()]
        try:
            yield load
        finally:
            load.stop()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)
