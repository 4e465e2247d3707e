"""Transfers to connected accounts, and their reversals."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import apply, refuse_unsupported
from chenu.sandbox.objects.transfer import new_transfer
from chenu.sandbox.objects.transfer_reversal import new_reversal

_SUPPORTED = (
    "amount",
    "currency",
    "description",
    "destination",
    "source_transaction",
    "source_type",
    "transfer_group",
)


@ROUTES.post("/v1/transfers")
def create(unit: UnitOfWork, parameters: Json) -> Record:
    refuse_unsupported(parameters, _SUPPORTED, "transfers.create")
    return new_transfer(unit, parameters)


@ROUTES.get("/v1/transfers")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    by = ("destination", "transfer_group")
    return page(unit, "transfer", "/v1/transfers", parameters, by=by)


@ROUTES.get("/v1/transfers/{transfer}")
def retrieve(unit: UnitOfWork, parameters: Json, transfer: str) -> Record:
    return unit.get("transfer", transfer)


@ROUTES.post("/v1/transfers/{transfer}")
def update(unit: UnitOfWork, parameters: Json, transfer: str) -> Record:
    record = unit.get("transfer", transfer)
    with unit.change(record, "transfer.updated") as body:
        apply(body, parameters, ("description",))
    return record


@ROUTES.post("/v1/transfers/{transfer}/reversals")
def reverse(unit: UnitOfWork, parameters: Json, transfer: str) -> Record:
    refuse_unsupported(parameters, ("amount", "description"), "transfers.reversals.create")
    record = unit.get("transfer", transfer)
    return new_reversal(unit, record, parameters.get("amount"), parameters)


@ROUTES.get("/v1/transfers/{transfer}/reversals")
def list_reversals(unit: UnitOfWork, parameters: Json, transfer: str) -> Json:
    unit.get("transfer", transfer)
    return page(
        unit,
        "transfer_reversal",
        f"/v1/transfers/{transfer}/reversals",
        parameters,
        [Filter("transfer", "=", transfer)],
    )


@ROUTES.get("/v1/transfers/{transfer}/reversals/{reversal}")
def retrieve_reversal(unit: UnitOfWork, parameters: Json, transfer: str, reversal: str) -> Record:
    return _reversal(unit, transfer, reversal)


@ROUTES.post("/v1/transfers/{transfer}/reversals/{reversal}")
def update_reversal(unit: UnitOfWork, parameters: Json, transfer: str, reversal: str) -> Record:
    record = _reversal(unit, transfer, reversal)
    with unit.change(record) as body:
        apply(body, parameters, ())
    return record


def _reversal(unit: UnitOfWork, transfer_id: str, reversal_id: str) -> Record:
    record = unit.get("transfer_reversal", reversal_id, noun="transfer reversal")
    if record.body["transfer"] != transfer_id:
        raise ApiError(
            f"No such transfer reversal: '{reversal_id}'",
            status=404,
            code="resource_missing",
            param="id",
        )
    return record
