"""Makes PaymentIntents, for the API's own call and for Checkout."""

from chenu.sandbox import shapes
from chenu.sandbox.json_types import Json
from chenu.sandbox.params import apply
from chenu.sandbox.store import Record
from chenu.sandbox.unit import UnitOfWork

INTENT_FIELDS = (
    "customer",
    "description",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)


def new_intent(unit: UnitOfWork, amount: int, parameters: Json) -> Record:
    """Create and announce one that still needs a payment method."""
    intent_id = unit.new_id("payment_intent")
    secret = unit.token(25)
    body = shapes.new(
        "payment_intent",
        id=intent_id,
        amount=amount,
        client_secret=f"{intent_id}_secret_{secret}",
        created=unit.now,
    )
    apply(body, parameters, INTENT_FIELDS)
    record = unit.create("payment_intent", body, internal={"secret": secret})
    unit.emit("payment_intent.created", record.body)
    return record
