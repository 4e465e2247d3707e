"""Invoices: made by Checkout and by subscriptions; drafts are edited, open ones paid or voided."""

from chenu.sandbox.api.lists import embedded_page, page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import ApiError, CardDeclined
from chenu.sandbox.engine.expand import provides
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.invoice import finalize, mark_paid, mark_uncollectible
from chenu.sandbox.objects.invoice import void as void_invoice
from chenu.sandbox.objects.invoice_collection import (
    collect,
    finalize_and_collect,
    follow_payment,
    resume_without_payment,
)
from chenu.sandbox.objects.invoice_payment import cancel_payment, find_intent
from chenu.sandbox.objects.parameters import apply, refuse_unsupported
from chenu.sandbox.objects.payment_intent import Attempt, declined_error
from chenu.sandbox.objects.payment_method import usable_method
from chenu.sandbox.objects.subscription import subscription_of, waits_for
from chenu.sandbox.objects.subscription_deadlines import drop_pending_update

_OF_SUBSCRIPTION = "parent.subscription_details.subscription"
_UPDATED = ("auto_advance", "custom_fields", "description", "footer")


@ROUTES.get("/v1/invoices")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    of = parameters.get("subscription")
    return page(
        unit,
        "invoice",
        "/v1/invoices",
        parameters,
        [Filter(_OF_SUBSCRIPTION, "=", of)] if of else (),
        by=("collection_method", "customer", "status"),
        handled=("subscription",),
    )


@ROUTES.get("/v1/invoices/{invoice}")
def retrieve(unit: UnitOfWork, parameters: Json, invoice: str) -> Record:
    return unit.get("invoice", invoice)


@ROUTES.post("/v1/invoices/{invoice}")
def update(unit: UnitOfWork, parameters: Json, invoice: str) -> Record:
    refuse_unsupported(parameters, _UPDATED, "invoices.update")
    record = unit.get("invoice", invoice)
    unit = unit.on_clock_of(record)
    if record.body["status"] != "draft" and parameters.keys() & {*_UPDATED[1:]}:
        raise ApiError(
            "Finalized invoices can't be updated in this way: only metadata and auto_advance can.",
            code="invoice_not_editable",
        )
    if record.body["status"] in ("paid", "void") and "auto_advance" in parameters:
        raise ApiError("This invoice is closed.", code="invoice_not_editable")
    with unit.change(record, "invoice.updated") as body:
        apply(body, parameters, _UPDATED)
        body["custom_fields"] = body["custom_fields"] or None
        if not body["auto_advance"]:
            body["next_payment_attempt"] = None
            body["automatically_finalizes_at"] = None
    return record


@ROUTES.post("/v1/invoices/{invoice}/finalize")
def finalize_draft(unit: UnitOfWork, parameters: Json, invoice: str) -> Record:
    """Opens a draft. It is collected at once where it advances automatically."""
    record = unit.get("invoice", invoice)
    unit = unit.on_clock_of(record)
    if record.body["status"] != "draft":
        raise ApiError(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
            code="invoice_not_editable",
        )
    if "auto_advance" in parameters:
        record.body["auto_advance"] = parameters["auto_advance"]
    finalize_and_collect(unit, record, is_collected=record.body["auto_advance"])
    return unit.get("invoice", invoice)


@ROUTES.post("/v1/invoices/{invoice}/pay")
def pay(unit: UnitOfWork, parameters: Json, invoice: str) -> Record:
    """Charges an open invoice, which a draft becomes first. Raises CardDeclined."""
    refuse_unsupported(
        parameters, ("off_session", "paid_out_of_band", "payment_method"), "invoices.pay"
    )
    record = unit.get("invoice", invoice)
    unit = unit.on_clock_of(record)
    _check_payable(record)
    if record.body["status"] == "draft":
        finalize(unit, record)
    if parameters.get("paid_out_of_band") or record.body["amount_due"] == 0:
        cancel_payment(unit, record)
        mark_paid(unit, record)
        follow_payment(unit, record)
        return unit.get("invoice", invoice)
    method_id = parameters.get("payment_method")
    customer_id = record.body["customer"]
    method = usable_method(unit, method_id, customer_id) if method_id else None
    attempt = collect(unit, record, method)
    intent = find_intent(unit, record)
    if attempt.status != "succeeded" and intent is not None:
        raise _not_paid(intent, attempt)
    return unit.get("invoice", invoice)


def _not_paid(intent: Record, attempt: Attempt) -> ApiError:
    if attempt.status == "requires_action":
        return CardDeclined(
            "This payment requires additional user action before it can be completed.",
            status=402,
            kind="card_error",
            code="invoice_payment_intent_requires_action",
            details={"payment_intent": intent.body},
        )
    if attempt.decline is None:
        return ApiError(
            "There is no `default_payment_method` set on this Customer or Invoice. Please set one"
            " of these before attempting to pay.",
            code="missing",
        )
    return declined_error(intent, attempt)


def _check_payable(invoice: Record) -> None:
    status = invoice.body["status"]
    if status == "paid":
        raise ApiError("Invoice is already paid", code="invoice_already_paid")
    if status == "void":
        raise ApiError("Invoice is void and cannot be paid", code="invoice_not_editable")


def _is_pending_update(subscription: Record, invoice: Record) -> bool:
    return waits_for(subscription, invoice) and subscription.body["pending_update"] is not None


@ROUTES.post("/v1/invoices/{invoice}/void")
def void(unit: UnitOfWork, parameters: Json, invoice: str) -> Record:
    record = unit.get("invoice", invoice)
    if record.body["status"] not in ("open", "uncollectible"):
        raise _not_open(record, "void")
    unit = unit.on_clock_of(record)
    subscription = subscription_of(unit, record)
    if subscription is not None and _is_pending_update(subscription, record):
        drop_pending_update(unit, subscription)
        return unit.get("invoice", invoice)
    void_invoice(unit, record)
    return record


@ROUTES.post("/v1/invoices/{invoice}/mark_uncollectible")
def give_up(unit: UnitOfWork, parameters: Json, invoice: str) -> Record:
    record = unit.get("invoice", invoice)
    if record.body["status"] != "open":
        raise _not_open(record, "mark as uncollectible")
    unit = unit.on_clock_of(record)
    mark_uncollectible(unit, record)
    resume_without_payment(unit, record)
    return record


def _not_open(invoice: Record, what: str) -> ApiError:
    return ApiError(
        f"You can only {what} open invoices: the status of this one is {invoice.body['status']}.",
        code="invoice_not_editable",
    )


@ROUTES.get("/v1/invoices/{invoice}/lines")
def list_lines(unit: UnitOfWork, parameters: Json, invoice: str) -> Json:
    lines = unit.get("invoice", invoice).body["lines"]
    return embedded_page(lines["data"], lines["url"], parameters)


@provides("invoice", "payments")
def _payments(unit: UnitOfWork, invoice: Json) -> Json:
    filters = [Filter("invoice", "=", invoice["id"])]
    return page(unit, "invoice_payment", "/v1/invoice_payments", {}, filters)


@provides("invoice", "confirmation_secret")
def _confirmation_secret(unit: UnitOfWork, invoice: Json) -> Json | None:
    """The secret with which a page of the app confirms the payment; null where none is due."""
    record = unit.find("invoice", invoice["id"])
    intent = find_intent(unit, record) if record and record.body["status"] == "open" else None
    if intent is None:
        return None
    return {"client_secret": intent.body["client_secret"], "type": "payment_intent"}
