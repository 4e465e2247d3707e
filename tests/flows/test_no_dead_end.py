"""What Stripe has refused once is not refused for ever: a new attempt is always possible."""

import asyncio
from uuid import UUID

import httpx
import pytest

from chenu.accounts.actor import Actor, ApiScope
from chenu.agents.model import PurchaseStatus
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.core import db
from chenu.core.errors import Invalid, InvalidState
from chenu.core.ids import new_id
from chenu.flows.checkout_pages import PaymentFailed
from chenu.flows.creators.onboard_creator import (
    CreatorInput,
    become_creator,
    make_onboarding_link,
    refresh_own_connect_state,
)
from chenu.flows.invariants import check_books
from chenu.flows.mirrors.sync import sync_customer
from chenu.flows.operations.decisions import give_up_operation, retry_operation
from chenu.flows.services import Services
from chenu.ledger.operation_list import OperationQuery, list_operations
from chenu.ledger.operations import OperationKind, OperationRow, OperationState
from tests.flows.sales import (
    Market,
    drop,
    open_page,
    pay_for,
    report,
    start_buying,
    work_off,
)
from tests.flows.test_late_payments import pay_too_late
from tests.people import make_person, make_published_agent, make_unpaid_creator
from tests.rows import count, put
from tests.stripe_side import StripeSide

OPERATOR = Actor(ip="tests")


async def last_of(kind: OperationKind) -> OperationRow:
    return (await list_operations(OperationQuery(kind=kind)))[0]


async def retry(services: Services, operation: OperationRow) -> OperationRow:
    return await retry_operation(services, OPERATOR, operation.id, name="tests")


async def give_up(services: Services, operation: OperationRow) -> OperationRow:
    return await give_up_operation(
        services, OPERATOR, operation.id, name="tests", reason="paid by bank transfer"
    )


async def violated() -> list[str]:
    return [finding.name for finding in await check_books() if not finding.ok]


@pytest.mark.parametrize(
    "path",
    ["/v1/customers", "/v1/products", "/v1/prices"],
    ids=["customer", "product", "price"],
)
async def test_who_was_refused_once_buys_with_the_next_click(
    services: Services, stripe_side: StripeSide, market: Market, path: str
) -> None:
    await db.execute("UPDATE agent SET stripe_price_id = NULL")
    await stripe_side.fail("card_error", path, method="POST", code="email_invalid", times=None)
    with pytest.raises(PaymentFailed):
        await start_buying(services, market.buyer, market.agent)
    await stripe_side.heal()

    purchase = await start_buying(services, market.buyer, market.agent)

    assert await pay_for(purchase) == 303
    assert (await report(services, purchase)).purchase.status is PurchaseStatus.PAID


@pytest.mark.parametrize("joins_again", [True, False], ids=["joins again", "clicks onboarding"])
async def test_a_creator_whose_account_was_refused_once_sells(
    services: Services, stripe_side: StripeSide, joins_again: bool
) -> None:
    await stripe_side.fail("card_error", "/v2/core/accounts", method="POST", times=1)
    creator, row = await make_unpaid_creator("refused")
    await work_off(services)
    refused = await last_of(OperationKind.CONNECT_ACCOUNT)
    await stripe_side.heal()

    if joins_again:
        request = CreatorInput(row.handle, row.display_name, row.bio, "fr")
        await become_creator(creator.actor, request)
        await work_off(services)
    link = await make_onboarding_link(services, creator.actor)
    assert link is not None
    await _finish_onboarding(link)
    await refresh_own_connect_state(services, creator.actor)

    agent = await make_published_agent(services, creator)
    purchase = await start_buying(services, await make_person("zoe"), agent)
    assert refused.state == "FAILED"
    assert purchase.checkout_url is not None
    assert await count("operation", "kind = 'CONNECT_ACCOUNT'") == 2


async def _finish_onboarding(link: str) -> None:
    async with httpx.AsyncClient() as browser:
        await browser.post(link, data={"complete": "complete"})


