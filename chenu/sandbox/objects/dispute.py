"""Disputes of card charges: money and a fee leave the balance at once, and come back when won."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.balance_transaction import book_transaction

_FEE = 2000
_TIME_TO_ANSWER = 7 * DAY


def open_dispute(unit: UnitOfWork, charge: Record) -> Record:
    """The cardholder's bank takes back what is left of a charge. Raises ApiError."""
    amount = int(charge.body["amount"] - charge.body["amount_refunded"])
    if charge.body["status"] != "succeeded" or charge.body["disputed"] or not amount:
        raise ApiError("There is nothing left of this charge to dispute.")
    unit = unit.on_clock_of(charge)
    dispute_id = unit.new_id("dispute")
    body = shapes.new(
        "dispute",
        id=dispute_id,
        amount=amount,
        charge=charge.id,
        created=unit.now,
        payment_intent=charge.body["payment_intent"],
    )
    body["evidence_details"]["due_by"] = unit.now + _TIME_TO_ANSWER
    with unit.change(charge) as disputed:
        disputed["disputed"] = True
    dispute = unit.create("dispute", body)
    unit.emit("charge.dispute.created", dispute.body)
    _book(unit, dispute, -amount, fee=_FEE)
    unit.emit("charge.dispute.funds_withdrawn", dispute.body)
    return dispute


def close_dispute(unit: UnitOfWork, dispute: Record, status: str) -> None:
    """`won`: the money comes back, the fee does not; `lost`: neither."""
    unit = unit.on_clock_of(dispute)
    with unit.change(dispute) as body:
        body["status"] = status
    unit.emit("charge.dispute.closed", dispute.body)
    if status == "won":
        _book(unit, dispute, dispute.body["amount"])
        unit.emit("charge.dispute.funds_reinstated", dispute.body)


def _book(unit: UnitOfWork, dispute: Record, amount: int, *, fee: int = 0) -> None:
    booked = book_transaction(unit, "adjustment", amount, dispute.id, fee=fee)
    booked.body["reporting_category"] = "dispute" if amount < 0 else "dispute_reversal"
    unit.save(booked)
    dispute.body["balance_transactions"].append(copy_json(booked.body))
    unit.save(dispute)
