from typing import Any

import pytest
import stripe

from tests.sandbox.playground import Playground


async def _send(play: Playground, account: Any, amount: int, **values: Any) -> Any:
    return await play.stripe.v1.transfers.create_async(
        {"amount": amount, "currency": "eur", "destination": account.id, **values}
    )


async def test_a_transfer_from_a_charge_waits_for_its_money(play: Playground) -> None:
    charge, account = await play.sale(1000), await play.account()

    transfer = await _send(
        play, account, 700, source_transaction=charge.id, metadata={"split_id": "1"}
    )

    assert transfer.destination_payment.startswith("py_")
    assert transfer.transfer_group == f"group_{charge.payment_intent}"
    assert await play.balance(account.id) == (0, 700)
    assert await play.balance() == (0, 960 - 700)
    await play.advance("P7D")
    assert await play.balance(account.id) == (700, 0)
    assert await play.balance() == (260, 0)
    assert "transfer.created" in await play.event_types()


async def test_both_ends_of_a_transfer_can_be_read(play: Playground) -> None:
    charge, account = await play.sale(1000), await play.account()

    transfer = await _send(play, account, 700, source_transaction=charge.id)

    shown = await play.stripe.v1.transfers.retrieve_async(
        transfer.id, {"expand": ["destination_payment.balance_transaction", "destination"]}
    )
    payment = shown.destination_payment
    assert (payment.amount, payment.source_transfer) == (700, transfer.id)
    assert (payment.balance_transaction.type, payment.balance_transaction.net) == ("payment", 700)
    assert shown.destination.id == account.id
    own = await play.stripe.v1.charges.retrieve_async(
        payment.id, None, {"stripe_account": account.id}
    )
    assert own.id == payment.id


async def test_transfers_of_a_charge_never_exceed_it_even_after_reversals(
    play: Playground,
) -> None:
    charge, account = await play.sale(1000), await play.account()
    first = await _send(play, account, 700, source_transaction=charge.id)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await _send(play, account, 301, source_transaction=charge.id)
    await play.stripe.v1.transfers.reversals.create_async(first.id)
    with pytest.raises(stripe.InvalidRequestError):
        await _send(play, account, 301, source_transaction=charge.id)
    last = await _send(play, account, 300, source_transaction=charge.id)

    assert refusal.value.param == "amount"
    assert last.amount == 300


async def test_without_a_source_only_available_money_is_sent(play: Playground) -> None:
    account = await play.account()
    await play.sale(1000)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await _send(play, account, 500)

    await play.advance("P7D")
    transfer = await _send(play, account, 500, transfer_group="aff_7_202611")

    assert refusal.value.code == "balance_insufficient"
    assert await play.balance(account.id) == (500, 0)
    found = await play.stripe.v1.transfers.list_async({"transfer_group": "aff_7_202611"})
    assert [one.id for one in found.data] == [transfer.id]


@pytest.mark.parametrize("status", ["restricted", "pending", "rejected"])
async def test_an_account_that_is_not_active_gets_nothing(play: Playground, status: str) -> None:
    charge, account = await play.sale(), await play.account(status)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await _send(play, account, 100, source_transaction=charge.id)

    assert refusal.value.code == "insufficient_capabilities_for_transfer"


async def test_a_closed_account_gets_nothing(play: Playground) -> None:
    charge, account = await play.sale(), await play.account()
    await play.stripe.v2.core.accounts.close_async(account.id)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await _send(play, account, 100, source_transaction=charge.id)

    assert refusal.value.code == "insufficient_capabilities_for_transfer"


async def test_a_partial_reversal_updates_and_a_full_one_reverses(play: Playground) -> None:
    charge, account = await play.sale(1000), await play.account()
    transfer = await _send(play, account, 700, source_transaction=charge.id)
    seen = len(await play.event_types())
    reversals = play.stripe.v1.transfers.reversals

    part = await reversals.create_async(transfer.id, {"amount": 200, "metadata": {"r": "1"}})
    rest = await reversals.create_async(transfer.id)

    assert (part.amount, rest.amount) == (200, 500)
    assert await play.events_since(seen) == ["transfer.updated", "transfer.reversed"]
    after = await play.stripe.v1.transfers.retrieve_async(transfer.id)
    assert (after.amount_reversed, after.reversed) == (700, True)
    assert [one.id for one in after.reversals.data] == [rest.id, part.id]
    assert await play.balance(account.id) == (0, 0)
    assert await play.balance() == (0, 960)
    listed = await reversals.list_async(transfer.id, {"limit": 1})
    assert (listed.data[0].id, listed.has_more) == (rest.id, True)
    found = await reversals.retrieve_async(
        transfer.id, part.id, {"expand": ["destination_payment_refund"]}
    )
    assert found.destination_payment_refund.amount == 200
    noted = await reversals.update_async(transfer.id, part.id, {"metadata": {"r": "2"}})
    assert noted.to_dict()["metadata"] == {"r": "2"}


async def test_no_more_is_reversed_than_was_sent(play: Playground) -> None:
    charge, account = await play.sale(1000), await play.account()
    transfer = await _send(play, account, 700, source_transaction=charge.id)
    reversals = play.stripe.v1.transfers.reversals

    with pytest.raises(stripe.InvalidRequestError, match="greater than the unreversed"):
        await reversals.create_async(transfer.id, {"amount": 701})
    await reversals.create_async(transfer.id)
    with pytest.raises(stripe.InvalidRequestError, match="already fully reversed"):
        await reversals.create_async(transfer.id)


async def test_money_that_was_paid_out_cannot_be_reversed(play: Playground) -> None:
    charge, account = await play.sale(1000), await play.account()
    transfer = await _send(play, account, 700, source_transaction=charge.id)
    await play.advance("P9D")

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.stripe.v1.transfers.reversals.create_async(transfer.id)

    assert refusal.value.code == "balance_insufficient"
    assert await play.balance(account.id) == (0, 0)


async def test_transfers_are_described_and_listed_by_destination(play: Playground) -> None:
    charge, account = await play.sale(1000), await play.account()
    transfer = await _send(play, account, 700, source_transaction=charge.id)

    changed = await play.stripe.v1.transfers.update_async(
        transfer.id, {"description": "November", "metadata": {"k": "v"}}
    )

    assert changed.description == "November"
    found = await play.stripe.v1.transfers.list_async({"destination": account.id})
    assert [one.id for one in found.data] == [transfer.id]


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"amount": 0}, "amount"),
        ({"currency": "usd"}, "currency"),
        ({"destination": "acct_nobody"}, "destination"),
        ({"source_transaction": "ch_nothing"}, "source_transaction"),
    ],
    ids=["nothing", "dollars", "nobody", "no charge"],
)
async def test_a_transfer_that_cannot_be_is_refused(
    loose: Playground, wrong: dict[str, Any], param: str
) -> None:
    account = await loose.account()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.transfers.create_async(
            {"amount": 1, "currency": "eur", "destination": account.id, **wrong}
        )

    assert refusal.value.param == param
