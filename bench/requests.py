"""The requests that are measured, as bytes."""

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path

WEBHOOK_SECRET = "whsec_of_the_bench"  # noqa: S105 - signs invented events on this machine
QUERY = (
    "query Store($first: Int!) { agents(first: $first) { edges { node {"
    " id slug name tagline level installs creator { handle displayName } } } } }"
)
FIRST = 20
_HOST = "127.0.0.1"
_SHAPES = Path(__file__).parents[1] / "chenu/sandbox/contract/shape_files"
_EVENT_OBJECT = _SHAPES / "checkout.session.json"


def get(path: str, *headers: str, host: str = _HOST) -> bytes:
    lines = (f"GET {path} HTTP/1.1", f"host: {host}", "accept: */*", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def post(path: str, body: bytes, *headers: str, host: str = _HOST) -> bytes:
    lines = (
        *(f"POST {path} HTTP/1.1", f"host: {host}", "accept: */*"),
        *("content-type: application/json", f"content-length: {len(body)}", *headers),
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def same(request: bytes) -> Callable[[], bytes]:
    return lambda: request


def graphql(path: str = "/graphql", query: str = QUERY) -> bytes:
    return post(path, json.dumps({"query": query, "variables": {"first": FIRST}}).encode())


def never_twice(*headers: str, host: str = _HOST) -> Callable[[], bytes]:
    """The same query in a body that no cache has seen: an ignored member counts up."""
    head = json.dumps({"query": QUERY, "variables": {"first": FIRST}}).encode()[:-1]
    numbers = itertools.count(10**9)
    return lambda: post("/graphql", head + b', "number": %d}' % next(numbers), *headers, host=host)


def pages_never_twice() -> Callable[[], bytes]:
    """The list page under a URL that no cache has seen."""
    numbers = itertools.count(10**9)
    return lambda: get(f"/agents?number={next(numbers)}")


def events() -> Callable[[], bytes]:
    """Signed webhooks, each of another event."""
    head, _, tail = _event().partition(b"EVENT_ID")
    start = time.time_ns()
    numbers = itertools.count(start)

    def make() -> bytes:
        body = b"".join((head, b"evt_%d" % next(numbers), tail))
        return post("/webhooks/stripe", body, f"stripe-signature: {sign(body)}")

    return make


def _event() -> bytes:
    session = json.loads(_EVENT_OBJECT.read_text())
    session["id"] = "cs_bench"
    event = {
        "id": "EVENT_ID",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "data": {"object": session},
        "livemode": True,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "customer.updated",  # an ignored event: nothing is fetched for it
    }
    return json.dumps(event).encode()


def event_body() -> bytes:
    return _event().replace(b"EVENT_ID", b"evt_bench")


def sign(body: bytes) -> str:
    """As Stripe does: https://docs.stripe.com/webhooks#verify-manually"""
    moment = int(time.time())
    text = b"%d." % moment + body
    digest = hmac.new(WEBHOOK_SECRET.encode(), text, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"
