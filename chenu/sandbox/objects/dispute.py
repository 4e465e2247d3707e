"""Disputes of card charges: their life, and the money and the fee that they move."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.balance_transaction import book_transaction
from chenu.sandbox.objects.parameters import apply

_FEE = 2000
_TIME_TO_ANSWER = 7 * DAY
_INQUIRY_LIFE = 120 * DAY

KINDS = {
    "dispute": ("needs_response", "chargeback"),
    "inquiry": ("warning_needs_response", "inquiry"),
    "prevented": ("prevented", "block"),
}
"""Status and case type of what is opened; only a dispute moves money."""

_INQUIRY = ("warning_needs_response", "warning_under_review")
_STANDING = ("needs_response", "under_review", "appeal_needs_response", "appeal_under_review")
_AFTER_EVIDENCE = {
    "needs_response": "under_review",
    "warning_needs_response": "warning_under_review",
    "appeal_needs_response": "appeal_under_review",
}
MOVES = {
    "won": _STANDING,
    "lost": _STANDING,
    "warning_closed": _INQUIRY,
    "needs_response": _INQUIRY,
    "appeal_needs_response": ("lost",),
}
"""What the bank may decide, and of which statuses."""

_WINNING, _LOSING = "winning_evidence", "losing_evidence"


def open_dispute(
    unit: UnitOfWork, charge: Record, kind: str = "dispute", reason: str = "fraudulent"
) -> Record:
    """The cardholder's bank questions what is left of a charge. Raises ApiError."""
    amount = int(charge.body["amount"] - charge.body["amount_refunded"])
    if charge.body["status"] != "succeeded" or not amount or _is_disputed(unit, charge.id):
        raise ApiError("There is nothing left of this charge to dispute.")
    unit = unit.on_clock_of(charge)
    dispute = unit.create("dispute", _new_body(unit, charge, amount, kind, reason))
    with unit.change(charge) as disputed:
        disputed["disputed"] = True
    unit.emit("charge.dispute.created", dispute.body)
    if kind == "dispute":
        _withdraw(unit, dispute)
    elif kind == "inquiry":
        unit.schedule(unit.now + _INQUIRY_LIFE, "inquiry_ends", dispute.id)
    return dispute


def _new_body(unit: UnitOfWork, charge: Record, amount: int, kind: str, reason: str) -> Json:
    status, case_type = KINDS[kind]
    body = shapes.new(
        "dispute",
        id=unit.new_id("dispute"),
        amount=amount,
        charge=charge.id,
        created=unit.now,
        is_charge_refundable=kind != "dispute",
        payment_intent=charge.body["payment_intent"],
        reason=reason,
        status=status,
    )
    body["payment_method_details"]["card"]["case_type"] = case_type
    body["evidence_details"]["due_by"] = unit.now + _TIME_TO_ANSWER
    return body


def _is_disputed(unit: UnitOfWork, charge_id: str) -> bool:
    found = unit.store.select(
        "dispute", unit.account, [Filter("charge", "=", charge_id)], limit=100
    )
    return any(each.body["status"] not in ("warning_closed", "prevented") for each in found)


def is_refundable(unit: UnitOfWork, charge_id: str) -> bool:
    """Whether no dispute of the charge forbids to refund it."""
    found = unit.store.select(
        "dispute", unit.account, [Filter("charge", "=", charge_id)], limit=100
    )
    return all(each.body["is_charge_refundable"] for each in found)


def _withdraw(unit: UnitOfWork, dispute: Record) -> None:
    """Money and a fee leave the balance; unanswered, it is lost."""
    _book(unit, dispute, -dispute.body["amount"], fee=_FEE)
    unit.emit("charge.dispute.funds_withdrawn", dispute.body)
    unit.schedule(dispute.body["evidence_details"]["due_by"], "dispute_due", dispute.id)


