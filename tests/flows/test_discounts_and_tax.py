"""Sales with a discount and with VAT: every cent has one place, and goes back from there."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chenu.agents.earnings import get_earnings
from chenu.agents.model import PurchaseId, PurchaseStatus
from chenu.agents.payments import PaymentRow, get_payment, list_payments
from chenu.agents.purchases import PurchaseRow, find_pending, get_purchase, insert_purchase
from chenu.billing.gateway import CheckoutSession
from chenu.billing.live_gateway import LiveGateway
from chenu.billing.stripe_objects import read_session
from chenu.core import db
from chenu.core.clock import CLOCK
from chenu.core.errors import ProviderUnavailable
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.invariants import check_books, check_everything
from chenu.flows.purchases.settle_purchase import apply_session
from chenu.flows.services import Services
from chenu.ledger.operations import find_by_key, mark_settled
from tests.conftest import with_gateway
from tests.faults.counts import runs
from tests.flows.sales import (
    Market,
    open_market,
    open_page,
    open_quiet_market,
    pay_for,
    report,
    start_buying,
    work_off,
)
from tests.flows.stripe_shapes import PAID_AT, paid_session
from tests.people import make_person
from tests.rows import put
from tests.stripe_side import AWAY, StripeSide

EVER = datetime(2000, 1, 1, tzinfo=UTC)


@st.composite
def amounts(draw: st.DrawFn) -> tuple[int, int, int]:
    """A price, a discount, and the tax in the remainder."""
    price = draw(st.integers(100, 5000))
    discount = draw(st.integers(0, price - 50))
    return price, discount, draw(st.integers(0, (price - discount) // 2))


@pytest.fixture
async def template(services: Services, stripe_side: StripeSide) -> PurchaseRow:
    """A pending purchase without a payment page."""
    market = await open_quiet_market(services)
    await stripe_side.fail(AWAY, times=None)
    with pytest.raises(ProviderUnavailable):
        await start_buying(services, market.buyer, market.agent)
    assert market.buyer.actor.account_id is not None
    pending = await find_pending(market.buyer.actor.account_id, market.agent.id)
    assert pending is not None
    return pending


async def order(template: PurchaseRow, price: int) -> PurchaseRow:
    """A purchase of the same agent at this price by another buyer."""
    buyer = await make_person(f"b{new_id().hex[-12:]}")
    account_id = buyer.actor.account_id
    assert account_id is not None
    purchase = replace(
        template,
        id=PurchaseId(new_id()),
        account_id=account_id,
        buyer_id=buyer.user_id,
        price_amount=Cents(price),
    )
    await insert_purchase(purchase)
    return purchase


async def settle(purchase: PurchaseRow, discount: int, tax: int) -> PaymentRow:
    session = read_session(paid_session(purchase, discount=discount, tax=tax))
    async with db.transaction():
        await apply_session(await get_purchase(purchase.id, lock=True), session)
    [payment] = await list_payments([purchase.id])
    return payment


async def finish(services: Services, business_key: str, stripe_id: str) -> None:
    """Records a successful transfer or refund."""
    operation = await find_by_key(business_key)
    assert operation is not None
    async with db.transaction():
        handler = services.handlers.get(operation.kind)
        await handler.apply(operation, handler.read(operation), stripe_id)
        await mark_settled(operation.id, stripe_id)


async def balances(payment: PaymentRow) -> dict[str, int]:
    """The sums of this payment's entries by kind of account."""
    sql = """
        SELECT coalesce(jsonb_object_agg(kind, total), '{}')::text FROM (
            SELECT a.kind, sum(e.amount) AS total FROM ledger_transaction t
            JOIN ledger_entry e ON e.transaction_id = t.id
            JOIN ledger_account a ON a.id = e.ledger_account_id
            WHERE t.subject_id = $1 GROUP BY a.kind HAVING sum(e.amount) <> 0) sums
    """
    return msgspec.json.decode(await db.fetch_value(sql, payment.id), type=dict[str, int])


async def violated() -> list[str]:
    """Without I14, about operations that these tests do not run."""
    return [finding.name for finding in await check_books() if not finding.ok]


@settings(
    max_examples=runs(150),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sale=amounts(), is_sent=st.booleans())
async def test_every_cent_of_a_discounted_and_taxed_sale_has_one_place(
    services: Services, template: PurchaseRow, sale: tuple[int, int, int], is_sent: bool
) -> None:
    price, discount, tax = sale
    payment = await settle(await order(template, price), discount, tax)
    net = price - discount - tax
    creator = net - net * 3000 // 10_000
    if is_sent:
        await finish(services, f"split:{payment.id}", f"tr_{payment.id.hex}")

    assert (payment.gross, payment.discount, payment.tax) == (price, discount, tax)
    assert (payment.creator_share, payment.platform_share) == (creator, net - creator)
    expected = {
        "BUYER_PAYMENTS": discount - price,
        "CREATOR_TRANSFERS" if is_sent else "CREATOR_PAYABLE": creator,
        "PLATFORM_REVENUE": net - creator - 40,
        "STRIPE_FEES": 40,
        "TAX_PAYABLE": tax,
    }
    assert await balances(payment) == {kind: sum_ for kind, sum_ in expected.items() if sum_}
    assert await violated() == []


