"""Early fraud warnings: a bank suspects fraud, and nobody has disputed the charge yet."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork


def warn(unit: UnitOfWork, charge: Record) -> Record:
    """Raises ApiError for a charge that has not succeeded."""
    if charge.body["status"] != "succeeded":
        raise ApiError("Only charges that succeeded are warned of.")
    unit = unit.on_clock_of(charge)
    body = shapes.new(
        "radar.early_fraud_warning",
        id=unit.new_id("radar.early_fraud_warning"),
        actionable=not charge.body["disputed"] and not charge.body["refunded"],
        charge=charge.id,
        created=unit.now,
        payment_intent=charge.body["payment_intent"],
    )
    warning = unit.create("radar.early_fraud_warning", body)
    unit.emit("radar.early_fraud_warning.created", warning.body)
    return warning
