"""The sandbox as a process on a port: start, end, sudden death, sockets that go silent."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread, Timer
from typing import Any

import httpx
import pytest
import stripe

from chenu.demo.processes import free_port
from chenu.sandbox.contract.check import check_lines
from tests.sandbox.playground import ACCOUNT, CARD

_PATIENCE_SECONDS = 30

Start = Callable[..., "Served"]


class Served:
    """A running process; `stripe` is the SDK's blocking client on it."""

    def __init__(self, port: int, *options: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        environment = {k: v for k, v in os.environ.items() if k != "CHENU_SANDBOX_RECORD"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chenu.sandbox", "--port", str(port), *options],
            env=environment,
        )
        self.http = httpx.Client(base_url=self.url, timeout=10)
        self.stripe: Any = stripe.StripeClient(
            "sk_test_served",
            http_client=stripe.RequestsClient(timeout=1),
            base_addresses={"api": self.url},
            max_network_retries=2,
        )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                self.http.get("/_sandbox/clock")
            except httpx.TransportError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError("the sandbox did not start")

    def end(self, sign: signal.Signals) -> None:
        """Fails when it does not end."""
        self.process.send_signal(sign)
        self.process.wait(_PATIENCE_SECONDS)

    def close(self) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGKILL)
        self.http.close()
        self.stripe._requestor._get_http_client().close()


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[Served] = []

    def run(*options: str) -> Served:
        running.append(Served(free_port(), *options))
        return running[-1]

    yield run
    for served in running:
        served.close()


@pytest.fixture(scope="module")
def _session_server() -> Iterator[Served]:
    served = Served(free_port())
    yield served
    served.close()


@pytest.fixture
def running(_session_server: Served) -> Served:
    """An empty sandbox that stays up for the next test."""
    _session_server.http.post("/_sandbox/reset", json={})
    return _session_server


