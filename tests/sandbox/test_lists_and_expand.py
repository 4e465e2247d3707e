from typing import Any

import pytest
import stripe

from tests.sandbox.playground import Playground


async def _customers(play: Playground, count: int) -> list[str]:
    """Ids, newest first."""
    return [(await play.customer()).id for _ in range(count)][::-1]


async def _ids(play: Playground, **parameters: Any) -> tuple[list[str], bool]:
    page = await play.stripe.v1.customers.list_async(parameters)
    return [customer.id for customer in page.data], page.has_more


async def test_lists_are_newest_first_in_tens(play: Playground) -> None:
    made = await _customers(play, 12)

    assert await _ids(play) == (made[:10], True)
    assert await _ids(play, limit=100) == (made, False)


async def test_cursors_move_both_ways(play: Playground) -> None:
    made = await _customers(play, 6)

    assert await _ids(play, limit=2, starting_after=made[1]) == (made[2:4], True)
    assert await _ids(play, limit=2, ending_before=made[4]) == (made[2:4], True)
    assert await _ids(play, limit=5, ending_before=made[2]) == (made[:2], False)
    assert await _ids(play, starting_after=made[5]) == ([], False)


@pytest.mark.parametrize(
    ("parameters", "param"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"starting_after": "cus_nobody"}, "starting_after"),
        ({"test_clock": "clock_1"}, "test_clock"),
        ({"starting_after": "cus_a", "ending_before": "cus_b"}, "ending_before"),
    ],
    ids=str,
)
async def test_pages_that_cannot_be_are_refused(
    loose: Playground, parameters: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.customers.list_async(parameters)

    assert refusal.value.param == param


async def test_expansion_goes_four_levels_deep(play: Playground) -> None:
    customer = await play.customer()
    await play.sale(customer=customer.id, invoice_creation={"enabled": True})

    page = await play.stripe.v1.checkout.sessions.list_async(
        {
            "expand": [
                "data.payment_intent.latest_charge.balance_transaction",
                "data.invoice.payments",
                "data.customer",
            ]
        }
    )

    session = page.data[0]
    assert session.payment_intent.latest_charge.balance_transaction.fee == 40
    assert session.invoice.payments.data[0].status == "paid"
    assert session.customer.id == customer.id


async def test_the_source_of_a_transfer_expands_to_its_charge(play: Playground) -> None:
    charge, account = await play.sale(), await play.account()
    transfer = await play.stripe.v1.transfers.create_async(
        {
            "amount": 100,
            "currency": "eur",
            "destination": account.id,
            "source_transaction": charge.id,
        }
    )

    shown = await play.stripe.v1.transfers.retrieve_async(
        transfer.id, {"expand": ["source_transaction.payment_intent", "balance_transaction"]}
    )

    assert shown.source_transaction.payment_intent.id == charge.payment_intent
    assert shown.balance_transaction.source == transfer.id


@pytest.mark.parametrize(
    "path",
    ["nothing", "email", "data.email", "invoice_settings.default_payment_method.a.b.c"],
)
async def test_what_cannot_be_expanded_is_refused(loose: Playground, path: str) -> None:
    customer = await loose.customer()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.customers.retrieve_async(customer.id, {"expand": [path]})

    assert refusal.value.param == "expand"


async def test_lists_that_are_only_there_when_expanded_can_be_empty(play: Playground) -> None:
    customer = await play.customer()

    shown = await play.stripe.v1.customers.retrieve_async(
        customer.id, {"expand": ["subscriptions"]}
    )

    assert shown.subscriptions.data == []
    assert "subscriptions" not in customer.to_dict()
