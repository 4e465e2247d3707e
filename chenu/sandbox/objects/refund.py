"""Refunds of card charges, and their balance transactions."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.balance_transaction import book_transaction
from chenu.sandbox.objects.cards import get_card
from chenu.sandbox.objects.dispute import follow_refund, is_refundable
from chenu.sandbox.objects.parameters import apply, check_positive

_LATER = 3600
"""Seconds of the clock until a pending refund succeeds, or until a refund fails."""

_REFERENCE = "7890123456789012"


def new_refund(unit: UnitOfWork, charge: Record, parameters: Json) -> Record:
    """Refund a charge. Raises ApiError if the amount is more than what is left of the charge."""
    unit = unit.on_clock_of(charge)
    amount = _amount(unit, charge, parameters.get("amount"))
    behaviour = get_card(charge.internal["card"]).refund
    refund_id = unit.new_id("refund")
    charged = unit.get("balance_transaction", charge.body["balance_transaction"])
    booked = book_transaction(
        unit,
        "refund",
        -amount,
        refund_id,
        available_on=charged.body["available_on"],
        description=f"REFUND FOR CHARGE ({charge.id})",
    )
    body = shapes.new(
        "refund",
        id=refund_id,
        amount=amount,
        balance_transaction=booked.id,
        charge=charge.id,
        created=unit.now,
        customer=charge.body["customer"],
        destination_details=_destination("pending", None),
        payment_intent=charge.body["payment_intent"],
        payment_method=charge.body["payment_method"],
        status="pending" if behaviour == "pending" else "succeeded",
    )
    apply(body, parameters, ("reason",))
    if behaviour == "pending":
        body["pending_reason"] = "processing"
    refund = unit.create("refund", body)
    unit.emit("refund.created", refund.body)
    _count(unit, charge, amount)
    if behaviour == "succeeded":
        _add_bank_reference(unit, refund)
    else:
        unit.schedule(unit.now + _LATER, f"refund_{behaviour}", refund_id)
    return refund


def _amount(unit: UnitOfWork, charge: Record, wanted: int | None) -> int:
    if charge.body["status"] != "succeeded":
        raise ApiError(f"Charge {charge.id} has not succeeded: nothing to refund.", param="charge")
    if not is_refundable(unit, charge.id):
        raise ApiError(f"Charge {charge.id} has been charged back.", code="charge_disputed")
    left = int(charge.body["amount"] - charge.body["amount_refunded"])
    if left == 0:
        raise ApiError(
            f"Charge {charge.id} has already been refunded.", code="charge_already_refunded"
        )
    amount = left if wanted is None else wanted
    check_positive(amount)
    if amount > left:
        raise ApiError(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            code="amount_too_large",
            param="amount",
        )
    return amount


def _destination(status: str, reference: str | None) -> Json:
    return {
        "card": {
            "reference": reference,
            "reference_status": status,
            "reference_type": "acquirer_reference_number",
            "type": "refund",
        },
        "type": "card",
    }


def _count(unit: UnitOfWork, charge: Record, amount: int) -> None:
    """Add to `amount_refunded` of the charge; a negative amount subtracts."""
    before = charge.body["amount_refunded"]
    charge.body["amount_refunded"] = before + amount
    charge.body["refunded"] = charge.body["amount_refunded"] == charge.body["amount"]
    unit.save(charge)
    if amount > 0:
        unit.on_clock_of(charge).emit("charge.refunded", charge.body, {"amount_refunded": before})
        follow_refund(unit, charge)


def _add_bank_reference(unit: UnitOfWork, refund: Record) -> None:
    """Add the bank's reference, which emits `refund.updated`."""
    with unit.on_clock_of(refund).change(refund, "refund.updated") as body:
        body["destination_details"] = _destination("available", _REFERENCE)


@task("refund_pending")
def _arrive(unit: UnitOfWork, refund_id: str) -> None:
    refund = unit.get("refund", refund_id)
    if refund.body["status"] == "pending":
        succeed(unit, refund)


def succeed(unit: UnitOfWork, refund: Record) -> None:
    """A pending refund has arrived at the cardholder."""
    with unit.on_clock_of(refund).change(refund, "refund.updated") as body:
        body["status"] = "succeeded"
        body.pop("pending_reason", None)
        body["destination_details"] = _destination("available", _REFERENCE)


@task("refund_fails")
def _fail_later(unit: UnitOfWork, refund_id: str) -> None:
    refund = unit.get("refund", refund_id)
    if refund.body["status"] == "succeeded":
        fail(unit, refund)


def fail(unit: UnitOfWork, refund: Record) -> None:
    """The bank sent the money back: it is in the balance again."""
    _undo(unit, refund)
    refund.body |= {"failure_reason": "expired_or_canceled_card", "status": "failed"}
    unit.save(refund)
    unit.on_clock_of(refund).emit("refund.failed", refund.body)


def cancel(unit: UnitOfWork, refund: Record) -> None:
    _undo(unit, refund)
    with unit.on_clock_of(refund).change(refund, "refund.updated") as body:
        body["status"] = "canceled"


def _undo(unit: UnitOfWork, refund: Record) -> None:
    amount = refund.body["amount"]
    booked = book_transaction(unit, "refund_failure", amount, refund.id)
    refund.body["failure_balance_transaction"] = booked.id
    refund.body.pop("pending_reason", None)
    unit.save(refund)
    _count(unit, unit.get("charge", refund.body["charge"]), -amount)


def require_action(unit: UnitOfWork, refund: Record) -> None:
    """Make a pending refund wait for its receiver, as some payment methods do."""
    with unit.on_clock_of(refund).change(refund, "refund.updated") as body:
        body["status"] = "requires_action"
