"""What must hold between plans, invoices, books and tiers: seen when it does not."""

import pytest

from chenu.flows.invariants import check_books
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.flows.plans import complete, open_plans, start
from tests.rows import unguarded
from tests.stripe_side import StripeSide


@pytest.mark.parametrize(
    ("tampering", "name"),
    [
        ("UPDATE invoice_payment SET gross = gross + 1", "I5p"),
        ("UPDATE invoice_payment SET tax = 1", "I5p"),
        ("DELETE FROM ledger_entry WHERE amount > 0", "I5p"),
        ("DELETE FROM invoice_payment", "I5i"),
        ("UPDATE invoice SET amount_paid = 901", "I5i"),
        ("UPDATE account SET tier = 'FREE'", "I10"),
        ("UPDATE account SET tier = 'PRO'", "I10"),
        ("UPDATE subscription SET gives_access = false", "I10"),
        ("UPDATE subscription SET status = 'CANCELED', gives_access = false", "I10"),
    ],
)
async def test_a_violation_is_reported(
    services: Services, stripe_side: StripeSide, engines: Engines, tampering: str, name: str
) -> None:
    await stripe_side.reset()
    person = await open_plans(services)
    await complete(services, await start(services, person.actor))
    assert [finding for finding in await check_books() if not finding.ok] == []

    async with unguarded(engines) as connection:
        await connection.execute(tampering)

    assert name in [finding.name for finding in await check_books() if not finding.ok]
