"""Refunds."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import ApiError, unsupported
from chenu.sandbox.engine.expand import provides
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import apply, refuse_unsupported
from chenu.sandbox.objects.refund import cancel as cancel_refund
from chenu.sandbox.objects.refund import new_refund

_SUPPORTED = (
    "amount",
    "charge",
    "payment_intent",
    "reason",
    "refund_application_fee",
    "reverse_transfer",
)


@ROUTES.post("/v1/refunds")
def create(unit: UnitOfWork, parameters: Json) -> Record:
    refuse_unsupported(parameters, _SUPPORTED, "refunds.create")
    if unit.account:
        raise unsupported("refunds on connected accounts")
    for name in ("reverse_transfer", "refund_application_fee"):
        if parameters.get(name):
            raise ApiError(
                f"The charge has no destination transfer: {name} cannot be given.", param=name
            )
    return new_refund(unit, _charge(unit, parameters), parameters)


def _charge(unit: UnitOfWork, parameters: Json) -> Record:
    if "charge" in parameters:
        return unit.get("charge", parameters["charge"], param="charge")
    intent = unit.get("payment_intent", parameters["payment_intent"], param="payment_intent")
    if intent.body["status"] != "succeeded":
        raise ApiError(
            f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    return unit.get("charge", intent.body["latest_charge"])


@ROUTES.get("/v1/refunds")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    return page(unit, "refund", "/v1/refunds", parameters, by=("charge", "payment_intent"))


@ROUTES.get("/v1/refunds/{refund}")
def retrieve(unit: UnitOfWork, parameters: Json, refund: str) -> Record:
    return unit.get("refund", refund)


@ROUTES.post("/v1/refunds/{refund}")
def update(unit: UnitOfWork, parameters: Json, refund: str) -> Record:
    record = unit.get("refund", refund)
    with unit.on_clock_of(record).change(record, "refund.updated") as body:
        apply(body, parameters, ())
    return record


@ROUTES.post("/v1/refunds/{refund}/cancel")
def cancel(unit: UnitOfWork, parameters: Json, refund: str) -> Record:
    """As at Stripe only a refund that waits for its receiver; cards never do by themselves."""
    record = unit.get("refund", refund)
    if record.body["status"] != "requires_action":
        raise ApiError(
            "Only refunds with a status of requires_action can be canceled, this one is"
            f" {record.body['status']}.",
            param="refund",
        )
    cancel_refund(unit, record)
    return record


@provides("charge", "refunds")
def _refunds(unit: UnitOfWork, charge: Json) -> Json:
    filters = [Filter("charge", "=", charge["id"])]
    return page(unit, "refund", f"/v1/charges/{charge['id']}/refunds", {}, filters)
