"""Invoices: drafted, finalized with a number, paid, voided or given up."""

from dataclasses import dataclass, field

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.customer import get_customer
from chenu.sandbox.objects.discount import discounts_in_force, use_up
from chenu.sandbox.objects.invoice_lines import fill_totals
from chenu.sandbox.objects.invoice_payment import cancel_payment, record_payment
from chenu.sandbox.objects.parameters import SMALLEST_CHARGE
from chenu.sandbox.objects.tax import of_document, rate_of
from chenu.sandbox.objects.tax_id import tax_ids_of

DRAFT_SECONDS = 3600
"""How long the invoice of a renewal can be edited before it is finalized."""


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """What an invoice is made from; `data` holds description, footer and the like."""

    reason: str
    lines: list[Json]
    subscription: Record | None = None
    period: tuple[int, int] | None = None
    data: Json = field(default_factory=dict)
    proration_date: int | None = None
    discounts: list[str] = field(default_factory=list)
    """Of a one-time payment; a subscription has its own."""
    is_taxed: bool = False
    """A one-time payment with automatic tax; a subscription says so itself."""


def draft_invoice(unit: UnitOfWork, customer: Record, wanted: NewInvoice) -> Record:
    """Create and announce a draft. Its subscription names it as the latest one."""
    invoice_id = unit.new_id("invoice")
    data = wanted.data
    start, end = wanted.period or (unit.now, unit.now)
    body = shapes.new(
        "invoice",
        id=invoice_id,
        billing_reason=wanted.reason,
        created=unit.now,
        custom_fields=data.get("custom_fields"),
        customer=customer.id,
        description=data.get("description"),
        footer=data.get("footer"),
        metadata=copy_json(data.get("metadata") or {}),
        parent=_parent(wanted),
        period_end=end,
        period_start=start,
        test_clock=unit.test_clock or None,
    )
    _copy_customer(unit, body, customer)
    for line in wanted.lines:
        line["invoice"] = invoice_id
    body["lines"] |= {"data": wanted.lines, "url": f"/v1/invoices/{invoice_id}/lines"}
    discounts = discounts_in_force(unit, _discount_ids(wanted))
    body["discounts"] = [one.id for one in discounts]
    is_taxed = _is_taxed(wanted)
    tax = rate_of(unit, customer, _price_ids(wanted)) if is_taxed else None
    body["automatic_tax"] |= of_document(is_on=is_taxed, is_known=tax is not None)
    fill_totals(body, discounts, tax)
    invoice = unit.create("invoice", body, internal={"secret": unit.token()})
    unit.emit("invoice.created", invoice.body)
    if wanted.subscription is not None:
        wanted.subscription.body["latest_invoice"] = invoice_id
        unit.save(wanted.subscription)
        use_up(unit, wanted.subscription, invoice.body)
    return invoice


def _discount_ids(wanted: NewInvoice) -> list[str]:
    of_subscription = wanted.subscription.body["discounts"] if wanted.subscription else []
    return [*of_subscription, *wanted.discounts]


def _is_taxed(wanted: NewInvoice) -> bool:
    if wanted.subscription is None:
        return wanted.is_taxed
    return bool(wanted.subscription.body["automatic_tax"]["enabled"])


def _price_ids(wanted: NewInvoice) -> list[str]:
    details = [(line["pricing"] or {}).get("price_details") for line in wanted.lines]
    return [one["price"] for one in details if one]


def _parent(wanted: NewInvoice) -> Json | None:
    if wanted.subscription is None:
        return None
    details: Json = {
        "metadata": copy_json(wanted.subscription.body["metadata"]),
        "subscription": wanted.subscription.id,
    }
    if wanted.proration_date is not None:
        details["subscription_proration_date"] = wanted.proration_date
    return {
        "quote_details": None,
        "subscription_details": details,
        "type": "subscription_details",
    }


def _copy_customer(unit: UnitOfWork, body: Json, customer: Record) -> None:
    body["customer_tax_ids"] = tax_ids_of(unit, customer.id)
    for name in ("address", "email", "name", "phone", "shipping", "tax_exempt"):
        body[f"customer_{name}"] = customer.body[name]


