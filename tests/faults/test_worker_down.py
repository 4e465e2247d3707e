"""The worker is down: sales settle in the webhooks' own requests, the rest is drained on return.

reliability: the table's row "Worker".
"""

import pytest

from chenu.core import db
from tests.faults.stand import Stand
from tests.rows import count
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


async def test_webhooks_settle_when_the_queue_is_older_than_half_a_minute(stand: Stand) -> None:
    stand.worker.kill()
    first, second = await stand.make_buyer("first"), await stand.make_buyer("second")

    await stand.buy(first)
    await stand.stripe.wait_delivered()
    assert await _count_paid() == stand.before.paid, "a young queue has its worker"
    await _age_the_queue(31)
    await stand.buy(second)
    await until(lambda: _is_paid(stand.before.paid + 2))

    assert await count("purchase_payment", "stripe_transfer_id IS NULL") == 2
    stand.worker.revive()
    await stand.settle(2)


async def test_a_returning_buyer_settles_without_worker_and_webhook(stand: Stand) -> None:
    stand.worker.kill()
    await stand.stripe.deliver(drop=1.0)
    buyer = await stand.make_buyer("returning")

    await stand.buy(buyer)
    page = await stand.look_at_purchase(buyer)

    assert "Trieur de factures est à vous" in page
    assert await _count_paid() == stand.before.paid + 1
    stand.worker.revive()
    await stand.settle(1)


async def _age_the_queue(seconds: int) -> None:
    sql = "UPDATE pgqueuer SET execute_after = execute_after - make_interval(secs => $1)"
    await db.execute(sql, seconds)


async def _count_paid() -> int:
    return await count("purchase", "status = 'PAID'")


async def _is_paid(purchases: int) -> bool:
    return await _count_paid() == purchases
