"""What one person of the desk may not return alone: by amount, and by what is sliced."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountId, Staff
from chenu.accounts.customers import adopt_customer
from chenu.agents.purchases import PurchaseRow
from chenu.agents.refund_requests import SaleRequestState, get_sale_request
from chenu.billing.invoices import (
    find_invoice_by_stripe_id,
    insert_invoice_payment,
    store_invoice,
)
from chenu.billing.refund_requests import (
    RefundOrigin,
    RefundRequestId,
    RefundRequestState,
    get_refund_request,
    insert_refund_request,
)
from chenu.core import db
from chenu.core.clock import CLOCK, business_now
from chenu.core.errors import Forbidden, InvalidState
from chenu.core.money import Cents
from chenu.flows.invariants import check_books
from chenu.flows.operations.decisions import retry_operation
from chenu.flows.overdue_refunds import expire_refunds
from chenu.flows.purchases.refund_plans import RefundSaleInput
from chenu.flows.purchases.refund_requests import decide_sale_refund
from chenu.flows.purchases.refunds import WaitsForColleague, refund_sale
from chenu.flows.services import Services
from chenu.flows.subscriptions.refund_requests import decide_refund
from chenu.flows.subscriptions.refunds import new_refund_request
from chenu.ledger.operations import OperationId
from tests.billing.recurring import BEGAN, answered, made_up_invoice, made_up_payment
from tests.conftest import Engines
from tests.flows.plans import catch_up
from tests.flows.sales import Market, buy, open_market
from tests.flows.test_plan_refunds import Paid, ask, require_sound, returned
from tests.flows.test_plan_refunds import yearly as yearly
from tests.people import Person, make_person
from tests.rows import count, fingerprint, put, unguarded
from tests.stripe_side import StripeSide

REASON = "It did not work for a week."


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    return await open_market(services)


@pytest.fixture
async def sale(services: Services, market: Market) -> PurchaseRow:
    """Of 999 cents."""
    return await buy(services, market)


@pytest.fixture
async def clerk(market: Market) -> Person:
    return await make_person("clerk", staff=(Staff.SUPPORT,))


@pytest.fixture
async def colleague(market: Market) -> Person:
    return await make_person("colleague", staff=(Staff.SUPPORT,))


async def put_request(account_id: AccountId, by: Person, amount: int) -> RefundRequestId:
    """Asked for by somebody of the staff, of a plan of the same customer, and not decided yet."""
    if await find_invoice_by_stripe_id("in_made_up") is None:
        await adopt_customer(account_id, "cus_other")
        await store_invoice(account_id, await answered(made_up_invoice("cus_other")))
    invoice = await find_invoice_by_stripe_id("in_made_up")
    assert invoice is not None
    payment = replace(made_up_payment(invoice), gross=Cents(50_000), paid_at=BEGAN)
    await insert_invoice_payment(payment)
    row = replace(
        new_refund_request(payment, Cents(amount), "Agreed.", RefundOrigin.STAFF),
        state=RefundRequestState.WAITING,
        requested_by=by.user_id,
    )
    await insert_refund_request(row)
    return row.id


async def give_back(services: Services, sale: PurchaseRow, by: Person, key: str = "back") -> object:
    data = RefundSaleInput(sale.id, None, None, REASON)
    return await refund_sale(services, by.actor, data, key)


async def ask_for_sale(services: Services, sale: PurchaseRow, clerk: Person) -> object:
    """With 9500 cents asked for of the same customer before; its id."""
    await put_request(sale.account_id, clerk, 9500)
    with pytest.raises(WaitsForColleague, match="colleague"):
        await give_back(services, sale, clerk)
    return await db.fetch_value("SELECT id FROM purchase_refund_request")


async def decide(
    services: Services, request_id: object, by: Person, *, approve: bool = True
) -> SaleRequestState:
    row = await decide_sale_refund(
        services,
        by.actor,
        request_id,  # type: ignore[arg-type]
        approve=approve,
        reason="Looked at.",
    )
    return row.state


async def test_slices_of_one_customer_within_a_day_wait_together(
    services: Services, stripe_side: StripeSide, sale: PurchaseRow, clerk: Person, colleague: Person
) -> None:
    request_id = await ask_for_sale(services, sale, clerk)

    with pytest.raises(WaitsForColleague):
        await give_back(services, sale, clerk)  # the same key finds the same request
    with pytest.raises(InvalidState, match="already"):
        await give_back(services, sale, colleague, "other")  # all of it waits

    assert await stripe_side.list_all("/v1/refunds") == []
    assert await count("operation", "kind = 'REFUND'") == 0
    assert await count("purchase", "status = 'PAID'") == 1
    assert await decide(services, request_id, colleague) is SaleRequestState.APPROVED
    refunds = await stripe_side.list_all("/v1/refunds")
    assert [each["amount"] for each in refunds] == [999]
    [requested_by] = [await db.fetch_value("SELECT requested_by FROM purchase_refund")]
    assert requested_by == clerk.user_id
    found = await give_back(services, sale, clerk)
    assert (await get_sale_request(request_id)).refund_id == found.id  # type: ignore[arg-type,attr-defined]


@pytest.mark.parametrize(
    "before", ["another person's", "a day ago", "rejected", "exactly the limit"]
)
async def test_what_does_not_count_lets_a_refund_go_at_once(
    services: Services, sale: PurchaseRow, clerk: Person, colleague: Person, before: str
) -> None:
    by = colleague if before == "another person's" else clerk
    amount = 10_000 - 999 if before == "exactly the limit" else 9500
    request_id = await put_request(sale.account_id, by, amount)
    if before == "a day ago":
        long_ago = business_now() - timedelta(hours=24, seconds=1)
        await put("invoice_refund_request", "created_at", long_ago)
    if before == "rejected":
        actor = colleague.actor
        await decide_refund(services, actor, request_id, approve=False, reason="No.")

    await give_back(services, sale, clerk)

    assert await count("purchase_refund", "state = 'SETTLED'") == 1
    assert await count("purchase_refund_request") == 0


async def test_a_buyer_and_a_creator_need_nobody_else(
    services: Services, market: Market, sale: PurchaseRow
) -> None:
    await put_request(sale.account_id, market.creator, 9500)

    await give_back(services, sale, market.creator)

    assert await count("purchase_refund", "origin = 'CREATOR' AND state = 'SETTLED'") == 1


async def test_two_refunds_at_once_are_not_both_small(
    services: Services, yearly: Paid, stripe_side: StripeSide
) -> None:
    answers = await asyncio.gather(
        ask(services, yearly, 6000, "one"), ask(services, yearly, 6000, "two")
    )

    assert sorted(answer.state for answer in answers) == ["SETTLED", "WAITING"]
    assert await returned(yearly) == [6000]
    await require_sound(services)


async def test_two_colleagues_at_once_return_it_once(
    services: Services, stripe_side: StripeSide, sale: PurchaseRow, clerk: Person, colleague: Person
) -> None:
    request_id = await ask_for_sale(services, sale, clerk)
    third = await make_person("third", staff=(Staff.ADMIN,))

    answers = await asyncio.gather(
        decide(services, request_id, colleague),
        decide(services, request_id, third),
        return_exceptions=True,
    )

    assert sorted(type(answer).__name__ for answer in answers) == [
        "InvalidState",
        "SaleRequestState",
    ]
    assert len(await stripe_side.list_all("/v1/refunds")) == 1
    assert await count("operation", "kind = 'REFUND'") == 1


async def test_two_colleagues_at_once_return_a_plan_once(
    services: Services, stripe_side: StripeSide, yearly: Paid
) -> None:
    request = await ask(services, yearly, 20_000)
    third = await make_person("third", staff=(Staff.ADMIN,))

    answers = await asyncio.gather(
        *(
            decide_refund(services, person.actor, request.id, approve=True, reason="Agreed.")
            for person in (yearly.colleague, third)
        ),
        return_exceptions=True,
    )

    assert [type(each) for each in answers].count(InvalidState) == 1
    assert await count("operation", "kind = 'PLAN_REFUND'") == 1
    assert [each["amount"] for each in await stripe_side.list_all("/v1/refunds")] == [20_000]
    await require_sound(services)


async def test_whoever_asked_and_whoever_is_concerned_cannot_decide(
    services: Services, market: Market, sale: PurchaseRow, clerk: Person
) -> None:
    request_id = await ask_for_sale(services, sale, clerk)
    creator = await put_role(market.creator)
    before = await fingerprint()

    for person, error in (
        (clerk, Forbidden),
        (creator, InvalidState),
        (market.buyer, Forbidden),
    ):
        for approve in (True, False):
            with pytest.raises(error):
                await decide(services, request_id, person, approve=approve)

    assert await fingerprint() == before


async def put_role(person: Person) -> Person:
    """The desk's, for somebody who sells."""
    sql = "INSERT INTO staff_role (id, member, role) VALUES (gen_random_uuid(), $1, 'SUPPORT')"
    await db.execute(sql, person.user_id)
    return replace(person, actor=replace(person.actor, staff=frozenset({Staff.SUPPORT})))


