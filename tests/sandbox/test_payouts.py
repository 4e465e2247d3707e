from typing import Any

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import Playground


async def _paid_account(play: Playground, amount: int = 700) -> Any:
    charge, account = await play.sale(1000), await play.account()
    await play.stripe.v1.transfers.create_async(
        {
            "amount": amount,
            "currency": "eur",
            "destination": account.id,
            "source_transaction": charge.id,
        }
    )
    return account


async def test_what_is_available_is_paid_out_at_midnight(play: Playground) -> None:
    account = await _paid_account(play)
    own = {"stripe_account": account.id}

    await play.advance("P8D")
    payout = (await play.stripe.v1.payouts.list_async({}, own)).data[0]
    await play.advance("P2D")
    arrived = await play.stripe.v1.payouts.retrieve_async(
        payout.id, {"expand": ["balance_transaction", "destination"]}, own
    )

    inside = await play.stripe.v1.balance_transactions.list_async({"payout": payout.id}, own)
    assert [one.type for one in inside.data] == ["payout", "payment"]
    assert payout.created % DAY == 0
    assert arrived.arrival_date == payout.created + DAY
    assert (arrived.amount, arrived.status) == (700, "paid")
    assert (arrived.balance_transaction.net, arrived.destination.last4) == (-700, "2606")
    assert await play.balance(account.id) == (0, 0)
    assert (await play.event_types(account.id))[-3:] == [
        "balance.available",
        "payout.created",
        "payout.paid",
    ]


async def test_a_payout_that_the_bank_refuses_comes_back(play: Playground) -> None:
    account = await _paid_account(play)
    await play.control(f"accounts/{account.id}/fail_next_payout", {})

    await play.advance("P10D")

    own = {"stripe_account": account.id}
    failed = (await play.stripe.v1.payouts.list_async({"status": "failed"}, own)).data[0]
    assert failed.failure_code == "account_closed"
    assert await play.balance(account.id) == (700, 0)
    assert (await play.event_types(account.id))[-2:] == [
        "payout.failed",
        "account.external_account.updated",
    ]


async def test_nothing_is_paid_out_while_restricted(play: Playground) -> None:
    account = await _paid_account(play)
    await play.control(f"accounts/{account.id}/capability", {"status": "restricted"})

    await play.advance("P10D")

    assert await play.balance(account.id) == (700, 0)


async def test_the_platform_is_not_paid_out(play: Playground) -> None:
    await play.sale(1000)

    await play.advance("P10D")

    assert await play.balance() == (960, 0)
    assert (await play.stripe.v1.payouts.list_async()).data == []


async def test_the_express_page_shows_payouts(play: Playground) -> None:
    account = await _paid_account(play)
    await play.advance("P10D")

    page = await play.http.get(f"/express/{account.id}")

    assert "€7.00" in page.text
    assert "paid" in page.text
    assert (await play.http.get("/express/acct_nobody")).status_code == 404
