from typing import Any

import pytest
import stripe

from tests.sandbox.playground import Playground


async def _refund(play: Playground, charge: Any, **values: Any) -> Any:
    return await play.stripe.v1.refunds.create_async({"charge": charge.id, **values})


async def test_a_refund_gives_back_and_tells_in_order(play: Playground) -> None:
    charge = await play.sale(1000)
    seen = len(await play.event_types())

    refund = await play.stripe.v1.refunds.create_async(
        {
            "payment_intent": charge.payment_intent,
            "amount": 400,
            "reason": "requested_by_customer",
            "metadata": {"row": "1"},
        }
    )

    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 400, charge.id)
    assert await play.events_since(seen) == ["refund.created", "charge.refunded", "refund.updated"]
    assert await play.balance() == (0, 960 - 400)
    after = await play.stripe.v1.charges.retrieve_async(charge.id, {"expand": ["refunds"]})
    assert (after.amount_refunded, after.refunded) == (400, False)
    assert [one.id for one in after.refunds.data] == [refund.id]


async def test_without_an_amount_the_rest_is_refunded(play: Playground) -> None:
    charge = await play.sale(1000)
    await _refund(play, charge, amount=400)

    rest = await _refund(play, charge)

    assert rest.amount == 600
    assert (await play.stripe.v1.charges.retrieve_async(charge.id)).refunded
    found = await play.stripe.v1.refunds.list_async({"payment_intent": charge.payment_intent})
    assert sum(one.amount for one in found.data) == 1000


async def test_no_more_is_refunded_than_was_paid(play: Playground) -> None:
    charge = await play.sale(1000)

    with pytest.raises(stripe.InvalidRequestError) as too_much:
        await _refund(play, charge, amount=1001)
    await _refund(play, charge)
    with pytest.raises(stripe.InvalidRequestError) as again:
        await _refund(play, charge)

    assert too_much.value.code == "amount_too_large"
    assert again.value.code == "charge_already_refunded"


async def test_a_charge_without_destination_has_no_transfer_to_reverse(play: Playground) -> None:
    charge = await play.sale()

    for name in ("reverse_transfer", "refund_application_fee"):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await _refund(play, charge, **{name: True})
        assert refusal.value.param == name


async def test_a_failed_payment_has_nothing_to_refund(play: Playground) -> None:
    await play.pay(await play.session(), card="4000000000000002")
    charge = (await play.stripe.v1.charges.list_async()).data[0]

    with pytest.raises(stripe.InvalidRequestError, match="has not succeeded"):
        await _refund(play, charge)
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        await play.stripe.v1.refunds.create_async({"payment_intent": charge.payment_intent})


async def test_one_card_is_refunded_an_hour_later(play: Playground) -> None:
    charge = await play.sale(1000, card="4000000000007726")

    refund = await _refund(play, charge)
    await play.advance("PT1H")
    later = await play.stripe.v1.refunds.retrieve_async(refund.id)

    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    assert later.status == "succeeded"
    assert (await play.event_types())[-1] == "refund.updated"


async def test_one_card_sends_the_refund_back(play: Playground) -> None:
    charge = await play.sale(1000, card="4000000000005126")
    before = await play.balance()

    refund = await _refund(play, charge)
    await play.advance("PT1H")
    failed = await play.stripe.v1.refunds.retrieve_async(
        refund.id, {"expand": ["failure_balance_transaction"]}
    )

    assert refund.status == "succeeded"
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert failed.failure_balance_transaction.amount == 1000
    assert sum(await play.balance()) == sum(before)
    assert (await play.event_types())[-1] == "refund.failed"
    assert (await play.stripe.v1.charges.retrieve_async(charge.id)).amount_refunded == 0


async def test_the_control_room_can_fail_any_refund(play: Playground) -> None:
    refund = await _refund(play, await play.sale())

    await play.control(f"refunds/{refund.id}", {"status": "failed"})

    assert (await play.stripe.v1.refunds.retrieve_async(refund.id)).status == "failed"
    assert (await play.event_types())[-1] == "refund.failed"


async def test_only_a_refund_that_waits_for_its_receiver_is_canceled(play: Playground) -> None:
    charge = await play.sale(1000, card="4000000000007726")
    refund = await _refund(play, charge)
    with pytest.raises(stripe.InvalidRequestError, match="requires_action"):
        await play.stripe.v1.refunds.cancel_async(refund.id)

    await play.control(f"refunds/{refund.id}", {"status": "requires_action"})
    canceled = await play.stripe.v1.refunds.cancel_async(refund.id)
    await play.advance("PT2H")

    assert canceled.status == "canceled"
    assert (await play.stripe.v1.refunds.retrieve_async(refund.id)).status == "canceled"
    assert sum(await play.balance()) == 960


async def test_only_metadata_of_a_refund_changes(play: Playground) -> None:
    refund = await _refund(play, await play.sale())

    changed = await play.stripe.v1.refunds.update_async(refund.id, {"metadata": {"a": "b"}})

    assert changed.to_dict()["metadata"] == {"a": "b"}


async def test_a_transfer_is_not_touched_by_a_refund(play: Playground) -> None:
    charge, account = await play.sale(1000), await play.account()
    transfer = await play.stripe.v1.transfers.create_async(
        {
            "amount": 700,
            "currency": "eur",
            "destination": account.id,
            "source_transaction": charge.id,
        }
    )

    await _refund(play, charge)

    after = await play.stripe.v1.transfers.retrieve_async(transfer.id)
    assert (after.amount_reversed, await play.balance(account.id)) == (0, (0, 700))