def give_evidence(unit: UnitOfWork, dispute: Record, parameters: Json) -> None:
    """Stage evidence, and submit it unless told otherwise. Raises ApiError."""
    unit = unit.on_clock_of(dispute)
    submits = parameters.get("submit", "evidence" in parameters)
    if ("evidence" in parameters or submits) and dispute.body["status"] not in _AFTER_EVIDENCE:
        raise ApiError(
            f"The evidence of a dispute that is {dispute.body['status']} cannot be changed."
        )
    with unit.change(dispute, "charge.dispute.updated") as body:
        apply(body, parameters, ())
        apply(body["evidence"], parameters.get("evidence", {}), parameters.get("evidence", {}))
        details = body["evidence_details"]
        details["has_evidence"] = any(body["evidence"].values())
        if submits:
            details["submission_count"] += 1
            details["submission_method"] = "manual"
            body["status"] = _AFTER_EVIDENCE[body["status"]]
    if submits:
        _decide_by_evidence(unit, dispute)


def _decide_by_evidence(unit: UnitOfWork, dispute: Record) -> None:
    """Stripe's test texts decide; anything else waits for the control room."""
    text = str(dispute.body["evidence"]["uncategorized_text"] or "")
    is_inquiry = dispute.body["status"] in _INQUIRY
    if _WINNING in text:
        move(unit, dispute, "warning_closed" if is_inquiry else "won")
    elif _LOSING in text:
        move(unit, dispute, "needs_response" if is_inquiry else "lost")


def accept(unit: UnitOfWork, dispute: Record) -> None:
    """`close` at Stripe: no evidence will come. Raises ApiError."""
    if dispute.body["status"] != "needs_response":
        raise ApiError(f"A dispute that is {dispute.body['status']} cannot be closed.")
    move(unit, dispute, "lost")


def move(unit: UnitOfWork, dispute: Record, status: str) -> None:
    """What the bank decides. Raises ApiError where that cannot follow."""
    if dispute.body["status"] not in MOVES[status]:
        raise ApiError(f"A dispute that is {dispute.body['status']} does not become {status}.")
    unit = unit.on_clock_of(dispute)
    with unit.change(dispute) as body:
        before = body["status"]
        body["status"] = status
        body["is_charge_refundable"] = status == "warning_closed"
    if status.endswith("needs_response"):
        _go_on(unit, dispute, before)
        return
    unit.emit("charge.dispute.closed", dispute.body)
    if status == "won":
        _book(unit, dispute, dispute.body["amount"])
        unit.emit("charge.dispute.funds_reinstated", dispute.body)


def _go_on(unit: UnitOfWork, dispute: Record, before: str) -> None:
    """An inquiry escalates, which moves money; an appeal moves none before it is decided."""
    dispute.body["evidence_details"]["due_by"] = unit.now + _TIME_TO_ANSWER
    if before in _INQUIRY:
        dispute.body["payment_method_details"]["card"]["case_type"] = "chargeback"
    unit.save(dispute)
    unit.emit("charge.dispute.updated", dispute.body, {"status": before})
    if before in _INQUIRY:
        _withdraw(unit, dispute)


def follow_refund(unit: UnitOfWork, charge: Record) -> None:
    """An inquiry ends when everything was refunded."""
    if not charge.body["refunded"]:
        return
    filters = [Filter("charge", "=", charge.id)]
    for dispute in unit.store.select("dispute", unit.account, filters, limit=100):
        if dispute.body["status"] in _INQUIRY:
            move(unit, dispute, "warning_closed")


@task("dispute_due")
def _lose_unanswered(unit: UnitOfWork, dispute_id: str) -> None:
    dispute = unit.get("dispute", dispute_id)
    if dispute.body["status"] == "needs_response":
        dispute.body["evidence_details"]["past_due"] = True
        move(unit, dispute, "lost")


@task("inquiry_ends")
def _close_inquiry(unit: UnitOfWork, dispute_id: str) -> None:
    dispute = unit.get("dispute", dispute_id)
    if dispute.body["status"] in _INQUIRY:
        move(unit, dispute, "warning_closed")


def _book(unit: UnitOfWork, dispute: Record, amount: int, *, fee: int = 0) -> None:
    booked = book_transaction(unit, "adjustment", amount, dispute.id, fee=fee)
    booked.body["reporting_category"] = "dispute" if amount < 0 else "dispute_reversal"
    unit.save(booked)
    dispute.body["balance_transactions"].append(copy_json(booked.body))
    unit.save(dispute)
