"""Credit notes: they lower what an open invoice asks for, or document what a paid one returns."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.credit_lines import fill_totals, given_lines, lines_of_amount
from chenu.sandbox.objects.invoice import mark_paid
from chenu.sandbox.objects.invoice_collection import follow_payment
from chenu.sandbox.objects.invoice_payment import cancel_payment, find_intent, find_payment
from chenu.sandbox.objects.parameters import apply, check_positive
from chenu.sandbox.objects.refund import new_refund

_STANDING = ("pending", "requires_action", "succeeded")
"""Refunds that count; failed and canceled ones do not."""


def new_credit_note(unit: UnitOfWork, invoice: Record, given: Json) -> Record:
    """Create and announce, with the refund that is asked for. Raises ApiError."""
    unit = unit.on_clock_of(invoice)
    note = _describe(unit, invoice, given)
    _check_amounts(unit, invoice, note, given)
    refunds = _refunds(unit, invoice, given)
    note["refunds"] = [
        {"amount_refunded": amount, "payment_record_refund": None, "refund": one, "type": "refund"}
        for one, amount in refunds
    ]
    _check_sum(note, given)
    record = unit.create("credit_note", note, internal={"secret": unit.token()})
    link = unit.config.link(f"/credit_notes/{record.id}.{record.internal['secret']}/pdf")
    record.body["pdf"] = link
    unit.save(record)
    unit.emit("credit_note.created", record.body)
    _adjust_invoice(unit, invoice, note)
    return record


def _describe(unit: UnitOfWork, invoice: Record, given: Json) -> Json:
    """The body, before money moves."""
    if ("amount" in given) == ("lines" in given):
        raise ApiError(
            "You must provide one of `amount` or `lines`.", code="parameter_missing", param="amount"
        )
    if "amount" in given:
        check_positive(given["amount"])
        lines = lines_of_amount(unit, invoice.body, given["amount"])
    else:
        lines = given_lines(unit, invoice.body, given["lines"])
    document_id = unit.new_id("credit_note")
    body = shapes.new(
        "credit_note",
        id=document_id,
        created=unit.now,
        customer=invoice.body["customer"],
        effective_at=given.get("effective_at", unit.now),
        invoice=invoice.id,
        number=f"{invoice.body['number']}-CN-{len(notes_of(unit, invoice.id)) + 1:02d}",
        pdf=unit.config.link(f"/credit_notes/{document_id}"),
    )
    apply(body, given, ("memo", "out_of_band_amount", "reason"))
    body["lines"] |= {"data": lines, "url": f"/v1/credit_notes/{document_id}/lines"}
    fill_totals(body)
    before = min(body["total"], invoice.body["amount_remaining"])
    after = body["total"] - before
    kinds = {(True, False): "pre_payment", (False, True): "post_payment"}
    body |= {
        "post_payment_amount": after,
        "pre_payment_amount": before,
        "type": kinds.get((before > 0, after > 0), "mixed"),
    }
    return body


def notes_of(unit: UnitOfWork, invoice_id: str) -> list[Record]:
    filters = [Filter("invoice", "=", invoice_id)]
    return unit.store.select("credit_note", unit.account, filters)


def _check_amounts(unit: UnitOfWork, invoice: Record, note: Json, given: Json) -> None:
    if invoice.body["status"] not in ("open", "paid", "uncollectible"):
        raise ApiError(
            f"You cannot issue a credit note for an invoice that is {invoice.body['status']}.",
            param="invoice",
        )
    for name in ("refund_amount", "out_of_band_amount"):
        if name in given:
            check_positive(given[name], name)
    left = _creditable(unit, invoice, given)
    if note["post_payment_amount"] > left:
        raise ApiError(
            f"The credit note's amount is more than what is left of the invoice ({left}): other"
            " credit notes and refunds count.",
            param="amount" if "amount" in given else "lines",
        )


def _creditable(unit: UnitOfWork, invoice: Record, given: Json) -> int:
    """What was paid, less what credit notes and refunds of their own have given back."""
    linked = {one["refund"] for note in notes_of(unit, invoice.id) for one in note.body["refunds"]}
    linked |= {one["refund"] for one in given.get("refunds") or [] if "refund" in one}
    own = sum(
        one.body["amount"]
        for one in _refunds_of(unit, invoice)
        if one.id not in linked and one.body["status"] in _STANDING
    )
    body = invoice.body
    return int(body["amount_paid"] - body["post_payment_credit_notes_amount"] - own)


def _charge_of(unit: UnitOfWork, invoice: Record) -> Record | None:
    intent = find_intent(unit, invoice)
    charge_id = intent.body["latest_charge"] if intent else None
    return unit.find("charge", charge_id) if charge_id else None


def _refunds_of(unit: UnitOfWork, invoice: Record) -> list[Record]:
    charge = _charge_of(unit, invoice)
    if charge is None:
        return []
    return unit.store.select("refund", unit.account, [Filter("charge", "=", charge.id)])


def _refunds(unit: UnitOfWork, invoice: Record, given: Json) -> list[tuple[str, int]]:
    """Ids and amounts of the refunds that belong to the note; a new one is made if asked for."""
    found = [
        _linked(unit, invoice, one, f"refunds[{place}]")
        for place, one in enumerate(given.get("refunds") or [])
    ]
    if "refund_amount" in given:
        charge = _charge_of(unit, invoice)
        if charge is None or charge.body["status"] != "succeeded":
            raise ApiError("The invoice has no payment to refund.", param="refund_amount")
        refund = new_refund(unit, charge, {"amount": given["refund_amount"]})
        found.append((refund.id, refund.body["amount"]))
    return found


def _linked(unit: UnitOfWork, invoice: Record, given: Json, where: str) -> tuple[str, int]:
    refund = unit.get("refund", given.get("refund", ""), param=f"{where}[refund]")
    if refund.id not in [one.id for one in _refunds_of(unit, invoice)]:
        raise ApiError("The refund is not one of this invoice.", param=f"{where}[refund]")
    used = sum(
        one["amount_refunded"]
        for note in notes_of(unit, invoice.id)
        for one in note.body["refunds"]
        if one["refund"] == refund.id
    )
    left = int(refund.body["amount"] - used)
    amount = int(given.get("amount_refunded", left))
    if not 0 < amount <= left or refund.body["status"] not in _STANDING:
        raise ApiError(
            f"Only {left} of this refund can belong to a credit note.",
            param=f"{where}[amount_refunded]",
        )
    return refund.id, amount


def _check_sum(note: Json, given: Json) -> None:
    back = sum(one["amount_refunded"] for one in note["refunds"])
    back += note["out_of_band_amount"] or 0
    if back != note["post_payment_amount"]:
        raise ApiError(
            "The sum of refund_amount, refunds and out_of_band_amount must equal the credit note"
            f" amount that the invoice has already collected ({note['post_payment_amount']}), and"
            f" not {back}.",
            param="refund_amount",
        )


def _adjust_invoice(unit: UnitOfWork, invoice: Record, note: Json) -> None:
    before = note["pre_payment_amount"]
    with unit.change(invoice, "invoice.updated") as body:
        body["post_payment_credit_notes_amount"] += note["post_payment_amount"]
        body["pre_payment_credit_notes_amount"] += before
        body["amount_due"] -= before
        body["amount_remaining"] -= before
    if before and invoice.body["amount_remaining"] == 0:
        cancel_payment(unit, invoice)
        mark_paid(unit, invoice)
        follow_payment(unit, invoice)
    elif before:
        _ask_for_less(unit, invoice)


def _ask_for_less(unit: UnitOfWork, invoice: Record) -> None:
    """The open payment asks for what remains."""
    payment, intent = find_payment(unit, invoice), find_intent(unit, invoice)
    if payment is None or intent is None:
        return
    with unit.change(payment) as body:
        body["amount_requested"] = invoice.body["amount_remaining"]
    with unit.change(intent) as body:
        body["amount"] = invoice.body["amount_remaining"]
