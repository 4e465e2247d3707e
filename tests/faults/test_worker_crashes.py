"""kill -9 of the worker at each point of a purchase: nothing lost, nothing doubled.

reliability: F1. The points are named in the code by chenu.core.crash_points.
"""

import pytest

from tests.faults.counts import runs
from tests.faults.crashes import buy_through_crashes
from tests.faults.stand import Stand

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

POINTS = {
    "9-job-claimed-T2-not-begun": "webhook.claimed",
    "10-inside-T2": "CHECKOUT_PAYMENT.inside_settle",
    "11-T2-committed-mail-not-sent": "CHECKOUT_PAYMENT.after_settle",
    "11b-mail-before-send": "mail.before_send",
    "11c-mail-sent-not-marked": "mail.after_send",
    "12-before-the-transfer": "TRANSFER.before_call",
    "12b-transfer-accepted-id-unsaved": "TRANSFER.after_call",
    "12c-inside-the-transfers-settle": "TRANSFER.inside_settle",
}


@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS.keys())
async def test_a_purchase_survives_a_kill(stand: Stand, point: str) -> None:
    await buy_through_crashes(stand, stand.worker, point, runs(5))


async def test_12d_transfer_accepted_answer_unread(stand: Stand) -> None:
    for run in range(runs(5)):
        buyer = await stand.make_buyer(f"unread{run}")
        made = await stand.stripe.made("transfer")
        await stand.stripe.fail("timeout_after", "/v1/transfers", method="POST")

        await stand.buy(buyer)
        await stand.stripe.wait_made("transfer", made + 1)
        stand.worker.kill()
        await stand.settle(run + 1)

        assert await stand.stripe.made("transfer") == made + 1
