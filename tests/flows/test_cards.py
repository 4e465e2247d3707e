"""Cards that are declined, and cards that ask their owner first."""

import httpx
import pytest

from chenu.agents.purchases import PurchaseRow
from chenu.flows.purchases.state import PurchaseState
from chenu.flows.services import Services
from tests.flows.sales import (
    open_page,
    open_quiet_market,
    pay_for,
    report,
)
from tests.people import pay
from tests.rows import count
from tests.stripe_side import StripeSide


@pytest.fixture
async def page(services: Services) -> PurchaseRow:
    return await open_page(services, await open_quiet_market(services))


DECLINES = {
    "4000000000000002": "generic_decline",
    "4000000000009995": "insufficient_funds",
    "4000000000000127": "incorrect_cvc",
}


@pytest.mark.parametrize(("card", "reason"), DECLINES.items(), ids=DECLINES.values())
async def test_a_declined_card_leaves_the_page_open_for_another_one(
    services: Services, page: PurchaseRow, card: str, reason: str
) -> None:
    assert await pay_for(page, card) != 303
    declined = await report(services, page)
    nothing = await count("purchase_payment")

    assert await pay_for(page) == 303
    paid = await report(services, page)

    assert (declined.state, nothing) == (PurchaseState.DECLINED, 0)
    assert declined.purchase.failure_code == reason
    assert (paid.state, paid.purchase.failure_code) == (PurchaseState.PAID, None)
    assert await count("access_grant") == 1


async def test_a_declined_order_that_runs_out_keeps_the_reason(
    services: Services, stripe_side: StripeSide, page: PurchaseRow
) -> None:
    await pay_for(page, "4000000000009995")
    declined = await report(services, page)
    assert page.checkout_session_id is not None
    await stripe_side.expire(page.checkout_session_id)

    over = await report(services, page)

    assert over.state is PurchaseState.CANCELED
    assert over.purchase.failure_code == declined.purchase.failure_code == "insufficient_funds"


@pytest.mark.parametrize("answer", ["complete", "fail"])
async def test_a_card_that_asks_its_owner_buys_only_when_they_agree(
    services: Services, page: PurchaseRow, answer: str
) -> None:
    assert page.checkout_url is not None
    asked = await pay(page.checkout_url, "4000002760003184")
    waiting = await report(services, page)

    confirm = httpx.URL(page.checkout_url).join(asked.headers["location"])
    async with httpx.AsyncClient() as browser:
        await browser.post(confirm, data={"action": answer})
    reported = await report(services, page)

    assert waiting.state is PurchaseState.OPEN
    is_agreed = answer == "complete"
    assert reported.state is (PurchaseState.PAID if is_agreed else PurchaseState.DECLINED)
    assert await count("access_grant") == int(is_agreed)
