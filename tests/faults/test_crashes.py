"""kill -9 at each named point of a purchase: nothing lost, nothing doubled, every book right.

reliability: F1. The points are named in the code by chenu.core.crash_points.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chenu.flows.invariants import check_everything
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.faults.stand import Stand, open_stand, runs, wait_ready

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

WEB_POINTS = {
    "1-before-T1": "purchase.before_intent",
    "2-after-T1": "purchase.after_intent",
    "3-before-the-stripe-call": "CHECKOUT_SESSION.before_call",
    "5-answer-read-id-unsaved": "CHECKOUT_SESSION.after_call",
    "5b-inside-saving-the-id": "CHECKOUT_SESSION.inside_settle",
    "6-id-saved-before-answer": "purchase.before_answer",
    "7-webhook-received-unstored": "webhook.received",
    "8-stored-not-acknowledged": "webhook.stored",
}
WORKER_POINTS = {
    "9-job-claimed-T2-not-begun": "webhook.claimed",
    "10-inside-T2": "CHECKOUT_PAYMENT.inside_settle",
    "11-T2-committed-mail-not-sent": "CHECKOUT_PAYMENT.after_settle",
    "11b-mail-before-send": "mail.before_send",
    "11c-mail-sent-not-marked": "mail.after_send",
    "12-before-the-transfer": "TRANSFER.before_call",
    "12b-transfer-accepted-id-unsaved": "TRANSFER.after_call",
    "12c-inside-the-transfers-settle": "TRANSFER.inside_settle",
}
POINTS = [
    pytest.param(process, point, id=name)
    for process, points in (("web", WEB_POINTS), ("worker", WORKER_POINTS))
    for name, point in points.items()
]


@pytest.mark.parametrize(("process", "point"), POINTS)
async def test_a_purchase_survives_a_kill(
    engines: Engines, services: Services, tmp_path: Path, process: str, point: str
) -> None:
    crash = {f"{process}_crash": point}
    async with open_stand(engines, services, tmp_path, **crash) as stand:
        await _buy_and_check(stand, process, "first")
        for run in range(1, runs(5)):
            await _crash_again(stand, process, point)
            await _buy_and_check(stand, process, f"run-{run}", purchases=run + 1)


async def _crash_again(stand: Stand, process: str, point: str) -> None:
    """The next purchase meets the same fault in a fresh process."""
    server = stand.web if process == "web" else stand.worker
    server.kill()
    server.start(point)
    if process == "web":
        await wait_ready(stand)


async def _buy_and_check(stand: Stand, process: str, name: str, *, purchases: int = 1) -> None:
    server = stand.web if process == "web" else stand.worker
    deaths = server.deaths
    key = await stand.make_buyer(f"buyer-{name}")

    url = await stand.wish_until_open(key, f"key-{name}")
    await stand.pay(url)
    await stand.converge(purchases)

    assert server.deaths == deaths + 1, "the process never reached the point"
    charges = [charge for charge in await stand.charges() if charge["paid"]]
    assert len(charges) == purchases
    findings = await check_everything(stand.services, datetime(2000, 1, 1, tzinfo=UTC))
    assert [finding for finding in findings if not finding.ok] == []
