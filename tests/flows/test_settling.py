"""A payment is settled exactly once: by the returning buyer, a webhook, polling or repair."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chenu.agents.model import PurchaseStatus
from chenu.agents.purchases import PurchaseRow, find_pending, get_purchase
from chenu.billing import inbox
from chenu.billing.gateway import Charge, CheckoutSession, CheckoutStatus, EventSummary
from chenu.billing.inbox import EventSource
from chenu.billing.live_gateway import LiveGateway
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import ProviderUnavailable
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.events.handling import handle_event
from chenu.flows.events.polling import poll_events
from chenu.flows.invariants import check_books
from chenu.flows.operations.repair import repair_all, repair_due
from chenu.flows.purchases.settle_purchase import apply_session
from chenu.flows.purchases.state import PurchaseState
from chenu.flows.services import Services
from tests.conftest import SEED, with_gateway
from tests.flows.sales import (
    Market,
    open_market,
    open_page,
    pay_for,
    report,
    start_buying,
    work_off,
)
from tests.people import pay
from tests.rows import count, fingerprint, put
from tests.stripe_side import AWAY, StripeSide

OperationHandler = Callable[[Services, PurchaseRow], Awaitable[object]]


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    """Over a Stripe without events of earlier tests."""
    await stripe_side.reset()
    return await open_market(services)


@pytest.fixture
async def page(services: Services, market: Market) -> PurchaseRow:
    return await open_page(services, market)


async def _return(services: Services, purchase: PurchaseRow) -> None:
    await report(services, purchase)


async def _webhook(services: Services, purchase: PurchaseRow) -> None:
    """Delivers the event again under the same id."""
    await _deliver(services, purchase, "checkout.session.completed", "evt_completed")


async def _other_webhook(services: Services, purchase: PurchaseRow) -> None:
    for kind in ("checkout.session.async_payment_succeeded", "invoice.paid"):
        await _deliver(services, purchase, kind, f"evt_{new_id().hex}")


async def _deliver(services: Services, purchase: PurchaseRow, kind: str, event_id: str) -> None:
    assert purchase.checkout_session_id is not None
    event = EventSummary(event_id, kind, purchase.checkout_session_id, None, system_now())
    await inbox.store_event(event, EventSource.WEBHOOK)
    await handle_event(services, event_id)


async def _repair(services: Services, purchase: PurchaseRow) -> None:
    await put("operation", "next_check_at", system_now(), "next_check_at IS NOT NULL")
    await repair_due(services)


async def _worker_start(services: Services, purchase: PurchaseRow) -> None:
    await repair_all(services)


async def _poll(services: Services, purchase: PurchaseRow) -> None:
    await poll_events(services)
    for event_id in await inbox.list_waiting():
        await handle_event(services, event_id)


WAYS: dict[str, OperationHandler] = {
    "return": _return,
    "webhook": _webhook,
    "repair": _repair,
    "worker start": _worker_start,
    "polling": _poll,
}
EFFECTS = {
    "purchase": "status = 'PAID'",
    "purchase_payment": "gross = 999",
    "access_grant": "revoked_at IS NULL",
    "operation": "kind = 'TRANSFER'",
    "outbox_mail": "kind = 'RECEIPT'",
    "outbox_mail m": "kind = 'SALE'",
    "ledger_transaction": "kind = 'PAYMENT'",
    "ledger_transaction t": "kind = 'STRIPE_FEE'",
}


async def effects() -> list[int]:
    """The number of times that each effect of the payment exists."""
    return [await count(table, where) for table, where in EFFECTS.items()]


NONE, ONCE = [0] * len(EFFECTS), [1] * len(EFFECTS)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
async def test_each_way_settles_once(
    services: Services, page: PurchaseRow, way: OperationHandler
) -> None:
    assert await pay_for(page) == 303
    before = await effects()

    await way(services, page)
    after = await effects()
    await way(services, page)

    assert (before, after) == (NONE, ONCE)
    assert await effects() == ONCE


@pytest.mark.parametrize("way", [_return, _repair, _worker_start], ids=lambda way: way.__name__)
async def test_nothing_is_settled_before_the_payment(
    services: Services, page: PurchaseRow, way: OperationHandler
) -> None:
    await way(services, page)

    assert await effects() == NONE
    assert (await get_purchase(page.id)).is_pending


def drawn_orders(number: int) -> list[list[str]]:
    """Every way at least once, some twice, in an order drawn from the run's seed."""
    draw = random.Random(SEED)
    names = [*WAYS, "another webhook"]
    orders = ([*names, *draw.choices(names, k=3)] for _ in range(number))
    return [draw.sample(order, k=len(order)) for order in orders]


