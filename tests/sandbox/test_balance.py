import pytest

from chenu.sandbox.objects.charge import card_fee
from tests.sandbox.playground import Playground


@pytest.mark.parametrize(
    ("amount", "fee"), [(50, 26), (100, 27), (1000, 40), (1900, 54), (99_999_999, 1_500_025)]
)
def test_a_card_costs_one_and_a_half_percent_and_25_cents(amount: int, fee: int) -> None:
    assert card_fee(amount) == fee


async def test_money_becomes_available_after_a_week(play: Playground) -> None:
    await play.sale(1000)
    assert await play.balance() == (0, 960)

    await play.advance("P6D")
    assert await play.balance() == (0, 960)
    await play.advance("P1D")

    assert await play.balance() == (960, 0)
    assert (await play.event_types())[-1] == "balance.available"


async def test_every_cent_has_its_transaction(play: Playground) -> None:
    charge = await play.sale(1000)
    refund = await play.stripe.v1.refunds.create_async({"charge": charge.id, "amount": 300})
    transactions = play.stripe.v1.balance_transactions

    everything = (await transactions.list_async({"expand": ["data.source"]})).data
    of_refund = (await transactions.list_async({"source": refund.id})).data
    charges = (await transactions.list_async({"type": "charge"})).data

    assert [(one.type, one.net) for one in everything] == [("refund", -300), ("charge", 960)]
    assert [one.source.id for one in everything] == [refund.id, charge.id]
    assert [one.amount for one in of_refund] == [-300]
    found = await transactions.retrieve_async(charges[0].id)
    assert found.fee_details[0].amount == 40


async def test_charges_are_found_and_described(play: Playground) -> None:
    customer = await play.customer()
    charge = await play.sale(customer=customer.id)
    await play.sale()

    changed = await play.stripe.v1.charges.update_async(
        charge.id, {"description": "Agent", "metadata": {"a": "b"}}
    )

    assert changed.description == "Agent"
    found = await play.stripe.v1.charges.list_async({"customer": customer.id})
    assert [one.id for one in found.data] == [charge.id]
