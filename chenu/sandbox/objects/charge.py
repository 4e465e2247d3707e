"""Charges of cards, and the fee and the balance transaction of a successful one."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.clock import DAY, last_midnight
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.balance_transaction import book_transaction
from chenu.sandbox.objects.cards import TestCard, get_card
from chenu.sandbox.objects.dispute import open_dispute
from chenu.sandbox.objects.early_fraud_warning import warn
from chenu.sandbox.objects.payment_method import card_of

PENDING_DAYS = 7
_RATE_PER_MILLE = 15
_FIXED_CENTS = 25


def authentication_details() -> Json:
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": None,
        "version": "2.2.0",
    }


def settle(unit: UnitOfWork, charge: Record) -> None:
    """Book the charge. Its money is pending for a week, but for one test card."""
    card = get_card(charge.internal["card"])
    amount = charge.body["amount"]
    booked = book_transaction(
        unit,
        "charge",
        amount,
        charge.id,
        fee=card_fee(amount),
        available_on=unit.global_now if card.funds_at_once else _available_on(unit.global_now),
        description=charge.body["description"],
    )
    with unit.change(charge, "charge.updated") as body:
        body["balance_transaction"] = booked.id
    if card.bank == "warning":
        warn(unit, charge)
    elif card.bank is not None:
        open_dispute(unit, charge, card.bank, card.reason)


def _available_on(charged_at: int) -> int:
    """Stripe makes a whole day's money available together, at midnight in UTC."""
    return last_midnight(charged_at + PENDING_DAYS * DAY)


def new_charge(unit: UnitOfWork, intent: Record, method: Record) -> Record:
    """Store a successful charge, without an event."""
    card = card_of(method)
    charge_id = unit.new_id("charge")
    secret = unit.token()
    wanted = intent.body
    body = shapes.new(
        "charge",
        id=charge_id,
        amount=wanted["amount"],
        amount_captured=wanted["amount"],
        billing_details=copy_json(method.body["billing_details"]),
        calculated_statement_descriptor=wanted["statement_descriptor"] or "CHENU",
        created=unit.now,
        customer=wanted["customer"],
        description=wanted["description"],
        metadata=copy_json(wanted["metadata"]),
        outcome=_accepted(),
        payment_intent=intent.id,
        payment_method=method.id,
        payment_method_details={"type": "card", "card": _card_details(card, method, wanted)},
        receipt_email=wanted["receipt_email"],
        receipt_url=unit.config.link(f"/receipts/{charge_id}/{secret}"),
        statement_descriptor=wanted["statement_descriptor"],
        statement_descriptor_suffix=wanted["statement_descriptor_suffix"],
        transfer_group=wanted["transfer_group"],
    )
    internal = {"card": card.number, "secret": secret, "transferred": 0, "reserved_refunds": 0}
    return unit.create("charge", body, internal=internal)


def _accepted() -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }


def _card_details(card: TestCard, method: Record, intent: Json) -> Json:
    given = method.body["card"]
    details = shapes.new(
        "card_details",
        brand=card.brand,
        exp_month=given["exp_month"],
        exp_year=given["exp_year"],
        fingerprint=given["fingerprint"],
        last4=card.last4,
        network=card.brand,
        amount_authorized=intent["amount"],
    )
    details["overcapture"]["maximum_amount_capturable"] = intent["amount"]
    return details


def card_fee(amount: int) -> int:
    """1.5 % rounded half up, and 25 cents; in cents."""
    return (amount * _RATE_PER_MILLE + 500) // 1000 + _FIXED_CENTS