async def test_a_page_whose_closing_was_refused_can_be_closed(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    page = await open_page(services, market)
    path = f"/v1/checkout/sessions/{page.checkout_session_id}/expire"
    await stripe_side.fail("card_error", path, code="resource_missing", times=1)
    await drop(services, page)
    still_open = await get_purchase(page.id)

    await drop(services, page)

    assert still_open.is_pending
    assert (await get_purchase(page.id)).status is PurchaseStatus.CANCELED


async def sell(services: Services, market: Market) -> PurchaseRow:
    """Paid and settled; the creator's share is owed."""
    purchase = await open_page(services, market)
    assert await pay_for(purchase) == 303
    await report(services, purchase)
    return purchase


async def refuse_transfer(
    services: Services, stripe_side: StripeSide, market: Market
) -> tuple[OperationRow, PurchaseRow]:
    await stripe_side.fail("card_error", "/v1/transfers", method="POST", code="amount_too_large")
    purchase = await sell(services, market)
    await work_off(services)
    await stripe_side.heal()
    return await last_of(OperationKind.TRANSFER), purchase


async def test_a_refused_transfer_is_named_and_paid_once_by_a_retry(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    refused, purchase = await refuse_transfer(services, stripe_side, market)
    named = await violated()

    retried = await retry(services, refused)
    with pytest.raises(InvalidState):
        await retry(services, refused)
    await work_off(services)

    assert (refused.state, named) == ("FAILED", ["I18"])
    assert (retried.id, retried.state) == (refused.id, "SETTLED")
    assert retried.idempotency_key != refused.idempotency_key
    assert len(await stripe_side.transfers_of(purchase.id)) == 1
    assert await count("audit_event", "action = 'operation.retry'") == 1
    assert await violated() == []


async def test_a_transfer_that_stripe_made_all_the_same_is_found_by_the_retry(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await stripe_side.fail("disconnect_after", "/v1/transfers", method="POST", times=None)
    purchase = await sell(services, market)
    await work_off(services)
    await stripe_side.heal()
    await give_up(services, await last_of(OperationKind.TRANSFER))

    retried = await retry(services, await last_of(OperationKind.TRANSFER))

    [made] = await stripe_side.transfers_of(purchase.id)
    assert (retried.state, retried.stripe_id) == ("SETTLED", made["id"])


async def test_a_refused_refund_is_named_and_given_back_once_by_a_retry(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await stripe_side.fail("card_error", "/v1/refunds", method="POST", code="amount_too_large")
    _, payment = await pay_too_late(services, market)
    await work_off(services)
    await stripe_side.heal()
    refused, named = await last_of(OperationKind.REFUND), await violated()

    retried = await retry(services, refused)

    assert (refused.state, named, retried.state) == ("FAILED", ["I18"], "SETTLED")
    [refund] = await stripe_side.refunds_of(payment.stripe_charge_id)
    assert refund["amount"] == payment.gross
    assert await violated() == []


async def test_what_is_given_up_stays_owed_and_can_be_taken_up_again(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    refused, purchase = await refuse_transfer(services, stripe_side, market)

    given_up = await give_up(services, refused)
    quiet = await violated()
    sql = "SELECT detail ->> 'reason' FROM audit_event WHERE action = 'operation.give_up'"
    reason = await db.fetch_value(sql)
    retried = await retry(services, given_up)

    assert (given_up.state, given_up.error_code, quiet) == ("FAILED", "given_up", [])
    assert reason == "paid by bank transfer"
    assert retried.state == "SETTLED"
    assert len(await stripe_side.transfers_of(purchase.id)) == 1


async def test_giving_up_a_payment_ends_the_request_and_the_buyer_starts_another(
    services: Services, market: Market
) -> None:
    page = await open_page(services, market)

    await give_up(services, await last_of(OperationKind.CHECKOUT_PAYMENT))
    again = await start_buying(services, market.buyer, market.agent, "key-2")

    assert (await get_purchase(page.id)).status is PurchaseStatus.CANCELED
    assert again.id != page.id
    assert again.checkout_url is not None


async def test_what_is_settled_or_open_or_followed_is_not_tried_again(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await stripe_side.fail("card_error", "/v1/customers", method="POST", times=1)
    with pytest.raises(PaymentFailed):
        await start_buying(services, market.buyer, market.agent)
    refused = await last_of(OperationKind.CUSTOMER)
    await start_buying(services, market.buyer, market.agent)
    settled = await last_of(OperationKind.CUSTOMER)
    waiting = await last_of(OperationKind.CHECKOUT_PAYMENT)

    for operation, why in (
        (refused, f"Another operation has followed this one: {settled.id}"),
        (settled, "this one is SETTLED"),
        (waiting, "this one is INTENT"),
    ):
        with pytest.raises(InvalidState, match=why):
            await retry(services, operation)
    with pytest.raises(InvalidState):
        await give_up(services, settled)


async def test_a_refused_customer_is_tried_again_with_the_email_of_now(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await stripe_side.fail("card_error", "/v1/customers", method="POST", times=1)
    with pytest.raises(PaymentFailed):
        await start_buying(services, market.buyer, market.agent)
    await put("app_user", "email", "right@example.org", "id = $2", market.buyer.user_id)

    retried = await retry(services, await last_of(OperationKind.CUSTOMER))

    customer = await stripe_side.get(f"/v1/customers/{retried.stripe_id}")
    assert (retried.state, customer["email"]) == ("SETTLED", "right@example.org")


@pytest.mark.parametrize("lead", [0, 0.001, 0.002, 0.004, 0.008, 0.016])
async def test_a_refused_customer_is_tried_again_or_followed_never_both(
    services: Services, stripe_side: StripeSide, market: Market, lead: float
) -> None:
    """Whoever comes first; the buyer's clicks come `lead` seconds before the operator's."""
    await stripe_side.fail("card_error", "/v1/customers", method="POST", times=1)
    account_id = market.buyer.actor.require_spender(ApiScope.MARKETPLACE)
    await sync_customer(services, account_id)
    refused = await last_of(OperationKind.CUSTOMER)

    clicks = asyncio.gather(*(sync_customer(services, account_id) for _ in range(10)))
    await asyncio.sleep(lead)
    retries = asyncio.gather(*(_try_again(services, refused) for _ in range(10)))
    was_retried = any(await retries)
    await clicks

    assert await count("operation", "kind = 'CUSTOMER'") == (1 if was_retried else 2)
    assert len(await stripe_side.list_all("/v1/customers", email=market.buyer.email)) == 1


async def _try_again(services: Services, operation: OperationRow) -> bool:
    """False where somebody else was first."""
    try:
        await retry(services, operation)
    except InvalidState:
        return False
    return True


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501], ids=["none", "blank", "too long"])
async def test_nothing_is_given_up_without_a_reason(
    services: Services, market: Market, reason: str
) -> None:
    await open_page(services, market)
    waiting = await last_of(OperationKind.CHECKOUT_PAYMENT)

    with pytest.raises(Invalid):
        await give_up_operation(services, OPERATOR, waiting.id, name="tests", reason=reason)

    assert (await last_of(OperationKind.CHECKOUT_PAYMENT)).is_open


async def test_operations_are_listed_by_kind_state_and_subject_page_by_page(
    services: Services, market: Market
) -> None:
    page = await open_page(services, market)
    everything = await list_operations(OperationQuery())
    subject = await list_operations(OperationQuery(subject_id=UUID(str(page.id))))

    first = await list_operations(OperationQuery(limit=2))
    rest = await list_operations(OperationQuery(before=first[-1].id))
    settled = await list_operations(OperationQuery(state=OperationState.SETTLED))

    assert [*first, *rest] == everything == sorted(everything, key=lambda o: o.id, reverse=True)
    assert {operation.kind for operation in subject} == {"CHECKOUT_SESSION", "CHECKOUT_PAYMENT"}
    assert {operation.state for operation in settled} == {"SETTLED"}
    assert await list_operations(OperationQuery(subject_id=new_id())) == []