def finalize(unit: UnitOfWork, invoice: Record, *, with_balance: bool = True) -> None:
    """Give a draft its number and open it; what costs nothing is paid at once."""
    customer = get_customer(unit, invoice.body["customer"])
    number = customer.body["next_invoice_sequence"]
    with unit.change(customer) as body:
        body["next_invoice_sequence"] = number + 1
    link = unit.config.link(f"/i/{invoice.id}.{invoice.internal['secret']}")
    with unit.change(invoice) as body:
        body |= {
            "automatically_finalizes_at": None,
            "effective_at": unit.now,
            "ending_balance": 0,
            "hosted_invoice_url": link,
            "invoice_pdf": f"{link}/pdf",
            "number": f"{customer.body['invoice_prefix']}-{number:04d}",
            "status": "open",
            "webhooks_delivered_at": unit.now,
        }
        body["status_transitions"]["finalized_at"] = unit.now
    if with_balance:
        _use_balance(unit, invoice, customer)
    unit.emit("invoice.finalized", invoice.body)


def _use_balance(unit: UnitOfWork, invoice: Record, customer: Record) -> None:
    """Credits of the customer pay first; what is too small for a card is owed until next time."""
    before = customer.body["balance"]
    after = before + invoice.body["total"]
    due = after if after >= SMALLEST_CHARGE else 0
    with unit.change(invoice) as body:
        body |= {
            "amount_due": due,
            "amount_remaining": due,
            "ending_balance": after - due,
            "starting_balance": before,
        }
    _move_balance(unit, customer, after - due - before)


def _move_balance(unit: UnitOfWork, customer: Record, amount: int) -> None:
    if amount:
        with unit.change(customer, "customer.updated") as body:
            body["balance"] += amount


def mark_paid(unit: UnitOfWork, invoice: Record) -> None:
    """Everything that was due is paid."""
    with unit.change(invoice) as body:
        body |= {
            "amount_paid": body["amount_due"],
            "amount_remaining": 0,
            "attempted": True,
            "next_payment_attempt": None,
            "status": "paid",
        }
        body["status_transitions"]["paid_at"] = unit.now
    unit.emit("invoice.paid", invoice.body)
    unit.emit("invoice.payment_succeeded", invoice.body)


def void(unit: UnitOfWork, invoice: Record) -> None:
    """Treat an open invoice as if it had never been; a credit that it used comes back."""
    customer = unit.find("customer", invoice.body["customer"])
    with unit.change(invoice) as body:
        body |= {"auto_advance": False, "next_payment_attempt": None, "status": "void"}
        body["status_transitions"]["voided_at"] = unit.now
    if customer is not None:
        used = invoice.body["starting_balance"] - (invoice.body["ending_balance"] or 0)
        _move_balance(unit, customer, used)
    cancel_payment(unit, invoice)
    unit.emit("invoice.voided", invoice.body)


def mark_uncollectible(unit: UnitOfWork, invoice: Record) -> None:
    """Give an open invoice up; it can still be paid."""
    with unit.change(invoice) as body:
        body |= {"auto_advance": False, "next_payment_attempt": None, "status": "uncollectible"}
        body["status_transitions"]["marked_uncollectible_at"] = unit.now
    unit.emit("invoice.marked_uncollectible", invoice.body)


def make_paid_invoice(
    unit: UnitOfWork, customer: Record, session: Record, intent: Record, discounts: list[str]
) -> Record:
    """The invoice of a one-time payment on a Checkout session."""
    rows = [_one_time_line(unit, line) for line in session.internal["lines"]]
    data = session.body["invoice_creation"]["invoice_data"]
    wanted = NewInvoice(
        "manual",
        rows,
        data=data,
        discounts=discounts,
        is_taxed=session.body["automatic_tax"]["enabled"],
    )
    invoice = draft_invoice(unit, customer, wanted)
    settle_with(unit, invoice, intent)
    return invoice


def settle_with(unit: UnitOfWork, invoice: Record, intent: Record | None) -> None:
    """Finalize a draft that a payment on the Checkout page has paid already, or that is free."""
    finalize(unit, invoice, with_balance=False)
    if intent is not None:
        invoice.body["attempt_count"] = 1
        record_payment(unit, invoice, intent)
    mark_paid(unit, invoice)


def _one_time_line(unit: UnitOfWork, item: Json) -> Json:
    price = item["price"]
    return shapes.new(
        "line_item",
        id=unit.new_id("line_item"),
        amount=item["amount_subtotal"],
        description=item["description"],
        period={"end": unit.now, "start": unit.now},
        pricing={
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        quantity=item["quantity"],
        quantity_decimal=str(item["quantity"]),
        subtotal=item["amount_subtotal"],
    )
