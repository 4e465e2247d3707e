"""Each invariant between sales, access, books and Stripe is violated once, and then reported."""

from datetime import UTC, datetime

import pytest

from chenu.core import db
from chenu.core.clock import CLOCK, system_now
from chenu.core.ids import new_id
from chenu.core.retention import MAILS_STORED
from chenu.flows.affiliate_invariants import AFFILIATES
from chenu.flows.dispute_invariants import DISPUTES
from chenu.flows.invariants import check_books, check_everything
from chenu.flows.monthly_invariants import MONTHLY
from chenu.flows.pack_invariants import PACKS
from chenu.flows.plan_invariants import PLANS
from chenu.flows.revenue_invariants import REVENUE
from chenu.flows.run_invariants import RUNS
from chenu.flows.sale_invariants import SALES
from chenu.flows.second_person_invariants import SECOND_PERSONS
from chenu.flows.services import Services
from chenu.flows.sla_invariants import SLA
from chenu.flows.statement_invariants import STATEMENTS
from chenu.flows.stripe_balance import check_stripe
from chenu.flows.token_invariants import TOKENS
from chenu.ledger.invariants import check
from tests.conftest import Engines
from tests.flows.sales import Sold, make_sale, work_off
from tests.rows import put, unguarded
from tests.stripe_side import AWAY, StripeSide

BY_NAME = {
    invariant.name: invariant
    for invariant in (
        *SALES,
        *MONTHLY,
        *PLANS,
        *PACKS,
        *TOKENS,
        *RUNS,
        *DISPUTES,
        *STATEMENTS,
        *AFFILIATES,
        *SECOND_PERSONS,
        *REVENUE,
        *SLA,
    )
}
EVER = datetime(2000, 1, 1, tzinfo=UTC)


async def violated() -> list[str]:
    return [finding.name for finding in await check_books() if not finding.ok]


async def test_an_honest_sale_violates_nothing(services: Services, sold: Sold) -> None:
    findings = await check_everything(services, EVER)

    assert [finding for finding in findings if not finding.ok] == []
    names = [finding.name for finding in findings]
    assert len(set(names)) == len(names)
    assert {*BY_NAME, "I1", "I1k", "I2", "I3", "I4", "I13", "I14", "I15"} == set(names)


@pytest.mark.parametrize(
    ("tampering", "name"),
    [
        ("UPDATE purchase_payment SET creator_share = 699, platform_share = 300", "I5"),
        ("UPDATE purchase_payment SET gross = gross + 1, tax = tax + 1", "I5"),
        ("DELETE FROM ledger_transaction WHERE kind = 'PAYMENT'", "I5"),
        ("UPDATE purchase_payment SET creator_basis_points = 7100", "I5"),
        ("UPDATE access_grant SET revoked_at = now()", "I6"),
        ("DELETE FROM access_grant", "I6"),
        ("UPDATE purchase SET status = 'CANCELED'", "I6"),
        ("UPDATE purchase SET price = price + 1", "I6b"),
        ("DELETE FROM purchase_payment", "I6b"),
        ("UPDATE ledger_entry e SET amount = 701 FROM ledger_transaction t"
         " WHERE t.id = e.transaction_id AND t.kind = 'TRANSFER' AND e.amount > 0", "I7"),
        ("UPDATE purchase_payment SET refunded = gross", "I7"),
        ("UPDATE purchase_payment SET share_due = 701", "I7"),
        ("UPDATE purchase_payment SET share_claimed = 1", "I7a"),
        ("UPDATE agent SET installs = 7", "I17"),
        ("DELETE FROM access_grant", "I17"),
        ("DELETE FROM outbox_mail WHERE kind = 'RECEIPT'", "I16"),
        ("DELETE FROM operation WHERE kind = 'TRANSFER'", "I16"),
    ],
)  # fmt: skip
async def test_a_violation_is_reported(
    engines: Engines, sold: Sold, tampering: str, name: str
) -> None:
    async with unguarded(engines) as connection:
        await connection.execute(tampering)

    finding = await check(BY_NAME[name])

    assert finding.violations == 1
    assert name in await violated()


async def test_i8_sees_a_handled_event_without_its_effect(sold: Sold, engines: Engines) -> None:
    sql = """
        INSERT INTO stripe_event (id, type, object_id, source, state, attempts, created_at,
            received_at, next_attempt_at)
        VALUES ('evt_1', 'checkout.session.completed', $1, 'WEBHOOK', 'HANDLED', 0, $2, $2, $2)
    """
    await db.execute(sql, sold.purchase.checkout_session_id, system_now())
    assert (await check(BY_NAME["I8"])).ok

    await put("purchase", "status", "PENDING")

    assert (await check(BY_NAME["I8"])).samples == ("event evt_1",)


async def test_i15_sees_a_charge_that_we_do_not_know(
    services: Services, engines: Engines, sold: Sold
) -> None:
    async with unguarded(engines) as connection:
        await connection.execute("DELETE FROM purchase_payment")

    finding = await check_stripe(services.reports, EVER)

    charge = sold.payment.stripe_charge_id
    assert finding.samples == (f"{charge}: Stripe 999, we None",)


@pytest.mark.parametrize(
    ("tampering", "differs"),
    [
        ("UPDATE purchase_payment SET gross = 1000, tax = tax + 1", "Stripe 999, we 1000"),
        ("UPDATE operation SET amount = 701 WHERE kind = 'TRANSFER'", "Stripe -700, we -701"),
    ],
)
async def test_i15_sees_a_cent_of_difference(
    services: Services, engines: Engines, sold: Sold, tampering: str, differs: str
) -> None:
    async with unguarded(engines) as connection:
        await connection.execute(tampering)

    finding = await check_stripe(services.reports, EVER)

    assert [differs in sample for sample in finding.samples] == [True]


async def test_i15_sees_what_stripe_never_saw(
    services: Services, engines: Engines, sold: Sold
) -> None:
    sql = """
        INSERT INTO operation (id, kind, business_key, amount, params, state, stripe_id, attempts,
            key_number, created_at)
        VALUES ($1, 'REFUND', 'return:x', 5, '{}', 'SETTLED', 're_invented', 0, 0, now())
    """
    async with unguarded(engines) as connection:
        await connection.execute(sql, new_id())

    finding = await check_stripe(services.reports, EVER)

    assert finding.samples == ("re_invented: Stripe None, we -5",)


async def test_a_silent_stripe_is_a_finding_of_its_own(
    services: Services, stripe_side: StripeSide, sold: Sold
) -> None:
    await stripe_side.fail(AWAY, times=None)

    findings = await check_everything(services, EVER)

    assert [finding.samples for finding in findings if not finding.ok] == [
        ("Stripe did not answer",)
    ]


async def test_sales_of_odd_prices_agree_with_stripe_to_the_cent(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    for price in (100, 101, 999, 1337, 5000):
        await make_sale(services, price=price)
    await work_off(services)

    assert [finding for finding in await check_everything(services, EVER) if not finding.ok] == []


async def test_a_receipt_is_missed_only_while_mails_are_stored(
    engines: Engines, sold: Sold
) -> None:
    async with unguarded(engines) as connection:
        await connection.execute("DELETE FROM outbox_mail WHERE kind = 'RECEIPT'")
        assert not (await check(BY_NAME["I16"])).ok

        CLOCK.move_to_offset(MAILS_STORED)

        assert (await check(BY_NAME["I16"])).ok
        await connection.execute("DELETE FROM operation WHERE kind = 'TRANSFER'")
        assert not (await check(BY_NAME["I16"])).ok
