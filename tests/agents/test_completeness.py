"""What a listing lacks, and how long a review usually takes."""

from datetime import timedelta

import msgspec

from chenu.agents.completeness import rate_listing
from chenu.agents.queue_time import find_usual_wait
from chenu.agents.rows import AgentRow
from chenu.core.clock import business_now
from chenu.flows.services import Services
from tests.agents.shelf import open_shop, shelve
from tests.people import get_agent

ONE_SCREENSHOT = '{"screenshots": [{"hash": "a1", "alt": "Bills", "width": 640, "height": 480}]}'


async def _row() -> AgentRow:
    return await get_agent(await shelve(await open_shop(), "Trieur"))


async def test_each_gap_lowers_the_score_and_says_what_to_do(services: Services) -> None:
    row = await _row()
    whole = msgspec.structs.replace(
        row,
        description="x" * 300,
        capabilities=["a", "b", "c"],
        creator_bio="We.",
        media_json=ONE_SCREENSHOT,
    )
    bare = msgspec.structs.replace(row, tagline="", current_version=None)

    assert rate_listing(whole).score == 100
    assert rate_listing(whole).missing == []
    assert [point.field for point in rate_listing(bare).missing] == ["tagline", "manifest"]
    assert rate_listing(bare).score < rate_listing(row).score < 100


async def test_a_paid_agent_needs_payouts(services: Services) -> None:
    paid = msgspec.structs.replace(await _row(), price_amount=900, payouts_ready=False)

    assert [point.field for point in rate_listing(paid).missing] == ["payouts"]


async def test_the_usual_wait_is_the_middle_of_the_latest(services: Services) -> None:
    shop, now = await open_shop(), business_now()
    await shelve(shop, "A", submitted_at=now - timedelta(hours=2), published_at=now)
    await shelve(shop, "B", submitted_at=now - timedelta(hours=5), published_at=now)
    before = await find_usual_wait()
    await shelve(shop, "C", submitted_at=now - timedelta(hours=9), published_at=now)

    assert before is None
    assert await find_usual_wait() == timedelta(hours=5)
