"""Many at once: one agent and fifty buyers, one buyer and twenty clicks."""

import asyncio

import httpx
import pytest

from tests.faults.stand import Stand

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


async def test_fifty_buyers_of_one_agent_at_once(stand: Stand) -> None:
    buyers = [await stand.make_buyer(f"buyer{n}") for n in range(50)]

    await asyncio.gather(*(stand.buy(buyer) for buyer in buyers))

    await stand.settle(50)


async def test_one_buyer_with_twenty_clicks_pays_once(stand: Stand) -> None:
    buyer = await stand.make_buyer("clicker")

    answers = await asyncio.gather(*(stand.request(buyer, f"click-{n}") for n in range(20)))
    [page] = {answer["checkout"]["url"] for answer in answers}
    payments = await asyncio.gather(*(_try_to_pay(stand, page) for _ in range(20)))

    assert 303 in payments
    await stand.settle(1)


async def _try_to_pay(stand: Stand, page: str) -> int:
    form = {"card": "4242424242424242", "exp": "12/34", "cvc": "123", "name": "Test Buyer"}
    try:
        return (await stand.http.post(page, data=form)).status_code
    except httpx.HTTPError:
        return 0
