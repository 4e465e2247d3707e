"""What a subscription brings a month: by hand, and as the database computes it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chenu.billing.coupon_rules import CouponDuration
from chenu.billing.mrr import Mrr, RecurringFacts, RecurringKind, TaxShare, monthly_revenue
from chenu.billing.recurring import BillingInterval
from chenu.core import db
from chenu.core.money import Cents
from chenu.flows.revenue_invariants import REVENUE
from chenu.flows.services import Services
from tests.faults.counts import runs

NOW = datetime(2027, 3, 1, tzinfo=UTC)
MONTH, YEAR = BillingInterval
PRO = RecurringFacts(RecurringKind.TIER, "PRO", "ACTIVE", True, MONTH, Cents(2900))
FIFTH = TaxShare(2417, 2900)
FOREVER, REPEATING, ONCE = CouponDuration.FOREVER, CouponDuration.REPEATING, CouponDuration.ONCE

CASES = {
    "a month's price": (PRO, 2900, 2900),
    "a year's is a twelfth, rounded half up: 2416.67": (
        replace(PRO, billing_interval=YEAR, price=Cents(29000)),
        2417,
        2417,
    ),
    "exactly half a cent goes up": (
        replace(PRO, billing_interval=YEAR, price=Cents(6)),
        1,
        1,
    ),
    "just below half a cent": (replace(PRO, billing_interval=YEAR, price=Cents(5)), 0, 0),
    "without VAT": (replace(PRO, tax=FIFTH), 2417, 2417),
    "VAT, a year and a discount are rounded once: 29000 * 0.7 * 2417 / 2900 / 12 = 1409.92": (
        replace(
            PRO,
            billing_interval=YEAR,
            price=Cents(29000),
            tax=FIFTH,
            discount_percent=30,
            discount_duration=FOREVER,
        ),
        1410,
        2014,
    ),
    "a discount forever": (
        replace(PRO, discount_percent=20, discount_duration=FOREVER),
        2320,
        2900,
    ),
    "a repeating one, until it ends": (
        replace(
            PRO,
            discount_amount=Cents(500),
            discount_duration=REPEATING,
            discount_ends_at=NOW + timedelta(seconds=1),
        ),
        2400,
        2900,
    ),
    "and not from then on": (
        replace(
            PRO,
            discount_amount=Cents(500),
            discount_duration=REPEATING,
            discount_ends_at=NOW,
        ),
        2900,
        2900,
    ),
    "one of one invoice": (replace(PRO, discount_percent=50, discount_duration=ONCE), 2900, 2900),
    "more than the price": (
        replace(PRO, discount_amount=Cents(9900), discount_duration=FOREVER),
        0,
        2900,
    ),
    "past due, until Stripe gives up": (replace(PRO, status="PAST_DUE"), 2900, 2900),
    "on trial": (replace(PRO, status="TRIALING"), 0, 0),
    "paused in the dashboard": (replace(PRO, gives_access=False), 0, 0),
    "unpaid": (replace(PRO, status="UNPAID", gives_access=False), 0, 0),
    "an API plan": (replace(PRO, kind=RecurringKind.API_PLAN), 2900, 2900),
    "an agent": (replace(PRO, kind=RecurringKind.AGENT), 0, 0),
    "a contract": (replace(PRO, kind=RecurringKind.CONTRACT, status="RUNNING"), 2900, 2900),
    "one that ended": (
        replace(PRO, kind=RecurringKind.CONTRACT, status="ENDED", gives_access=False),
        0,
        0,
    ),
}


@pytest.mark.parametrize(("facts", "net", "gross"), CASES.values(), ids=CASES)
def test_mrr_is_by_hand(facts: RecurringFacts, net: int, gross: int) -> None:
    assert monthly_revenue(facts, NOW) == Mrr(Cents(net), Cents(gross))


SHARES = {
    "the same": (FIFTH, FIFTH, True),
    "of a year, rounded otherwise": (FIFTH, TaxShare(24167, 29000), True),
    "of a few cents": (FIFTH, TaxShare(2, 2), True),
    "of another rate": (FIFTH, TaxShare(2749, 2900), False),
    "none any more": (FIFTH, TaxShare(2900, 2900), False),
    "none as before": (TaxShare(), TaxShare(2900, 2900), True),
    "the first": (TaxShare(), FIFTH, False),
}


@pytest.mark.parametrize(("known", "seen", "explained"), SHARES.values(), ids=SHARES)
def test_a_share_of_vat_stays_while_it_explains_the_invoices(
    known: TaxShare, seen: TaxShare, explained: bool
) -> None:
    assert known.explains(seen) is explained


TOTALS = st.integers(1, 100_000)
DISCOUNTS = st.one_of(
    st.just((None, None, None, None)),
    st.tuples(
        st.integers(1, 100),
        st.none(),
        st.sampled_from(CouponDuration),
        st.none() | st.sampled_from([NOW, NOW + timedelta(days=1)]),
    ),
    st.tuples(st.none(), st.integers(1, 200_000), st.sampled_from(CouponDuration), st.none()),
)


@settings(
    max_examples=runs(1000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from(RecurringKind),
    st.sampled_from(["ACTIVE", "PAST_DUE", "TRIALING", "RUNNING", "CANCELED"]),
    st.booleans(),
    st.sampled_from(BillingInterval),
    st.integers(0, 100_000_000),
    TOTALS.flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))),
    DISCOUNTS,
)
async def test_the_database_computes_the_same(
    services: Services,
    kind: RecurringKind,
    status: str,
    gives_access: bool,
    interval: BillingInterval,
    price: int,
    share: tuple[int, int],
    discount: tuple[int | None, int | None, CouponDuration | None, datetime | None],
) -> None:
    percent, amount, duration, ends_at = discount
    facts = RecurringFacts(
        *(kind, "PRO", status, gives_access, interval, Cents(price), TaxShare(*share)),
        *(percent, None if amount is None else Cents(amount), duration, ends_at),
    )

    net, total = share
    plain = (kind, status, gives_access, interval, price, net, total)
    sql = f"SELECT recurring_mrr({', '.join(f'${number}' for number in range(1, 13))})"
    found = await db.fetch_value(sql, *plain, percent, amount, duration, ends_at, NOW)
    gross = await db.fetch_value(sql, *plain, None, None, None, None, NOW)

    assert monthly_revenue(facts, NOW) == Mrr(found, gross)


async def test_the_database_computes_mrr_within_the_statement(services: Services) -> None:
    """As a function that is called for each row it makes checking a long history very slow."""
    history = next(each.sql for each in REVENUE if each.name == "I20s")

    plan = await db.fetch_records(f"EXPLAIN (VERBOSE) {history}")

    filters = [line for (line,) in plan if "gives_access" in line]
    assert any("div(" in line for line in filters)
    assert not any("recurring_mrr" in line for (line,) in plan)
