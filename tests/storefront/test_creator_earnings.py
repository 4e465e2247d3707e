"""A creator's earnings of a month: every cent in its column, payments page by page, and as CSV."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from chenu.agents.earnings import get_earnings
from chenu.agents.payments import PaymentRow, list_payments
from chenu.agents.rows import AgentRow
from chenu.core.clock import business_now
from chenu.core.months import month_of
from chenu.flows.services import Services
from storefront.routes import creator_earnings
from tests.flows.sales import Market, another_agent, buy, open_market
from tests.people import Person
from tests.rows import put
from tests.storefront.browser import Browser
from tests.storefront.test_tokens import csv_of, squeeze
from tests.storefront.visitors import make_reader
from tests.stripe_side import StripeSide

PAGE = "/creator/earnings"


@dataclass(frozen=True)
class Shop:
    desk: Browser
    creator: Person
    agent: AgentRow
    payment: PaymentRow


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    market = await open_market(services)
    await put("app_user", "locale", "en")
    return market


@pytest.fixture
async def shop(services: Services, browser: Browser, market: Market) -> Shop:
    """One sale of 9.99 €, of which 7.00 € are the creator's."""
    purchase = await buy(services, market)
    [payment] = await list_payments([purchase.id])
    return Shop(browser.become(market.creator), market.creator, market.agent, payment)


async def test_every_cent_of_the_month_stands_in_its_column(shop: Shop) -> None:
    seen = await shop.desk.get(PAGE)

    words = squeeze(seen.words)
    assert squeeze(f"{shop.agent.name} 1 €9.99 €0.00 €0.00 €2.99 €7.00") in words
    assert squeeze("€9.99 €0.00 €2.99 €7.00 €0.00 €7.00") in words
    assert "Your share by day: €7.00. Best day: €7.00." in seen.words
    assert "On its way to your Stripe account" in seen.words
    assert shop.payment.stripe_transfer_id is not None


@pytest.mark.parametrize(
    ("refunded", "fee", "net"),
    [(0, 299, 700), (1, 298, 700), (500, 149, 350), (998, 0, 1), (999, 0, 0)],
)
async def test_what_is_left_of_a_refund_adds_up(
    shop: Shop, refunded: int, fee: int, net: int
) -> None:
    await put("purchase_payment", "refunded", refunded)

    earnings = await get_earnings(shop.payment.creator_id, None, None)

    assert (earnings.platform_fee, earnings.net, earnings.tax) == (fee, net, 0)
    assert earnings.gross - earnings.refunded == earnings.tax + earnings.platform_fee + earnings.net


async def test_another_month_has_its_own_payments(shop: Shop) -> None:
    last = month_of(business_now()).previous()
    await put("purchase_payment", "paid_at", last.start + timedelta(days=3))

    now, before = await shop.desk.get(PAGE), await shop.desk.get(f"{PAGE}?month={last}")

    assert "Nothing was paid in this month." in now.words
    assert str(last) in now.response.text
    assert "€7.00" in before.words


@pytest.mark.parametrize("month", ["2026-13", "x", "2026", "'--"])
async def test_a_month_that_is_none_is_refused(shop: Shop, month: str) -> None:
    for path in (PAGE, f"{PAGE}.csv"):
        seen = await shop.desk.get(f"{path}?month={month}")
        assert (seen.status, "A month is written like 2026-11" in seen.words) == (422, True)


async def test_payments_go_on_over_the_pages(
    services: Services, shop: Shop, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await another_agent(services, market)
    await buy(services, other, "key-2")
    for limit in ("_AGENTS", "_PAYMENTS"):
        monkeypatch.setattr(creator_earnings, limit, 1)
    shop.desk.become(market.creator)
    first = await shop.desk.get(PAGE)
    [agents] = [link for link in first.links() if "agents_after" in link]
    [payments] = [link for link in first.links() if "payments_after" in link]

    rest = [squeeze((await shop.desk.get(link)).words) for link in (agents, payments)]

    assert squeeze(f"{market.agent.name} 1 €9.99") in rest[0]
    assert squeeze("€9.99 €0.00 €2.99 €7.00 €0.00 €7.00") in rest[1]


async def test_the_file_has_a_line_a_payment_and_runs_nothing(shop: Shop) -> None:
    await put("agent", "name", "=HYPERLINK(1)", "id = $2", shop.agent.id)
    month = month_of(business_now())

    head, line = await csv_of(shop.desk, url=f"{PAGE}.csv?month={month}")

    assert len(head) == len(line)
    assert line[1] == "'=HYPERLINK(1)"
    assert line[2:10] == ["9.99", "0.00", "9.99", "0.00", "0.00", "2.99", "7.00", "7.00"]
    assert line[11:] == [str(shop.payment.id), shop.payment.stripe_transfer_id]


async def test_others_see_nothing_of_it(shop: Shop) -> None:
    shop.desk.become(await make_reader("other"))

    assert (await shop.desk.get(PAGE)).location == "/creator/join"
    assert "become a creator first" in (await shop.desk.get(f"{PAGE}.csv")).words
