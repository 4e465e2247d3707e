"""What must hold between packs, charges, tokens and refunds: seen when it does not."""

import pytest

from chenu.core.money import Cents
from chenu.flows.invariants import check_books
from chenu.flows.packs.refunds import RefundPackInput, refund_own_pack
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.flows.packs import buy, open_packs, order_pack
from tests.flows.plans import catch_up
from tests.people import pay
from tests.rows import unguarded
from tests.stripe_side import StripeSide


@pytest.mark.parametrize(
    ("tampering", "name"),
    [
        ("UPDATE invoice_payment SET gross = gross + 1", "I6k"),
        ("DELETE FROM token_grant WHERE kind = 'PACK_BONUS'", "I6k"),
        ("UPDATE token_grant SET granted = granted + 1 WHERE kind = 'PACK'", "I6k"),
        ("UPDATE pack_order SET status = 'CANCELED', payment = NULL, paid_at = NULL", "I6k"),
        ("UPDATE pack_refund SET base_tokens = base_tokens + 1", "I7k"),
        ("UPDATE pack_refund SET bonus_tokens = bonus_tokens + 1", "I7k"),
        ("UPDATE pack_refund SET amount = amount - 1", "I7k"),
        ("UPDATE pack_refund SET restored_at = now()", "I7k"),
        ("DELETE FROM pack_refund", "I7k"),
        ("DELETE FROM outbox_mail WHERE kind = 'PACK_RECEIPT'", "I16k"),
    ],
)
async def test_a_violation_is_reported(
    services: Services, stripe_side: StripeSide, engines: Engines, tampering: str, name: str
) -> None:
    await stripe_side.reset()
    person = await open_packs(services)
    order = await buy(services, person.actor)
    await refund_own_pack(services, person.actor, RefundPackInput(order.id, Cents(900)), "back")
    await catch_up(services)
    assert [finding for finding in await check_books() if not finding.ok] == []

    async with unguarded(engines) as connection:
        await connection.execute(tampering)

    assert name in [finding.name for finding in await check_books() if not finding.ok]


async def test_a_handled_event_without_its_effect_is_reported(
    services: Services, stripe_side: StripeSide, engines: Engines
) -> None:
    await stripe_side.reset()
    person = await open_packs(services)
    order = await order_pack(services, person.actor)
    assert order.checkout_url is not None
    await pay(order.checkout_url)
    await catch_up(services)

    async with unguarded(engines) as connection:
        await connection.execute(
            "UPDATE pack_order SET status = 'PENDING', payment = NULL, paid_at = NULL"
        )

    assert "I8k" in [finding.name for finding in await check_books() if not finding.ok]
