"""The cost of verifying and reading a webhook, compared with the SDK's own way."""

import statistics
import time
from collections.abc import Callable

import stripe

from bench import requests
from bench.rounds import Ratio
from chenu.billing.stripe_objects import read_event_body
from chenu.http.stripe_webhook import require_signature

LEAST = 2.0
_ROUNDS, _EACH = 15, 200


def compare_signatures() -> Ratio:
    """How many times as fast as `construct_event` we are."""
    body = requests.event_body()
    header, secret = requests.sign(body), requests.WEBHOOK_SECRET
    construct = stripe.Webhook.construct_event

    def ours() -> object:
        require_signature(header, body, (secret,))
        return read_event_body(body)

    def theirs() -> object:
        return construct(body, header, secret)

    each = [_seconds(theirs) / _seconds(ours) for _ in range(_ROUNDS)]
    return Ratio(min(each), statistics.median(each), max(each))


def _seconds(check: Callable[[], object]) -> float:
    started = time.perf_counter()
    for _ in range(_EACH):
        check()
    return time.perf_counter() - started