class Hook(HTTPServer):
    """A receiver of webhooks on a socket."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _HookHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _HookHandler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        self.server.received.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_it_answers_soon_and_ends_at_once_whatever_is_under_way(start: Start) -> None:
    served = start()
    key = {"authorization": "Bearer sk_test_x"}
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        served.stripe.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
        served.stripe.v1.customers.create({"email": "a@example.org"})
        silent = {"effect": "timeout_before", "path": "/v1/balance"}
        served.http.post("/_sandbox/faults", json=silent)
        waiting = served.http.get("/_sandbox/clock").json()["pending_deliveries"]
        with httpx.stream("GET", f"{served.url}/_sandbox/clock") as open_stream:
            with pytest.raises(httpx.ReadTimeout):
                served.http.get("/v1/balance", headers=key, timeout=0.2)

            served.end(signal.SIGTERM)

    assert open_stream.status_code == 200
    assert waiting == 1
    assert served.process.returncode == 0


def test_nothing_acknowledged_is_lost_by_sudden_death(
    start: Start, hook: Hook, tmp_path: Path
) -> None:
    data = ("--data", str(tmp_path / "sandbox.sqlite"), "--seed", "5")
    first = start(*data)
    customers = first.stripe.v1.customers
    made = [customers.create({"name": str(number)}) for number in range(20)]
    first.http.post("/_sandbox/clock", json={"advance": "P3D"})
    first.stripe.v1.webhook_endpoints.create({"url": hook.url, "enabled_events": ["*"]})
    first.http.post("/_sandbox/webhooks", json={"paused": True})
    options: Any = {"idempotency_key": "customer:1"}
    made.append(customers.create({"email": "a@example.org"}, options))
    first.end(signal.SIGKILL)

    second = start(*data)

    found = second.stripe.v1.customers.list({"limit": 100}).data
    replayed = second.stripe.v1.customers.create({"email": "a@example.org"}, options)
    assert [customer.id for customer in found] == [customer.id for customer in made[::-1]]
    assert replayed.id == made[-1].id
    clock = second.http.get("/_sandbox/clock").json()
    assert 3 * 86_400 - 5 < clock["offset_seconds"] <= 3 * 86_400
    assert clock["pending_deliveries"] == 1
    assert second.stripe.v1.customers.create({"name": "x"}).id not in {one.id for one in made}
    second.http.post("/_sandbox/webhooks", json={"paused": False})
    assert second.http.post("/_sandbox/deliveries/flush").json()["done"]
    assert len(hook.received) == 2


@pytest.mark.parametrize("effect", ["timeout_after", "disconnect_after", "disconnect_before"])
def test_sockets_go_silent_and_the_retry_finds_the_answer(running: Served, effect: str) -> None:
    running.http.post("/_sandbox/faults", json={"effect": effect, "path": "/v1/customers"})

    customer = running.stripe.v1.customers.create({"email": "a@example.org"})

    found = running.stripe.v1.customers.list().data
    assert [one.id for one in found] == [customer.id]


@pytest.mark.parametrize("sent", [b"", b"name=Ha", b"name=Half&"])
def test_half_a_request_is_not_a_request(running: Served, sent: bytes) -> None:
    head = (
        "POST /v1/customers HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer sk_test_served\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 15\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", running.http.base_url.port or 0)) as dying:
        dying.sendall(head.encode() + sent)
        dying.shutdown(socket.SHUT_WR)
        dying.settimeout(_PATIENCE_SECONDS)
        assert dying.recv(1_000) == b""

    assert running.stripe.v1.customers.list().data == []
    assert "POST" not in running.http.get("/_sandbox/exchanges").text


def test_a_pause_of_the_server_ends_no_connection_on_which_a_request_waits(start: Start) -> None:
    served = start()
    served.http.get("/_sandbox/clock")
    served.process.send_signal(signal.SIGSTOP)
    wake = Timer(5.5, served.process.send_signal, [signal.SIGCONT])
    wake.start()

    answer = served.http.get("/_sandbox/clock")

    wake.join()
    assert answer.status_code == 200


def test_a_whole_sale_over_sockets_is_recorded_and_true(
    start: Start, hook: Hook, tmp_path: Path
) -> None:
    record = tmp_path / "exchanges.jsonl"
    served = start("--record", str(record), "--seed", "7")
    client = served.stripe
    destination = client.v2.core.event_destinations.create(
        {
            "name": "Accounts",
            "type": "webhook_endpoint",
            "webhook_endpoint": {"url": hook.url},
            "enabled_events": ["*"],
            "event_payload": "thin",
            "events_from": ["@accounts"],
            "include": ["webhook_endpoint.signing_secret"],
        }
    )
    account = client.v2.core.accounts.create(ACCOUNT)
    served.http.post(f"/_sandbox/accounts/{account.id}/capability", json={"status": "active"})
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [
                {
                    "price_data": {
                        "currency": "eur",
                        "unit_amount": 1000,
                        "product_data": {"name": "Agent"},
                    },
                    "quantity": 1,
                }
            ],
            "success_url": "http://shop.test/done?sid={CHECKOUT_SESSION_ID}",
        }
    )
    assert served.http.post(session.url, data=CARD).status_code == 303
    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    transfer = client.v1.transfers.create(
        {
            "amount": 700,
            "currency": "eur",
            "destination": account.id,
            "source_transaction": paid.payment_intent.latest_charge,
        }
    )
    served.http.post("/_sandbox/deliveries/flush")

    assert transfer.amount == 700
    contexts = {str(_notice(client, body).context) for body in hook.received}
    assert contexts == {account.id}
    assert destination.webhook_endpoint.signing_secret
    lines = record.read_text().splitlines()
    assert len(lines) == 5
    assert list(check_lines(lines)) == []


def test_the_blocking_sdk_follows_a_thin_event_to_its_object(running: Served) -> None:
    client = running.stripe
    account = client.v2.core.accounts.create(ACCOUNT)
    event = client.v2.core.events.list().data[0]
    body = {
        "id": event.id,
        "object": "v2.core.event",
        "type": event.type,
        "created": event.created,
        "livemode": False,
        "context": event.context,
        "related_object": {
            "id": account.id,
            "type": "v2.core.account",
            "url": f"/v2/core/accounts/{account.id}",
        },
    }

    notice = client.parse_event_notification_without_verification(
        httpx.Response(200, json=body).text
    )

    assert notice.fetch_event().id == event.id
    assert notice.fetch_related_object().id == account.id


def _notice(client: Any, body: bytes) -> Any:
    return client.parse_event_notification_without_verification(body)
