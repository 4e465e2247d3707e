"""Many at once: one agent and fifty buyers, one buyer and twenty clicks, events out of order."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from chenu.flows.invariants import check_everything
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.faults.stand import Stand, open_stand, seeds

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


async def test_fifty_buyers_of_one_agent_at_once(
    engines: Engines, services: Services, tmp_path: Path
) -> None:
    async with open_stand(engines, services, tmp_path) as stand:
        keys = [await stand.make_buyer(f"buyer-{n}") for n in range(50)]

        await asyncio.gather(*(_buy(stand, key) for key in keys))
        await stand.converge(50)

        charges = await stand.charges()
        assert len([charge for charge in charges if charge["paid"]]) == 50
        await _require_right_books(stand)


async def test_one_buyer_with_twenty_clicks_pays_once(
    engines: Engines, services: Services, tmp_path: Path
) -> None:
    async with open_stand(engines, services, tmp_path) as stand:
        key = await stand.make_buyer("clicker")

        clicks = [stand.wish(key, f"click-{n}") for n in range(20)]
        answers = await asyncio.gather(*clicks)
        pages = {answer["checkout"]["url"] for answer in answers}
        assert len(pages) == 1
        [page] = pages
        payments = await asyncio.gather(*(_try_to_pay(stand, page) for _ in range(20)))
        await stand.converge(1)

        assert 303 in payments
        assert len([charge for charge in await stand.charges() if charge["paid"]]) == 1
        await _require_right_books(stand)


async def test_one_key_from_twenty_tasks_is_one_wish(
    engines: Engines, services: Services, tmp_path: Path
) -> None:
    async with open_stand(engines, services, tmp_path) as stand:
        key = await stand.make_buyer("repeater")

        answers = await asyncio.gather(*(stand.wish(key, "the same") for _ in range(20)))

        assert len({str(answer) for answer in answers}) == 1
        assert answers[0]["userErrors"] == []


@pytest.mark.parametrize("seed", seeds(10))
async def test_fifty_webhooks_duplicated_and_shuffled_have_one_effect_each(
    engines: Engines, services: Services, tmp_path: Path, seed: int
) -> None:
    async with open_stand(engines, services, tmp_path) as stand:
        modes = {"mode": "shuffle", "duplicate": 1.0, "seed": seed, "max_concurrent": 8}
        base = stand.services.settings.stripe.api_base
        (await stand.http.post(f"{base}/_sandbox/webhooks", json=modes)).raise_for_status()
        keys = [await stand.make_buyer(f"buyer-{n}") for n in range(25)]

        await asyncio.gather(*(_buy(stand, key) for key in keys))
        await stand.http.post(f"{base}/_sandbox/deliveries/flush", timeout=60)
        await stand.converge(25)

        assert await _count_deliveries(stand) >= 50
        await _require_right_books(stand)


async def _count_deliveries(stand: Stand) -> int:
    """Attempts that reached our endpoint about completed pages, twins included."""
    base = stand.services.settings.stripe.api_base
    listed = (await stand.http.get(f"{base}/_sandbox/deliveries", params={"limit": 200})).json()
    return len([d for d in listed["data"] if d["status"] == "succeeded"])


async def _buy(stand: Stand, key: str) -> None:
    await stand.pay(await stand.wish_until_open(key, "one"))


async def _try_to_pay(stand: Stand, page: str) -> int:
    form = {"card": "4242424242424242", "exp": "12/34", "cvc": "123", "name": "Test Buyer"}
    try:
        return (await stand.http.post(page, data=form)).status_code
    except httpx.HTTPError:
        return 0


async def _require_right_books(stand: Stand) -> None:
    findings = await check_everything(stand.services, datetime(2000, 1, 1, tzinfo=UTC))
    assert [finding for finding in findings if not finding.ok] == []
