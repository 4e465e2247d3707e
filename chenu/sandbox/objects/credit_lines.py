"""What a credit note credits: a part of each line of its invoice, with its discounts and taxes."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError, missing, unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.discount_amounts import spread
from chenu.sandbox.objects.invoice_lines import pretax_credits, total_taxes
from chenu.sandbox.objects.parameters import check_positive, refuse_unsupported
from chenu.sandbox.objects.proration import share

_SUPPORTED = ("amount", "description", "invoice_line_item", "quantity", "type", "unit_amount")


def lines_of_amount(unit: UnitOfWork, invoice: Json, amount: int) -> list[Json]:
    """An amount, taxes included, spread over what the lines cost."""
    lines = [line for line in invoice["lines"]["data"] if cost_of(line) > 0]
    weights = [cost_of(line) for line in lines]
    if amount > sum(weights):
        return [_custom_line(unit, "Credit", 1, amount)]
    parts = spread(amount, weights)
    return [
        _part(unit, line, part, cost_of(line))
        for line, part in zip(lines, parts, strict=True)
        if part
    ]


def cost_of(line: Json) -> int:
    """What a line of an invoice or of a credit note adds to the total."""
    off: int = sum(one["amount"] for one in line["discount_amounts"] or ())
    on_top: int = sum(
        one["amount"] for one in line["taxes"] or () if one["tax_behavior"] == "exclusive"
    )
    return int(line["amount"]) - off + on_top


def given_lines(unit: UnitOfWork, invoice: Json, given: list[Json]) -> list[Json]:
    """The lines that the parameters name; raises ApiError."""
    return [_given_line(unit, invoice, one, f"lines[{place}]") for place, one in enumerate(given)]


def _given_line(unit: UnitOfWork, invoice: Json, given: Json, where: str) -> Json:
    refuse_unsupported(given, _SUPPORTED, "lines of credit notes")
    if given["type"] == "custom_line_item":
        return _given_custom_line(unit, invoice, given, where)
    line = _invoice_line(invoice, given, where)
    if ("amount" in given) == ("quantity" in given):
        raise ApiError("Give the amount or the quantity of the line.", param=f"{where}[amount]")
    if "quantity" in given:
        check_positive(given["quantity"], f"{where}[quantity]")
        if given["quantity"] > line["quantity"]:
            raise ApiError("The line has no such quantity.", param=f"{where}[quantity]")
        return _part(unit, line, given["quantity"], line["quantity"], given["quantity"])
    if line["taxes"]:
        raise unsupported("amounts of lines with taxes: give a quantity", f"{where}[amount]")
    check_positive(given["amount"], f"{where}[amount]")
    if given["amount"] > line["amount"]:
        raise ApiError("The amount is more than that of the line.", param=f"{where}[amount]")
    return _part(unit, line, given["amount"], line["amount"])


def _given_custom_line(unit: UnitOfWork, invoice: Json, given: Json, where: str) -> Json:
    if invoice["automatic_tax"]["enabled"]:
        raise ApiError("An invoice with automatic tax takes no custom lines.", param=where)
    if "unit_amount" not in given:
        raise ApiError(
            "A custom line needs a unit_amount.",
            code="parameter_missing",
            param=f"{where}[unit_amount]",
        )
    check_positive(given["unit_amount"], f"{where}[unit_amount]")
    quantity = given.get("quantity", 1)
    check_positive(quantity, f"{where}[quantity]")
    return _custom_line(unit, given.get("description"), quantity, given["unit_amount"])


def _invoice_line(invoice: Json, given: Json, where: str) -> Json:
    line_id = given.get("invoice_line_item")
    for line in invoice["lines"]["data"]:
        if line["id"] == line_id:
            return dict(line)
    raise missing("invoice line item", str(line_id), f"{where}[invoice_line_item]")


def _part(unit: UnitOfWork, line: Json, part: int, whole: int, quantity: int | None = None) -> Json:
    """`part` of `whole` of a line: of its amount, of each discount and of each tax."""
    discounts = _shared(line["discount_amounts"] or [], part, whole)
    taxes = [
        {
            **one,
            "amount": share(one["amount"], part, whole),
            "taxable_amount": share(one["taxable_amount"] or 0, part, whole),
        }
        for one in line["taxes"] or []
    ]
    body = _line(
        unit,
        discount_amount=sum(one["amount"] for one in discounts),
        discount_amounts=discounts,
        pretax_credit_amounts=pretax_credits(discounts),
        description=line["description"],
        invoice_line_item=line["id"],
        quantity=quantity,
        taxes=taxes,
    )
    cost = share(cost_of(line), part, whole)
    body["amount"] = line["amount"] if part == whole else cost - cost_of(body)
    return body


def _shared(amounts: list[Json], part: int, whole: int) -> list[Json]:
    return [{**one, "amount": share(one["amount"], part, whole)} for one in amounts]


def _custom_line(unit: UnitOfWork, description: str | None, quantity: int, amount: int) -> Json:
    return _line(
        unit,
        amount=amount * quantity,
        description=description,
        quantity=quantity,
        type="custom_line_item",
        unit_amount=amount,
        unit_amount_decimal=str(amount),
    )


def _line(unit: UnitOfWork, **values: object) -> Json:
    return shapes.new("credit_note_line_item", id=unit.new_id("credit_note_line_item"), **values)


def fill_totals(note: Json) -> None:
    """Write the sums of the lines into a credit note."""
    lines: list[Json] = note["lines"]["data"]
    total = sum(cost_of(line) for line in lines)
    off: dict[str, int] = {}
    for line in lines:
        for one in line["discount_amounts"]:
            off[one["discount"]] = off.get(one["discount"], 0) + one["amount"]
    taxes = [one for line in lines for one in line["taxes"]]
    included = sum(one["amount"] for one in taxes if one["tax_behavior"] == "inclusive")
    subtotal = sum(line["amount"] for line in lines)
    note |= {
        "amount": total,
        "discount_amount": sum(off.values()),
        "discount_amounts": [{"amount": amount, "discount": one} for one, amount in off.items()],
        "pretax_credit_amounts": [one for line in lines for one in line["pretax_credit_amounts"]],
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal - included,
        "total": total,
        "total_excluding_tax": total - sum(one["amount"] for one in taxes),
        "total_taxes": total_taxes(taxes),
    }
