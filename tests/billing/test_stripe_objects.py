"""What we read out of Stripe's objects: absent and null fields are None, never an error."""

import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import stripe

from chenu.billing.gateway import CheckoutStatus
from chenu.billing.stripe_objects import (
    read_account,
    read_event,
    read_event_body,
    read_movement,
    read_session,
    read_thin_body,
)

SESSION: dict[str, Any] = {
    "id": "cs_1",
    "status": "complete",
    "payment_status": "paid",
    "expires_at": 1_800_000_000,
    "currency": "eur",
    "amount_total": 999,
    "total_details": {"amount_discount": 100, "amount_tax": 20},
    "metadata": {"purchase_id": "p", "kind": "agent"},
    "payment_intent": {
        "id": "pi_1",
        "latest_charge": {
            "id": "ch_1",
            "amount": 999,
            "currency": "eur",
            "created": 1_700_000_000,
            "amount_refunded": 0,
            "receipt_url": "https://receipt",
            "balance_transaction": {"id": "txn_1", "fee": 40},
        },
    },
    "invoice": {"id": "in_1", "hosted_invoice_url": "https://invoice"},
    "a_field_of_next_year": {"x": 1},
}
OPEN = {"id": "cs_1", "status": "open", "payment_status": "unpaid", "expires_at": 1_800_000_000}


def with_charge(**changes: Any) -> dict[str, Any]:
    intent = SESSION["payment_intent"]
    charge = {**intent["latest_charge"], **changes}
    return {**SESSION, "payment_intent": {**intent, "latest_charge": charge}}


def test_a_paid_session_has_its_charge_with_fee_and_addresses() -> None:
    session = read_session(SESSION)

    assert session.charge is not None
    assert (session.is_paid, session.status) == (True, CheckoutStatus.COMPLETE)
    assert (session.charge.id, session.charge.payment_intent_id, session.charge.fee) == (
        "ch_1",
        "pi_1",
        40,
    )
    assert (session.amount_total, session.amount_discount, session.amount_tax) == (999, 100, 20)
    assert (session.invoice_url, session.charge.receipt_url) == (
        "https://invoice",
        "https://receipt",
    )
    assert session.expires_at == datetime.fromtimestamp(1_800_000_000, UTC)


@pytest.mark.parametrize(
    "payload",
    [
        OPEN,
        {**OPEN, "payment_intent": None, "invoice": None, "metadata": None, "total_details": None},
        {**OPEN, "payment_intent": "pi_1", "invoice": "in_1", "amount_total": None},
        {**OPEN, "payment_intent": {"id": "pi_1", "latest_charge": None}},
        {**OPEN, "payment_intent": {"id": "pi_1", "latest_charge": "ch_1"}},
        {**SESSION, "payment_intent": {"id": "pi_1"}},
        with_charge(balance_transaction=None),
        with_charge(balance_transaction="txn_1"),
    ],
    ids=[
        "open", "nulls", "ids", "no charge", "charge's id", "no charge yet",
        "not booked at Stripe yet", "fee not asked for",
    ],
)  # fmt: skip
def test_there_is_no_charge_before_stripe_has_booked_it(payload: dict[str, Any]) -> None:
    assert read_session(payload).charge is None


@pytest.mark.parametrize(
    ("error", "decline"),
    [
        ({"code": "card_declined", "decline_code": "lost_card"}, "lost_card"),
        ({"code": "expired_card"}, "expired_card"),
        ({"code": None, "decline_code": None}, None),
        (None, None),
    ],
)
def test_a_decline_is_reported_as_exactly_as_stripe_does(error: Any, decline: str | None) -> None:
    payload = {**OPEN, "payment_intent": {"id": "pi_1", "last_payment_error": error}}

    assert read_session(payload).last_decline == decline


@pytest.mark.parametrize(
    ("payload", "status", "closed", "requirements"),
    [
        ({"id": "acct_1"}, "restricted", False, ()),
        ({"id": "acct_1", "closed": True, "configuration": None}, "restricted", True, ()),
        ({"id": "acct_1", "configuration": {"recipient": None}}, "restricted", False, ()),
        (
            {"id": "acct_1", "configuration": {"recipient": {"capabilities": None}}},
            "restricted",
            False,
            (),
        ),
        (
            {
                "id": "acct_1",
                "configuration": {
                    "recipient": {
                        "capabilities": {
                            "stripe_balance": {"stripe_transfers": {"status": "active"}}
                        }
                    }
                },
                "requirements": {"entries": [{"description": "a name"}]},
            },
            "active",
            False,
            ("a name",),
        ),
    ],
)
def test_an_account_can_be_paid_only_when_stripe_says_active(
    payload: dict[str, Any], status: str, closed: bool, requirements: tuple[str, ...]
) -> None:
    state = read_account(payload)

    assert (state.transfers_status, state.is_closed, state.requirements) == (
        status,
        closed,
        requirements,
    )
    assert state.can_be_paid is (status == "active" and not closed)


def test_an_event_keeps_what_identifies_it_and_no_payload() -> None:
    payload = {
        "id": "evt_1",
        "type": "account.updated",
        "created": 1_800_000_000,
        "account": "acct_1",
        "data": {"object": {"id": "acct_1", "email": "zoe@example.org"}},
    }

    event = read_event(payload)

    assert (event.id, event.object_id, event.related_account) == ("evt_1", "acct_1", "acct_1")
    assert event == read_event_body(msgspec.json.encode(payload))


@pytest.mark.parametrize("account", [None, "acct_1"])
@pytest.mark.parametrize("object_id", ["cs_1", "evt_é", ""])
def test_an_event_is_read_as_stripe_s_own_library_reads_it(
    account: str | None, object_id: str
) -> None:
    payload = {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "created": 1_800_000_000,
        "account": account,
        "data": {"object": {**SESSION, "id": object_id, "object": "checkout.session"}},
    }
    body = json.dumps(payload).encode()
    moment = int(time.time())
    digest = hmac.new(b"whsec_1", b"%d." % moment + body, "sha256").hexdigest()

    ours = read_event_body(body)
    theirs = stripe.Webhook.construct_event(body, f"t={moment},v1={digest}", "whsec_1")

    assert (ours.id, ours.type) == (theirs.id, theirs.type)
    assert ours.object_id == theirs.data.object["id"]
    assert ours.related_account == getattr(theirs, "account", None)
    assert ours.created.timestamp() == theirs.created


def test_a_thin_event_names_its_object_or_nothing() -> None:
    body = b'{"id":"evt_1","type":"t","created":"2026-11-22T10:00:00.123Z","related_object":null}'
    named = body.replace(b"null", b'{"id":"acct_1","type":"v2.core.account","url":"/x"}')

    assert read_thin_body(body).object_id == ""
    assert read_thin_body(named).object_id == "acct_1"
    assert read_thin_body(body).created.tzinfo is not None


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"\xff", b'{"id":1,"type":"x"}'])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    for read in (read_event_body, read_thin_body):
        with pytest.raises(msgspec.DecodeError):
            read(body)


def test_a_movement_without_a_source_is_read() -> None:
    amounts = {"amount": -5, "fee": 0, "net": -5, "currency": "eur"}
    line = {"id": "txn_1", "type": "payout", "created": 1, **amounts}

    assert read_movement({**line, "source": None}).source_id == ""
    assert read_movement(line).amount == -5
