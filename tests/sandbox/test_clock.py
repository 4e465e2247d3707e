import time
from pathlib import Path
from typing import Any

import pytest

from chenu.sandbox.engine.clock import DAY, parse_duration
from tests.sandbox.playground import Playground, build, close


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P14D", 14 * DAY),
        ("PT6M", 360),
        ("P1W", 7 * DAY),
        ("P1DT2H3M4S", DAY + 7384),
        ("30d", 30 * DAY),
        ("2h", 7200),
        ("45s", 45),
    ],
)
def test_durations_are_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "P1M", "P1Y", "soon", "-P1D", "1.5h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


async def test_the_clock_moves_forward_and_dates_everything(play: Playground) -> None:
    before = await play.control("clock")

    after = await play.control("clock", {"advance": "P14D"})
    customer = await play.customer()

    assert before["offset_seconds"] == 0
    assert 14 * DAY - 2 <= after["offset_seconds"] <= 14 * DAY
    assert customer.created >= int(time.time()) + 14 * DAY - 2


async def test_the_clock_can_be_set_to_a_moment(play: Playground) -> None:
    target = int(time.time()) + 5 * DAY

    clock = await play.control("clock", {"to": target})

    assert clock["now"] - target <= 1


@pytest.mark.parametrize("wrong", [{"to": 1}, {"advance": "P1M"}, {}, {"to": "soon"}], ids=str)
async def test_the_clock_is_not_turned_back(play: Playground, wrong: dict[str, Any]) -> None:
    answer = await play.http.post("/_sandbox/clock", json=wrong)

    assert answer.status_code == 400


@pytest.mark.parametrize("days", [-400, 30])
async def test_a_reset_sandbox_begins_at_any_moment(play: Playground, days: int) -> None:
    begin = int(time.time()) + days * DAY

    await play.control("reset", {"clock": begin})
    customer = await play.customer()

    assert 0 <= (await play.control("clock"))["now"] - begin <= 2
    assert 0 <= customer.created - begin <= 2


async def test_a_reset_to_no_moment_is_refused(play: Playground) -> None:
    answer = await play.http.post("/_sandbox/reset", json={"clock": "soon"})

    assert answer.status_code == 400


async def test_the_next_due_moment_is_shown(play: Playground) -> None:
    assert (await play.control("clock"))["next_due"] is None

    session = await play.session()

    assert (await play.control("clock"))["next_due"] == session.created + DAY


async def test_what_is_due_runs_in_the_order_of_time(play: Playground) -> None:
    account = await play.account()
    for _ in range(3):
        charge = await play.sale(1000)
        await play.stripe.v1.transfers.create_async(
            {
                "amount": 500,
                "currency": "eur",
                "destination": account.id,
                "source_transaction": charge.id,
            }
        )
        await play.session()
        await play.advance("P1D")

    await play.advance("P30D")

    assert (await play.control("clock"))["next_due"] is None
    own = {"stripe_account": account.id}
    payouts = (await play.stripe.v1.payouts.list_async({}, own)).data
    # What becomes available at a midnight is paid out with what was available before it.
    assert [payout.amount for payout in payouts] == [500, 1000]
    assert [payout.status for payout in payouts] == ["paid", "paid"]


async def test_a_stored_file_goes_on_where_it_ended_although_that_is_long_ago(
    tmp_path: Path,
) -> None:
    ended = int(time.time()) - 400 * DAY
    first = build(None, data=str(tmp_path / "stored.sqlite"), clock=ended - DAY)
    customer = await first.customer_with_card()
    made = await first.subscription(customer, await first.plan(), trial_period_days=2)
    await close(first)

    later = build(None, data=str(tmp_path / "stored.sqlite"), clock=ended)
    waiting = await later.stripe.v1.subscriptions.retrieve_async(made.id)
    await later.advance("P2D")
    renewed = await later.stripe.v1.subscriptions.retrieve_async(made.id)

    assert ended - DAY <= made.created <= ended - DAY + 60
    assert (waiting.status, renewed.status) == ("trialing", "active")
    assert (await later.control("clock"))["now"] <= ended + 2 * DAY + 60
    await close(later)
