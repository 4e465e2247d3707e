"""Money that is no euros enters nowhere: it is refused with a reason, and operators see which."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from chenu.agents.model import PurchaseStatus
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.billing import inbox
from chenu.billing.gateway import (
    BalanceMovement,
    CheckoutSession,
    CurrencyRefused,
    EventSummary,
)
from chenu.billing.inbox import EventSource
from chenu.billing.live_gateway import LiveGateway
from chenu.billing.stripe_objects import read_session
from chenu.core.clock import system_now
from chenu.flows.events.handling import handle_event
from chenu.flows.invariants import check_books, check_everything
from chenu.flows.operations.repair import repair_all
from chenu.flows.services import Services
from chenu.flows.stripe_balance import check_stripe
from tests.conftest import ROOT, Engines, with_gateway
from tests.flows.sales import Market, open_market, open_page, pay_for, start_buying
from tests.flows.stripe_shapes import paid_session
from tests.rows import count
from tests.stripe_side import StripeSide

GUIDE = (ROOT / "docs" / "operations.md").read_text()
SECTION = GUIDE.partition("## Money in another currency")[2].partition("\n## ")[0]
FIND, SETTLE = re.findall(r"```sql\n(.*?)```", SECTION, re.DOTALL)
EVER = datetime(2000, 1, 1, tzinfo=UTC)
REASON = "currency_not_supported"


class DollarPages(LiveGateway):
    """A Stripe account on which somebody lets buyers pay in their own money."""

    purchase: PurchaseRow

    async def get_checkout(self, session_id: str) -> CheckoutSession:
        return read_session(paid_session(self.purchase, currency="usd"))


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    return await open_market(services)


@pytest.fixture
async def page(services: Services, market: Market) -> PurchaseRow:
    purchase = await open_page(services, market)
    assert await pay_for(purchase) == 303
    return purchase


@pytest.fixture
async def abroad(services: Services, page: PurchaseRow) -> AsyncIterator[Services]:
    gateway = DollarPages(services.settings.stripe)
    gateway.purchase = page
    yield with_gateway(services, gateway)
    await gateway.close()


def _dollars(session: dict[str, Any]) -> None:
    session["currency"] = "usd"


def _dollar_charge(session: dict[str, Any]) -> None:
    session["payment_intent"]["latest_charge"]["currency"] = "usd"


@pytest.mark.parametrize("change", [_dollars, _dollar_charge], ids=["session", "charge"])
async def test_a_session_in_other_money_is_not_read(
    page: PurchaseRow, change: Callable[[dict[str, Any]], None]
) -> None:
    session = paid_session(page)
    change(session)

    with pytest.raises(CurrencyRefused, match="usd") as refused:
        read_session(session)

    assert refused.value.code == REASON


async def test_its_event_fails_with_the_reason_and_nothing_is_booked(
    abroad: Services, page: PurchaseRow
) -> None:
    assert page.checkout_session_id is not None
    kind, session_id = "checkout.session.completed", page.checkout_session_id
    event = EventSummary("evt_1", kind, session_id, None, system_now())
    await inbox.store_event(event, EventSource.WEBHOOK)

    await handle_event(abroad, event.id)

    assert await count("stripe_event", "state = 'FAILED' AND last_error = $1", REASON) == 1
    assert await count("ledger_entry") + await count("purchase_payment") == 0
    assert await count("access_grant") == 0


async def test_the_request_ends_with_the_reason_and_another_may_be_made(
    services: Services, abroad: Services, market: Market, page: PurchaseRow
) -> None:
    await repair_all(abroad)

    ended = await get_purchase(page.id)
    assert (ended.status, ended.failure_code) == (PurchaseStatus.CANCELED, REASON)
    assert await count("operation", "state = 'FAILED' AND error_code = $1", REASON) == 1
    again = await start_buying(services, market.buyer, market.agent, "key-2")
    assert again.checkout_url is not None
    assert [finding for finding in await check_books() if not finding.ok] == []


class DollarBalance(LiveGateway):
    async def list_balance_movements(self, since: datetime) -> AsyncIterator[BalanceMovement]:
        async for line in super().list_balance_movements(since):
            yield replace(line, currency="usd")


async def test_the_guide_finds_the_buyer_and_settles_what_went_back(
    services: Services,
    engines: Engines,
    stripe_side: StripeSide,
    abroad: Services,
    page: PurchaseRow,
) -> None:
    await repair_all(abroad)
    [charge] = await stripe_side.charges_of(page.id)
    refund = await stripe_side.change("/v1/refunds", charge=charge["id"])
    gateway = DollarBalance(services.settings.stripe)
    in_dollars = with_gateway(services, gateway)

    named = (await check_stripe(in_dollars.reports, EVER)).samples
    connection = await asyncpg.connect(engines.postgres_url)
    [found] = await connection.fetch(FIND)
    await connection.execute(SETTLE.replace("ch_…", charge["id"]).replace("re_…", refund["id"]))
    await connection.close()

    assert found["id"] == page.id
    assert set(named) == {
        f"{charge['id']}: Stripe 999, we None (in usd)",
        f"{refund['id']}: Stripe -999, we None (in usd)",
    }
    assert [f for f in await check_everything(in_dollars, EVER) if not f.ok] == []
    await gateway.close()