async def test_a_sale_of_which_less_is_left_is_refused_with_words(
    services: Services, market: Market, sale: PurchaseRow, clerk: Person, colleague: Person
) -> None:
    request_id = await ask_for_sale(services, sale, clerk)
    part = RefundSaleInput(sale.id, None, Cents(400), REASON)
    await refund_sale(services, market.creator.actor, part, "creator")
    before = await fingerprint()

    with pytest.raises(InvalidState, match="Less than that is left"):
        await decide(services, request_id, colleague)

    assert await fingerprint() == before
    assert await decide(services, request_id, colleague, approve=False) is SaleRequestState.REJECTED


async def test_a_plan_of_which_less_is_left_is_refused_with_words(
    services: Services, stripe_side: StripeSide, yearly: Paid
) -> None:
    request = await ask(services, yearly, 20_000)
    charge = await db.fetch_value("SELECT stripe_charge_id FROM invoice_payment")
    await stripe_side.change("/v1/refunds", charge=charge, amount="10000")
    await catch_up(services)

    with pytest.raises(InvalidState, match="Less than that is left"):
        await decide_refund(
            services, yearly.colleague.actor, request.id, approve=True, reason="Agreed."
        )

    assert await returned(yearly) == [10_000]
    assert (await get_refund_request(request.id)).is_waiting


