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


@pytest.mark.parametrize("status", ["won", "lost"])
async def test_what_the_bank_has_decided_is_not_refunded(play: Playground, status: str) -> None:
    charge = await play.sale(1000)
    dispute = await play.control(f"charges/{charge.id}/dispute", {})
    await play.control(f"disputes/{dispute['id']}", {"status": status})

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.stripe.v1.refunds.create_async({"charge": charge.id})

    shown = await play.stripe.v1.disputes.retrieve_async(dispute["id"])
    assert refusal.value.code == "charge_disputed"
    assert not shown.is_charge_refundable


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


async def test_unanswered_it_is_lost_on_its_last_day(play: Playground) -> None:
    charge = await play.sale(1000)
    dispute = await play.control(f"charges/{charge.id}/dispute", {})

    await play.advance("P8D")

    shown = await play.stripe.v1.disputes.retrieve_async(dispute["id"])
    assert (shown.status, shown.evidence_details.past_due) == ("lost", True)


@pytest.mark.parametrize(
    ("kind", "text", "status"),
    [
        ("dispute", "winning_evidence", "won"),
        ("dispute", "losing_evidence", "lost"),
        ("dispute", "The log shows that it was used", "under_review"),
        ("inquiry", "winning_evidence", "warning_closed"),
        ("inquiry", "losing_evidence", "needs_response"),
        ("inquiry", "The log shows that it was used", "warning_under_review"),
    ],
)
async def test_evidence_is_submitted_once(
    play: Playground, kind: str, text: str, status: str
) -> None:
    charge = await play.sale(1000)
    dispute = await play.control(f"charges/{charge.id}/dispute", {"kind": kind})
    staged = {"evidence": {"uncategorized_text": "A draft"}, "submit": False}
    await play.stripe.v1.disputes.update_async(dispute["id"], staged)

    shown = await play.stripe.v1.disputes.update_async(
        dispute["id"], {"evidence": {"uncategorized_text": text}}
    )

    assert (shown.status, shown.evidence.uncategorized_text) == (status, text)
    assert shown.evidence_details.submission_count == 1
    if status != "needs_response":
        with pytest.raises(stripe.InvalidRequestError):
            await play.stripe.v1.disputes.update_async(
                dispute["id"], {"evidence": {"uncategorized_text": "More"}}
            )


@pytest.mark.parametrize("kind", ["inquiry", "prevented"])
async def test_inquiries_and_prevented_ones_move_no_money(play: Playground, kind: str) -> None:
    charge = await play.sale(1000)
    before, seen = await play.balance(), len(await play.event_types())

    dispute = await play.control(f"charges/{charge.id}/dispute", {"kind": kind})

    assert await play.balance() == before
    assert (dispute["balance_transactions"], dispute["is_charge_refundable"]) == ([], True)
    assert await play.events_since(seen) == ["charge.dispute.created"]


async def test_a_refund_of_everything_ends_an_inquiry(play: Playground) -> None:
    charge = await play.sale(1000)
    dispute = await play.control(f"charges/{charge.id}/dispute", {"kind": "inquiry"})

    await play.stripe.v1.refunds.create_async({"charge": charge.id})

    shown = await play.stripe.v1.disputes.retrieve_async(dispute["id"])
    assert shown.status == "warning_closed"


async def test_an_inquiry_that_escalates_moves_money(play: Playground) -> None:
    charge = await play.sale(1000)
    dispute = await play.control(f"charges/{charge.id}/dispute", {"kind": "inquiry"})
    seen = len(await play.event_types())

    await play.control(f"disputes/{dispute['id']}", {"status": "needs_response"})

    assert await play.balance() == (-3000, 960)
    assert await play.events_since(seen) == [
        "charge.dispute.updated",
        "charge.dispute.funds_withdrawn",
    ]


async def test_a_lost_one_may_be_won_by_an_appeal(play: Playground) -> None:
    charge = await play.sale(1000)
    dispute = await play.control(f"charges/{charge.id}/dispute", {})
    await play.stripe.v1.disputes.close_async(dispute["id"])

    await play.control(f"disputes/{dispute['id']}", {"status": "appeal_needs_response"})
    shown = await play.stripe.v1.disputes.update_async(
        dispute["id"], {"evidence": {"uncategorized_text": "winning_evidence"}}
    )

    assert shown.status == "won"
    assert await play.balance() == (-2000, 960)


@pytest.mark.parametrize(
    ("card", "events"),
    [
        (
            "4000 0000 0000 0259",
            ["charge.dispute.created", "charge.dispute.funds_withdrawn"],
        ),
        (
            "4000 0000 0000 2685",
            ["charge.dispute.created", "charge.dispute.funds_withdrawn"],
        ),
        ("4000 0000 0000 1976", ["charge.dispute.created"]),
        ("4000 0000 0000 5423", ["radar.early_fraud_warning.created"]),
    ],
)
async def test_cards_whose_banks_act(play: Playground, card: str, events: list[str]) -> None:
    charge = await play.sale(1000, card)

    types = await play.event_types()
    warnings = await play.stripe.v1.radar.early_fraud_warnings.list_async({"charge": charge.id})
    assert [each for each in types if "dispute" in each or "fraud" in each] == events
    assert len(warnings.data) == (card == "4000 0000 0000 5423")