@pytest.mark.parametrize("order", drawn_orders(4), ids=lambda order: "-".join(map(str, order)))
async def test_whatever_the_order_a_payment_is_settled_once(
    services: Services, page: PurchaseRow, order: list[str]
) -> None:
    steps = {**WAYS, "another webhook": _other_webhook}
    paid_before = random.Random(f"{SEED}{order}").randrange(len(order))

    for number, name in enumerate(order):
        if number == paid_before:
            assert await pay_for(page) == 303
        await steps[name](services, page)
    await report(services, page)

    assert await effects() == ONCE
    assert [f for f in await check_books() if not f.ok] == []


async def test_all_at_once_settle_once(services: Services, page: PurchaseRow) -> None:
    assert await pay_for(page) == 303

    await asyncio.gather(*(way(services, page) for way in (*WAYS.values(), *WAYS.values())))

    assert await effects() == ONCE
    assert [f for f in await check_books() if not f.ok] == []


async def test_settling_again_changes_nothing(services: Services, page: PurchaseRow) -> None:
    await pay_for(page)
    await report(services, page)
    await work_off(services)
    before = await fingerprint()

    await report(services, page)
    await repair_all(services)
    await work_off(services)

    assert await fingerprint() == before


async def test_a_page_that_we_never_heard_of_is_paid_all_the_same(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    """Stripe opened it, the answer was lost, and its webhook comes before our next question."""
    await stripe_side.fail("truncated", "/v1/checkout/sessions", method="POST", times=None)
    with pytest.raises(Exception, match="did not answer"):
        await start_buying(services, market.buyer, market.agent)
    await stripe_side.heal()
    [session] = await stripe_side.list_all("/v1/checkout/sessions")
    assert (await pay(session["url"])).status_code == 303

    event = EventSummary("evt_1", "checkout.session.completed", session["id"], None, system_now())
    await inbox.store_event(event, EventSource.WEBHOOK)
    await handle_event(services, event.id)
    await work_off(services)

    assert await effects() == ONCE
    assert await count("operation", "state IN ('INTENT', 'UNKNOWN')") == 0
    assert [f for f in await check_books() if not f.ok] == []


async def test_while_stripe_is_silent_nobody_is_asked_to_pay_again(
    services: Services, stripe_side: StripeSide, page: PurchaseRow
) -> None:
    assert await pay_for(page) == 303
    await stripe_side.fail(AWAY, times=None)

    silent = await report(services, page)
    await stripe_side.heal()
    heard = await report(services, page)

    assert (silent.state, heard.state) == (PurchaseState.CONFIRMING, PurchaseState.PAID)
    assert await effects() == ONCE


class SlowBooks(LiveGateway):
    """Stripe books a charge moments after the payment; the sandbox does so at once."""

    is_booked = False

    async def get_checkout(self, session_id: str) -> CheckoutSession:
        session = await super().get_checkout(session_id)
        return session if self.is_booked else replace(session, charge=None)


async def test_a_payment_that_stripe_is_still_booking_is_never_asked_for_again(
    services: Services, page: PurchaseRow
) -> None:
    gateway = SlowBooks(services.settings.stripe)
    slow = with_gateway(services, gateway)
    assert await pay_for(page) == 303

    early = await report(slow, page)
    with pytest.raises(ProviderUnavailable):
        await _webhook(slow, page)
    waits = await count("stripe_event", "state = 'RECEIVED' AND id = 'evt_completed'")
    gateway.is_booked = True
    await _webhook(slow, page)
    await gateway.close()

    assert early.state is PurchaseState.CONFIRMING
    assert waits == 1
    assert await count("stripe_event", "state = 'RECEIVED'") == 0
    assert await effects() == ONCE


async def test_a_charge_without_a_fee_leaves_no_empty_line_in_the_books(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await stripe_side.fail(AWAY, times=None)
    with pytest.raises(ProviderUnavailable):
        await start_buying(services, market.buyer, market.agent)
    account_id = market.buyer.actor.account_id
    assert account_id is not None
    purchase = await find_pending(account_id, market.agent.id)
    assert purchase is not None

    async with db.transaction():
        await apply_session(purchase, _paid_session(purchase, fee=0))

    assert (await get_purchase(purchase.id)).status is PurchaseStatus.PAID
    assert await count("ledger_transaction", "kind = 'STRIPE_FEE'") == 0
    assert [f.name for f in await check_books() if not f.ok] == []


def _paid_session(purchase: PurchaseRow, *, fee: int) -> CheckoutSession:
    charge = Charge("ch_1", "pi_1", purchase.price_amount, Cents(0), Cents(fee), None, system_now())
    session: dict[str, Any] = {
        "id": "cs_1",
        "status": CheckoutStatus.COMPLETE,
        "is_paid": True,
        "url": None,
        "expires_at": system_now() + timedelta(minutes=30),
        "kind": "agent",
        "order_id": purchase.id,
        "amount_total": purchase.price_amount,
        "amount_discount": Cents(0),
        "amount_tax": Cents(0),
        "charge": charge,
        "invoice_url": None,
        "last_decline": None,
    }
    return CheckoutSession(**session)
