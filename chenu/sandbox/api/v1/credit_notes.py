"""Credit notes."""

from chenu.sandbox.api.lists import embedded_page, page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.credit_note import new_credit_note
from chenu.sandbox.objects.parameters import apply, refuse_unsupported

_URL = "/v1/credit_notes"
_SUPPORTED = (
    "amount",
    "effective_at",
    "email_type",
    "invoice",
    "lines",
    "memo",
    "out_of_band_amount",
    "reason",
    "refund_amount",
    "refunds",
)


class _Undone(Exception):
    """Carries a preview out of what is undone."""

    def __init__(self, note: Json) -> None:
        super().__init__("undone")
        self.note = note


@ROUTES.post(_URL)
def create(unit: UnitOfWork, parameters: Json) -> Record:
    refuse_unsupported(parameters, _SUPPORTED, "credit_notes.create")
    invoice = unit.get("invoice", parameters["invoice"], param="invoice")
    return new_credit_note(unit, invoice, parameters)


@ROUTES.get(_URL + "/preview")
def preview(unit: UnitOfWork, parameters: Json) -> Json:
    """What would be issued is issued, read, and undone."""
    refuse_unsupported(parameters, _SUPPORTED, "credit_notes.preview")
    invoice = unit.get("invoice", parameters["invoice"], param="invoice")
    try:
        with unit.store.savepoint():
            raise _Undone(copy_json(new_credit_note(unit, invoice, parameters).body))
    except _Undone as shown:
        return shown.note


@ROUTES.get(_URL)
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    by = ("customer", "invoice")
    return page(unit, "credit_note", _URL, parameters, by=by, noun="credit note")


@ROUTES.get(_URL + "/{credit_note}")
def retrieve(unit: UnitOfWork, parameters: Json, credit_note: str) -> Record:
    return unit.get("credit_note", credit_note)


@ROUTES.post(_URL + "/{credit_note}")
def update(unit: UnitOfWork, parameters: Json, credit_note: str) -> Record:
    record = unit.get("credit_note", credit_note)
    with unit.on_clock_of(record).change(record, "credit_note.updated") as body:
        apply(body, parameters, ("memo",))
    return record


@ROUTES.get(_URL + "/{credit_note}/lines")
def list_lines(unit: UnitOfWork, parameters: Json, credit_note: str) -> Json:
    lines = unit.get("credit_note", credit_note).body["lines"]
    return embedded_page(lines["data"], lines["url"], parameters)