async def test_nobody_agrees_after_seven_days_and_the_request_is_closed(
    services: Services, sale: PurchaseRow, clerk: Person, colleague: Person
) -> None:
    request_id = await ask_for_sale(services, sale, clerk)
    CLOCK.move_to_offset(CLOCK.offset + timedelta(days=6, hours=23))
    await expire_refunds()
    assert await count("purchase_refund_request", "state = 'WAITING'") == 1
    CLOCK.move_to_offset(CLOCK.offset + timedelta(hours=2))

    with pytest.raises(InvalidState, match="seven days"):
        await decide(services, request_id, colleague)
    await expire_refunds()

    assert await count("purchase_refund_request", "state = 'EXPIRED'") == 1
    assert await count("invoice_refund_request", "state = 'EXPIRED'") == 1
    assert await count("audit_event", "action = 'refund.expire'") == 2
    await give_back(services, sale, clerk, "anew")
    assert await count("purchase_refund", "state = 'SETTLED'") == 1


async def test_one_that_cannot_be_closed_waits_and_its_neighbour_is_closed(
    services: Services, sale: PurchaseRow, clerk: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask_for_sale(services, sale, clerk)
    CLOCK.move_to_offset(CLOCK.offset + timedelta(days=8))

    async def fail(request_id: RefundRequestId) -> None:
        raise KeyError("secret")

    monkeypatch.setattr("chenu.flows.overdue_refunds.restore_of_request", fail)
    await expire_refunds()

    postponed = "state = 'WAITING' AND last_error = 'KeyError' AND next_attempt_at > now()"
    assert await count("invoice_refund_request", postponed) == 1
    assert await count("purchase_refund_request", "state = 'EXPIRED'") == 1


async def test_an_operator_cannot_retry_what_needs_a_second_person_by_now(
    services: Services, stripe_side: StripeSide, yearly: Paid
) -> None:
    await stripe_side.fail("card_error", "/v1/refunds", method="POST")
    refused = await ask(services, yearly, 9000, "one")
    await stripe_side.heal()
    operation = await db.fetch_value("SELECT id FROM operation WHERE kind = 'PLAN_REFUND'")
    await ask(services, yearly, 9000, "two", by=yearly.colleague)

    with pytest.raises(InvalidState, match="second person"):
        await retry_operation(services, yearly.clerk.actor, OperationId(operation), name="operator")

    assert refused.state is RefundRequestState.FAILED
    assert await returned(yearly) == [9000]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE invoice_refund_request SET decided_by = NULL WHERE state = 'SETTLED'",
        "UPDATE purchase_refund_request SET refund = NULL, state = 'REJECTED'",
    ],
)
async def test_a_refund_of_one_person_above_the_limit_is_found(
    services: Services,
    engines: Engines,
    sale: PurchaseRow,
    clerk: Person,
    colleague: Person,
    tampering: str,
) -> None:
    request_id = await ask_for_sale(services, sale, clerk)
    await decide(services, request_id, colleague)
    names = [finding.name for finding in await check_books() if not finding.ok]
    assert "I21" not in names
    async with unguarded(engines) as connection:
        if "invoice_refund_request" in tampering:
            await connection.execute(
                "UPDATE invoice_refund_request SET state = 'SETTLED', amount = 10001,"
                " decided_by = (SELECT id FROM app_user WHERE id <> requested_by LIMIT 1)"
            )
            assert "I21" not in [each.name for each in await check_books() if not each.ok]

        await connection.execute(tampering)

    assert "I21" in [finding.name for finding in await check_books() if not finding.ok]
