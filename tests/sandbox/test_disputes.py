"""A cardholder disputes a charge: the money leaves at once, and comes back when that is won."""

import pytest
import stripe

from tests.sandbox.playground import Playground


@pytest.mark.parametrize(
    ("status", "balance"), [("lost", (-3000, 960)), ("won", (-2000, 960))], ids=["lost", "won"]
)
async def test_a_dispute_takes_money_and_a_fee(
    play: Playground, status: str, balance: tuple[int, int]
) -> None:
    charge = await play.sale(1000)
    seen = len(await play.event_types())

    dispute = await play.control(f"charges/{charge.id}/dispute", {})
    await play.control(f"disputes/{dispute['id']}", {"status": status})

    shown = await play.stripe.v1.disputes.retrieve_async(dispute["id"])
    lines = (await play.stripe.v1.balance_transactions.list_async({"source": shown.id})).data
    assert (shown.status, shown.amount, shown.charge) == (status, 1000, charge.id)
    assert {line.type for line in lines} == {"adjustment"}
    assert await play.balance() == balance
    opened = ["charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"]
    won = ["charge.dispute.funds_reinstated"] if status == "won" else []
    assert await play.events_since(seen) == opened + won


async def test_a_disputed_charge_is_not_refunded_nor_disputed_again(loose: Playground) -> None:
    charge = await loose.sale(1000)
    await loose.control(f"charges/{charge.id}/dispute", {})

    again = await loose.http.post(f"/_sandbox/charges/{charge.id}/dispute", json={})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.refunds.create_async({"charge": charge.id})

    assert again.status_code == 400
    assert refusal.value.code == "charge_disputed"


async def test_disputes_are_listed_by_charge(play: Playground) -> None:
    first, second = await play.sale(1000), await play.sale(500)
    for charge in (first, second):
        await play.control(f"charges/{charge.id}/dispute", {})

    found = await play.stripe.v1.disputes.list_async({"charge": first.id})

    assert [dispute.charge for dispute in found.data] == [first.id]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("charges/ch_nothing/dispute", {}, 404),
        ("disputes/dp_nothing", {"status": "won"}, 404),
        ("disputes/dp_nothing", {"status": "maybe"}, 400),
    ],
)
async def test_what_cannot_be_disputed_is_said(
    loose: Playground, path: str, body: dict[str, str], status: int
) -> None:
    answer = await loose.http.post(f"/_sandbox/{path}", json=body)

    assert answer.status_code == status
