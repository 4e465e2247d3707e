"""kill -9 at each point of a monthly agent's start and of the split of its first invoice.

reliability: F1, F2. The points are named in the code by chenu.core.crash_points.
"""

import time

import pytest

from tests.faults.counts import runs
from tests.faults.stand import Stand
from tests.people import make_published_agent

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

POINTS = {
    "1-before-T1": ("web", "purchase.before_intent"),
    "2-after-T1": ("web", "purchase.after_intent"),
    "5-answer-read-id-unsaved": ("web", "CHECKOUT_SESSION.after_call"),
    "6-id-saved-before-answer": ("web", "purchase.before_answer"),
    "8-stored-not-acknowledged": ("web", "webhook.stored"),
    "9-job-claimed-T2-not-begun": ("worker", "webhook.claimed"),
    "10-inside-T2": ("worker", "CHECKOUT_SUBSCRIPTION.inside_settle"),
    "11-T2-committed-mail-not-sent": ("worker", "CHECKOUT_SUBSCRIPTION.after_settle"),
    "12-before-the-transfer": ("worker", "TRANSFER.before_call"),
    "12b-transfer-accepted-id-unsaved": ("worker", "TRANSFER.after_call"),
    "12c-inside-the-transfers-settle": ("worker", "TRANSFER.inside_settle"),
}


@pytest.mark.parametrize(("process", "point"), POINTS.values(), ids=POINTS.keys())
async def test_a_monthly_agents_start_and_split_survive_a_kill(
    stand: Stand, process: str, point: str
) -> None:
    server = stand.web if process == "web" else stand.worker
    agent = await make_published_agent(
        stand.services, stand.creator, price=999, name="Veilleur", is_monthly=True
    )
    for run in range(runs(3)):
        deaths = server.deaths
        buyer = await stand.make_buyer(f"m{time.monotonic_ns()}")
        server.arm(point)

        await stand.pay(await stand.buy_until_open(buyer, "one", agent))
        await stand.settle(run + 1)

        assert server.deaths == deaths + 1, "the process never reached the point"
