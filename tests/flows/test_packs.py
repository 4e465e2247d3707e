"""Buying packs of tokens: paid once, credited once, as base and bonus; declined, closed, lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import IdempotencyConflict, Invalid
from chenu.core.ids import new_id
from chenu.flows.events.polling import poll_events
from chenu.flows.forgotten_pages import close_forgotten
from chenu.flows.invariants import check_everything
from chenu.flows.packs.buy import BuyPackInput, buy_pack
from chenu.flows.packs.state import PackState, report_pack_order
from chenu.flows.services import Services
from chenu.tokens.pack_orders import (
    PackOrderId,
    PackOrderStatus,
    get_pack_order,
    insert_pack_order,
)
from chenu.tokens.packs import TOKEN_PACKS
from chenu.tokens.wallet import get_wallet
from tests.flows.packs import Grants, buy, grants_of, open_packs, order_pack
from tests.flows.plans import catch_up
from tests.flows.sales import work_off
from tests.people import Person, pay
from tests.rows import count, mails_to
from tests.stripe_side import StripeSide

EVER = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_packs(services)


async def require_true_books(services: Services) -> None:
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


async def entries_of(kind: str) -> dict[str, int]:
    sql = """
        SELECT a.kind || '=' || sum(e.amount) AS what FROM ledger_entry e
        JOIN ledger_account a ON a.id = e.ledger_account_id
        JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE t.kind = $1 AND a.asset = 'EUR' GROUP BY a.kind
    """
    rows = [record["what"].split("=") for record in await db.fetch_records(sql, kind)]
    return {name: int(amount) for name, amount in rows}


@pytest.mark.parametrize("code", [pack.code for pack in TOKEN_PACKS])
async def test_a_paid_pack_is_two_grants_and_one_charge(
    services: Services, person: Person, code: str
) -> None:
    pack = next(each for each in TOKEN_PACKS if each.code == code)

    order = await buy(services, person.actor, code)

    assert order.status is PackOrderStatus.PAID
    assert await grants_of(order) == Grants(pack.base_tokens, pack.bonus_tokens)
    assert await count("token_grant", "source_id = $1", order.id) == 1 + bool(pack.bonus_tokens)
    assert await count("token_grant", "source_id = $1 AND expires_at IS NULL", order.id) >= 1
    assert await entries_of("PACK_PAYMENT") == {
        "BUYER_PAYMENTS": -pack.price,
        "PLATFORM_REVENUE": pack.price,
    }
    await require_true_books(services)


async def test_the_pack_of_1000_gives_1100_tokens_and_two_mails(
    services: Services, person: Person
) -> None:
    order = await buy(services, person.actor)

    wallet = await get_wallet(order.account_id)
    others = await db.fetch_value(
        "SELECT coalesce(sum(remaining), 0)::bigint FROM token_grant WHERE source_id IS NULL"
    )
    assert wallet.available == 1100 + others
    kinds = await mails_to(person.email)
    assert sorted(kinds) == ["INVOICE", "PACK_RECEIPT"]
    assert await count("invoice", "purchase = $1 AND status = 'PAID'", order.id) == 1
    assert await count("billing_document") == 1


async def test_nothing_is_credited_before_the_page_is_paid(
    services: Services, person: Person
) -> None:
    order = await order_pack(services, person.actor)

    declined = await complete_declined(services, order.checkout_url)

    assert declined == 402
    assert await count("token_grant", "source_id = $1", order.id) == 0
    assert order.account_id is not None
    report = await report_pack_order(services, order.account_id, order.id)
    assert report.state is PackState.OPEN


async def complete_declined(services: Services, url: str | None) -> int:
    assert url is not None
    answer = await pay(url, "4000000000000002")
    await catch_up(services)
    return answer.status_code


async def test_a_repeated_request_finds_the_same_page(services: Services, person: Person) -> None:
    first = await order_pack(services, person.actor)

    again = await order_pack(services, person.actor)
    other_key = await order_pack(services, person.actor, key="pack-2")

    assert again == first
    assert other_key == first
    assert await count("pack_order") == 1
    with pytest.raises(IdempotencyConflict):
        await order_pack(services, person.actor, "pack_10k")


async def test_twenty_clicks_open_one_page(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    orders = await asyncio.gather(
        *(order_pack(services, person.actor, key=f"click-{n}") for n in range(20))
    )

    assert len({order.checkout_session_id for order in orders}) == 1
    assert len(await stripe_side.list_all("/v1/checkout/sessions")) == 1


async def test_another_pack_closes_the_page_of_the_first(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    first = await order_pack(services, person.actor)

    second = await order_pack(services, person.actor, "pack_10k", key="pack-2")
    again = await order_pack(services, person.actor)

    assert (await get_pack_order(first.id)).status is PackOrderStatus.CANCELED
    assert second.is_pending
    assert (again.id, again.status) == (first.id, PackOrderStatus.CANCELED)
    assert (await get_pack_order(second.id)).is_pending
    sessions = await stripe_side.list_all("/v1/checkout/sessions")
    assert sorted(each["status"] for each in sessions) == ["expired", "open"]


async def test_a_second_pack_is_bought_after_the_first(services: Services, person: Person) -> None:
    first = await buy(services, person.actor)

    second = await buy(services, person.actor, key="pack-2")

    assert first.id != second.id
    assert await grants_of(first) == await grants_of(second) == Grants(1000, 100)
    assert await count("invoice_payment") == 2
    await require_true_books(services)


async def test_request_webhook_and_return_settle_once(services: Services, person: Person) -> None:
    order = await order_pack(services, person.actor)
    assert order.checkout_url is not None
    await pay(order.checkout_url)

    async def look() -> None:
        await report_pack_order(services, order.account_id, order.id)

    await poll_events(services)
    await asyncio.gather(look(), look(), work_off(services), work_off(services))
    await catch_up(services)

    assert await grants_of(order) == Grants(1000, 100)
    assert await count("outbox_mail", "kind = 'PACK_RECEIPT'") == 1
    assert await count("ledger_transaction", "kind = 'PACK_PAYMENT'") == 1
    await require_true_books(services)


async def test_the_return_page_settles_without_any_event(
    services: Services, person: Person
) -> None:
    order = await order_pack(services, person.actor)
    assert order.checkout_url is not None
    await pay(order.checkout_url)

    report = await report_pack_order(services, order.account_id, order.id)

    assert report.state is PackState.PAID
    assert await grants_of(order) == Grants(1000, 100)


async def test_a_payment_that_was_believed_lost_is_credited(
    services: Services, person: Person
) -> None:
    order = await order_pack(services, person.actor)
    assert order.checkout_url is not None
    await db.execute("UPDATE pack_order SET status = 'CANCELED', failure_code = 'checkout_gone'")
    await pay(order.checkout_url)

    await catch_up(services)

    assert (await get_pack_order(order.id)).status is PackOrderStatus.PAID
    assert await grants_of(order) == Grants(1000, 100)
    await require_true_books(services)


async def test_an_order_whose_page_never_opened_is_closed_an_hour_later(
    services: Services, person: Person
) -> None:
    paid = await buy(services, person.actor)
    order = replace(
        paid,
        id=PackOrderId(new_id()),
        status=PackOrderStatus.PENDING,
        checkout_session_id=None,
        checkout_url=None,
        payment_id=None,
        paid_at=None,
        updated_at=system_now() - timedelta(hours=2),
    )
    await insert_pack_order(order)

    await close_forgotten(services)

    assert (await get_pack_order(order.id)).status is PackOrderStatus.CANCELED
    assert (await get_pack_order(paid.id)).status is PackOrderStatus.PAID


async def test_a_customer_that_is_gone_at_stripe_is_made_anew(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    await order_pack(services, person.actor)
    await order_pack(services, person.actor, "pack_10k", key="pack-2")
    [customer] = await stripe_side.list_all("/v1/customers")
    await stripe_side.delete(f"/v1/customers/{customer['id']}")

    order = await order_pack(services, person.actor, "pack_100", key="pack-3")

    assert order.checkout_url is not None
    assert order.is_pending


REFUSED = {
    "no such pack": ({"pack_code": "pack_2k"}, "pack_code"),
    "empty": ({"pack_code": ""}, "pack_code"),
    "foreign return": ({"success_url": "https://evil.example/"}, "success_url"),
    "script return": ({"cancel_url": "javascript:alert(1)"}, "cancel_url"),
}


@pytest.mark.parametrize(("changes", "field"), REFUSED.values(), ids=REFUSED.keys())
async def test_bad_input_names_its_field_and_changes_nothing(
    services: Services, person: Person, changes: dict[str, str], field: str
) -> None:
    request = msgspec.structs.replace(BuyPackInput("pack_1k", "fr"), **changes)

    with pytest.raises(Invalid) as refused:
        await buy_pack(services, person.actor, request, "k")

    assert refused.value.path == (field,)
    assert await count("pack_order") == await count("idempotency_record") == 0


async def test_an_idempotency_key_has_to_be_given(services: Services, person: Person) -> None:
    with pytest.raises(Invalid):
        await order_pack(services, person.actor, key=" ")

    assert await count("pack_order") == 0
