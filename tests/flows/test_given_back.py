"""docs/operations.md on what was given back at Stripe: I15 names it, its statements settle it."""

import re

import asyncpg

from chenu.agents.access import has_usable_grant
from chenu.agents.purchases import get_purchase
from chenu.flows.invariants import check_everything
from chenu.flows.services import Services
from chenu.flows.stripe_balance import check_stripe
from chenu.ledger.seals import seal_entries
from tests.conftest import ROOT, Engines
from tests.flows.sales import Sold
from tests.flows.test_invariants import EVER
from tests.rows import count, fingerprint
from tests.stripe_side import StripeSide

GUIDE = (ROOT / "docs" / "operations.md").read_text()
SECTION = GUIDE.partition("## When I15 names")[2].partition("\n## ")[0]
LOOK, BOOK, END, GIVE_AGAIN = re.findall(r"```sql\n(.*?)```", SECTION, re.DOTALL)
[PART] = re.findall(r"`(UPDATE purchase SET status = 'PARTIALLY_REFUNDED'[^`]*)`", SECTION)


async def run(engines: Engines, statement: str, **values: object) -> list[asyncpg.Record]:
    """As the owner of the database in psql, with values in place of the document's examples."""
    for example, value in values.items():
        place = {"stripe_id": "'re_…'", "amount": "-999 AS", "of": "'ch_…'"}.get(example, "'…'")
        assert place in statement, statement
        given = f"{value} AS" if example == "amount" else f"'{value}'"
        statement = statement.replace(place, given)
    assert "…" not in statement
    connection = await asyncpg.connect(engines.postgres_url)
    try:
        found: list[asyncpg.Record] = await connection.fetch(statement)
        return found
    finally:
        await connection.close()


async def named(services: Services) -> tuple[str, ...]:
    return (await check_stripe(services.reports, EVER)).samples


async def violated(services: Services) -> list[str]:
    await seal_entries()
    return [finding.name for finding in await check_everything(services, EVER) if not finding.ok]


async def refund(stripe_side: StripeSide, sold: Sold, **form: str) -> str:
    charge = sold.payment.stripe_charge_id
    return str((await stripe_side.change("/v1/refunds", charge=charge, **form))["id"])


async def test_a_refund_is_named_looked_up_booked_and_the_access_ends(
    services: Services, engines: Engines, stripe_side: StripeSide, sold: Sold
) -> None:
    charge, purchase_id = sold.payment.stripe_charge_id, sold.purchase.id
    refund_id = await refund(stripe_side, sold)

    assert await named(services) == (
        f"{refund_id}: Stripe -999, we None (refund of {charge}, purchase {purchase_id})",
    )
    [row] = await run(engines, LOOK, purchase=purchase_id)
    assert row["stripe_charge_id"] == charge
    await run(engines, BOOK, stripe_id=refund_id, amount=-999, of=charge)
    await run(engines, END, purchase=purchase_id)

    assert await violated(services) == []
    assert not await has_usable_grant(sold.purchase.account_id, sold.purchase.agent_id)


async def test_a_part_that_was_given_back_leaves_the_access(
    services: Services, engines: Engines, stripe_side: StripeSide, sold: Sold
) -> None:
    for amount in (100, 250):
        refund_id = await refund(stripe_side, sold, amount=str(amount))
        assert f"{refund_id}: Stripe -{amount}, we None (refund of" in (await named(services))[0]
        of = sold.payment.stripe_charge_id
        await run(engines, BOOK, stripe_id=refund_id, amount=-amount, of=of)
    await run(engines, PART.replace("…", "'…'"), purchase=sold.purchase.id)

    assert await violated(services) == []
    assert await has_usable_grant(sold.purchase.account_id, sold.purchase.agent_id)


async def test_a_share_taken_back_is_named_and_booked(
    services: Services, engines: Engines, stripe_side: StripeSide, sold: Sold
) -> None:
    transfer = str(sold.payment.stripe_transfer_id)
    reversal = (await stripe_side.change(f"/v1/transfers/{transfer}/reversals"))["id"]

    assert await named(services) == (
        f"{reversal}: Stripe 700, we None (reversal of {transfer}, purchase {sold.purchase.id})",
    )
    await run(engines, BOOK, stripe_id=reversal, amount=700, of=transfer)

    assert await violated(services) == []
    transfers = (
        "ledger_account_id = (SELECT id FROM ledger_account WHERE kind = 'CREATOR_TRANSFERS')"
    )
    assert await count("ledger_entry", f"{transfers} AND amount = -700") == 1


async def test_a_dispute_is_named_and_booked_and_lost(
    services: Services, engines: Engines, stripe_side: StripeSide, sold: Sold
) -> None:
    charge = sold.payment.stripe_charge_id
    dispute = await stripe_side.dispute(charge)

    assert await named(services) == (
        f"{dispute}: Stripe -999, we None (dispute of {charge}, purchase {sold.purchase.id})",
    )
    await run(engines, BOOK, stripe_id=dispute, amount=-999, of=charge)
    await run(engines, END, purchase=sold.purchase.id)
    await stripe_side.end_dispute(dispute, "lost")

    assert await violated(services) == []
    assert not await has_usable_grant(sold.purchase.account_id, sold.purchase.agent_id)


async def test_a_dispute_that_was_won_is_booked_back(
    services: Services, engines: Engines, stripe_side: StripeSide, sold: Sold
) -> None:
    charge = sold.payment.stripe_charge_id
    dispute = await stripe_side.dispute(charge)
    await run(engines, BOOK, stripe_id=dispute, amount=-999, of=charge)
    await run(engines, END, purchase=sold.purchase.id)
    await stripe_side.end_dispute(dispute, "won")

    assert await named(services) == (
        f"{dispute}: Stripe 0, we -999 (dispute of {charge}, purchase {sold.purchase.id})",
    )
    await run(engines, BOOK, stripe_id=dispute, amount=999, of=charge)
    await run(engines, GIVE_AGAIN, purchase=sold.purchase.id)

    assert await violated(services) == []
    assert (await get_purchase(sold.purchase.id)).status == "PAID"
    assert await has_usable_grant(sold.purchase.account_id, sold.purchase.agent_id)


async def test_nothing_is_booked_twice(
    services: Services, engines: Engines, stripe_side: StripeSide, sold: Sold
) -> None:
    refund_id = await refund(stripe_side, sold)
    of = sold.payment.stripe_charge_id
    await run(engines, BOOK, stripe_id=refund_id, amount=-999, of=of)
    await run(engines, END, purchase=sold.purchase.id)

    before = await fingerprint()

    await run(engines, BOOK, stripe_id=refund_id, amount=-999, of=of)

    assert await fingerprint() == before

    assert await violated(services) == []
