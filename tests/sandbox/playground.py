"""A sandbox in this process with the official SDK, and objects that many tests need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import stripe

from chenu.sandbox.app import SandboxApp, create_app
from chenu.sandbox.config import SandboxConfig
from chenu.sandbox.engine.json_types import loads
from chenu.sandbox.runtime import Sandbox

URL = "http://sandbox.test"
CARD = {"card": "4242 4242 4242 4242", "exp": "12/34", "cvc": "123", "name": "Zoé Client"}
STEP = Mapping[str, Any]
SPRING = 1_900_000_000
"""17 March 2030, so that no test depends on the machine's clock."""


class InProcessHttp(stripe.HTTPXClient):
    """The SDK's HTTP client, connected to an ASGI application instead of a socket."""

    def __init__(self, app: SandboxApp) -> None:
        super().__init__()
        self._client_async = httpx.AsyncClient(transport=httpx.ASGITransport(app=app))


@dataclass
class Receiver:
    """An ASGI application that receives webhooks; `status` is its answer."""

    status: int = 200
    received: list[tuple[str, bytes, str]] = field(default_factory=list)
    """Path, exact body and signature header, in the order of arrival."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = bytearray()
        while True:
            message = await receive()
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                break
        headers = {name: value.decode() for name, value in scope["headers"]}
        self.received.append((scope["path"], bytes(body), headers[b"stripe-signature"]))
        start = {"type": "http.response.start", "status": self.status}
        await send({**start, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    def types(self, path: str = "/hooks") -> list[str]:
        """Event types in the order of arrival."""
        return [loads(body)["type"] for where, body, _ in self.received if where == path]

    def ids(self, path: str = "/hooks") -> list[str]:
        return [loads(body)["id"] for where, body, _ in self.received if where == path]


@dataclass
class Playground:
    app: SandboxApp
    stripe: Any
    """The official StripeClient; Any, because its answers are typed as id or object everywhere."""
    http: httpx.AsyncClient
    receiver: Receiver

    @property
    def sandbox(self) -> Sandbox:
        return self.app.sandbox

    async def control(self, path: str, body: STEP | None = None) -> Any:
        """POST to the control room, or GET without a body."""
        url = f"/_sandbox/{path}"
        if body is None:
            answer = await self.http.get(url)
        else:
            answer = await self.http.post(url, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def advance(self, duration: str) -> None:
        await self.control("clock", {"advance": duration})

    async def event_types(self, account: str | None = None) -> list[str]:
        """Of one account, in the order in which they were emitted."""
        options = {"stripe_account": account} if account else {}
        page = await self.stripe.v1.events.list_async({"limit": 100}, options)
        return [event.type for event in reversed(page.data)]

    async def events_since(self, seen: int) -> list[str]:
        return (await self.event_types())[seen:]

    async def customer(self, **values: Any) -> Any:
        wanted: Any = {"email": "zoe@example.org", "name": "Zoé", **values}
        return await self.stripe.v1.customers.create_async(wanted)

    async def price(self, amount: int = 1000) -> Any:
        product = await self.stripe.v1.products.create_async({"name": "Agent"})
        return await self.stripe.v1.prices.create_async(
            {"product": product.id, "currency": "eur", "unit_amount": amount}
        )

    async def session(self, amount: int = 1000, **values: Any) -> Any:
        """An open Checkout session for one item of this price."""
        wanted: Any = {
            "mode": "payment",
            "line_items": [{"price": (await self.price(amount)).id, "quantity": 1}],
            "success_url": "http://shop.test/done?sid={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://shop.test/no",
            **values,
        }
        return await self.stripe.v1.checkout.sessions.create_async(wanted)

    async def pay(self, session: Any, **typed: str) -> httpx.Response:
        """Submits the hosted page; `typed` replaces single fields."""
        return await self.http.post(f"/c/pay/{session.id}", data={**CARD, **typed})

    async def sale(self, amount: int = 1000, card: str = CARD["card"], **values: Any) -> Any:
        """A paid charge, with its balance transaction expanded."""
        session = await self.session(amount, **values)
        answer = await self.pay(session, card=card)
        assert answer.status_code == 303, answer.text
        paid = await self.stripe.v1.checkout.sessions.retrieve_async(
            session.id, {"expand": ["payment_intent.latest_charge.balance_transaction"]}
        )
        intent: Any = paid.payment_intent
        return intent.latest_charge

    async def account(self, status: str = "active") -> Any:
        """A connected account whose transfers have that status."""
        account = await self.stripe.v2.core.accounts.create_async(ACCOUNT)
        if status != "restricted":
            await self.control(f"accounts/{account.id}/capability", {"status": status})
        return account

    async def test_clock(self, **values: Any) -> Any:
        clocks = self.stripe.v1.test_helpers.test_clocks
        return await clocks.create_async({"frozen_time": SPRING, **values})

    async def advance_test_clock(self, clock: Any, seconds: int) -> Any:
        """From its current time; returns the answer of `advance`."""
        clocks = self.stripe.v1.test_helpers.test_clocks
        now = (await clocks.retrieve_async(clock.id)).frozen_time
        return await clocks.advance_async(clock.id, {"frozen_time": now + seconds})

    async def balance(self, account: str | None = None) -> tuple[int, int]:
        """Available and pending cents."""
        options = {"stripe_account": account} if account else {}
        balance = await self.stripe.v1.balance.retrieve_async(None, options)
        return balance.available[0].amount, balance.pending[0].amount


ACCOUNT: Any = {
    "contact_email": "creator@example.org",
    "display_name": "Atelier Zoé",
    "dashboard": "express",
    "identity": {"country": "fr", "entity_type": "individual"},
    "configuration": {
        "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}
    },
    "defaults": {
        "currency": "eur",
        "responsibilities": {"fees_collector": "application", "losses_collector": "application"},
    },
    "metadata": {"user_id": "7"},
    "include": ["configuration.recipient", "requirements", "defaults"],
}


def transfers_status(account: Any) -> str:
    """Of an account that was retrieved with its recipient configuration."""
    return str(account.configuration.recipient.capabilities.stripe_balance.stripe_transfers.status)


def build(
    record: Path | None, *, retries: int = 0, receiver: Receiver | None = None, **config: Any
) -> Playground:
    """Must be closed with `close`."""
    receiver = receiver or Receiver()
    app = create_app(
        SandboxConfig(
            public_url=URL,
            record=record,
            seed=1,
            webhook_retry_scale=0,
            webhook_transport=lambda: httpx.ASGITransport(app=receiver),
            **config,
        )
    )
    client = stripe.StripeClient(
        "sk_test_playground",
        http_client=InProcessHttp(app),
        base_addresses={"api": URL},
        max_network_retries=retries,
    )
    transport = httpx.ASGITransport(app=app)
    return Playground(app, client, httpx.AsyncClient(transport=transport, base_url=URL), receiver)


async def close(playground: Playground) -> None:
    await playground.stripe._requestor._client.close_async()
    await playground.http.aclose()
    await playground.sandbox.close()
