"""Valkey is killed, emptied, or takes two seconds for an answer: money and sessions do not notice.

reliability: F10, and the table's row "Redis".
"""

import random

import httpx
import pytest
from redis.asyncio import Redis

from chenu.accounts.request_context import session_cookie_name
from tests.faults.counts import seeds
from tests.faults.own_engines import Alone
from tests.faults.stand import Buyer

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

SLOW_MS = 2_000
FAULTS = ("killed", "flushed", "slow")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seed", seeds(4))
async def test_a_sale_does_not_notice(alone: Alone, seed: int, fault: str) -> None:
    stand = alone.stand
    await alone.begin()
    buyer = await stand.make_buyer(f"{fault}{seed}")
    early = random.Random(f"{fault}{seed}").random() < 0.5
    page = None if early else await stand.buy_until_open(buyer, "one")

    await _break(alone, fault)
    await stand.pay(page or await stand.buy_until_open(buyer, "one"))
    shown = await stand.look_at_purchase(buyer)
    signed_in = await _look_at_account(alone, buyer)
    await stand.settle(1)

    assert "Trieur de factures" in shown
    assert signed_in.status_code == 200
    assert (stand.web.deaths, stand.worker.deaths) == (0, 0)


async def _break(alone: Alone, fault: str) -> None:
    if fault == "killed":
        alone.kill_valkey()
        return
    await alone.start_valkey()
    client = Redis.from_url(alone.stand.engines.redis_url)
    await (client.flushall() if fault == "flushed" else client.client_pause(SLOW_MS))
    await client.aclose()


async def _look_at_account(alone: Alone, buyer: Buyer) -> httpx.Response:
    """A page that requires a session: without one it redirects."""
    stand = alone.stand
    name = session_cookie_name(stand.services.settings)
    headers = {"cookie": f"{name}={buyer.person.token}"}
    return await stand.http.get(f"{stand.url}/account", headers=headers)