@settings(
    max_examples=runs(150),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sale=amounts(), is_refunded=st.booleans())
async def test_a_late_payment_is_owed_and_given_back_as_it_was_paid(
    services: Services, template: PurchaseRow, sale: tuple[int, int, int], is_refunded: bool
) -> None:
    price, discount, tax = sale
    await put("agent", "status", "ARCHIVED")
    payment = await settle(await order(template, price), discount, tax)
    if is_refunded:
        await finish(services, f"return:{payment.id}", f"re_{payment.id.hex}")

    paid = price - discount
    owed = {} if is_refunded else {"BUYER_PAYMENTS": -paid, "BUYER_REFUNDS_DUE": paid}
    remaining = {"PLATFORM_REVENUE": -40, "STRIPE_FEES": 40}
    assert await balances(payment) == owed | remaining
    assert (await get_payment(payment.id)).refunded == (paid if is_refunded else 0)
    assert await violated() == []


class DiscountedPage(LiveGateway):
    """The sandbox has no promotion codes and no taxes yet: its price is what was left to pay."""

    async def get_checkout(self, session_id: str) -> CheckoutSession:
        session = await super().get_checkout(session_id)
        return replace(session, amount_discount=Cents(200), amount_tax=Cents(133))


@dataclass(frozen=True)
class Discounted:
    services: Services
    market: Market
    purchase: PurchaseRow


@pytest.fixture
async def discounted(services: Services, stripe_side: StripeSide) -> AsyncIterator[Discounted]:
    """9.99 € less 2.00 €, of which 1.33 € are VAT; the page is open."""
    await stripe_side.reset()
    gateway = DiscountedPage(services.settings.stripe)
    market = await open_market(services, price=799)
    purchase = await open_page(services, market)
    await put("purchase", "price", 999)
    yield Discounted(with_gateway(services, gateway), market, await get_purchase(purchase.id))
    await gateway.close()


async def test_a_discounted_sale_settles_and_pays_the_creator_of_the_net(
    discounted: Discounted, stripe_side: StripeSide
) -> None:
    purchase = discounted.purchase
    assert await pay_for(purchase) == 303

    await report(discounted.services, purchase)
    await work_off(discounted.services)

    [transfer] = await stripe_side.transfers_of(purchase.id)
    assert transfer["amount"] == 467  # of 9.99 - 2.00 - 1.33 = 6.66
    assert (await get_purchase(purchase.id)).status is PurchaseStatus.PAID
    findings = await check_everything(discounted.services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


async def test_a_late_discounted_payment_is_refunded_what_was_paid(
    discounted: Discounted, stripe_side: StripeSide
) -> None:
    purchase = discounted.purchase
    await put("agent", "status", "SUSPENDED")
    assert await pay_for(purchase) == 303

    await report(discounted.services, purchase)
    await work_off(discounted.services)

    [payment] = await list_payments([purchase.id])
    [refund] = await stripe_side.refunds_of(payment.stripe_charge_id)
    assert (refund["amount"], payment.refunded) == (799, 799)
    findings = await check_everything(discounted.services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


async def test_a_sale_is_dated_by_stripe_and_not_by_our_clock(template: PurchaseRow) -> None:
    purchase = await order(template, 1000)
    CLOCK.move_to_offset(timedelta(days=40))

    payment = await settle(purchase, 0, 0)

    paid_at = datetime.fromtimestamp(PAID_AT, UTC)
    assert payment.paid_at == (await get_purchase(purchase.id)).paid_at == paid_at


async def test_earnings_and_mails_name_what_was_paid(template: PurchaseRow) -> None:
    payment = await settle(await order(template, 1000), 200, 100)

    earnings = await get_earnings(payment.creator_id, None, None)

    assert (earnings.gross, earnings.net, earnings.platform_fee) == (800, 490, 210)
    sql = "SELECT params::text FROM outbox_mail WHERE kind = $1"
    receipt = msgspec.json.decode(await db.fetch_value(sql, "RECEIPT"))
    sale = msgspec.json.decode(await db.fetch_value(sql, "SALE"))
    assert (receipt["amount"], receipt["tax"], sale["gross"]) == (800, 100, 800)


async def test_a_refund_takes_the_creators_whole_share_back_when_all_that_was_paid_is_refunded(
    template: PurchaseRow,
) -> None:
    payment = await settle(await order(template, 1000), 200, 100)

    await put("purchase_payment", "refunded", 800)

    earnings = await get_earnings(payment.creator_id, None, None)
    assert (earnings.refunded, earnings.net) == (800, 0)
