"""The invoices of a subscription's life: its first one, its renewals, and those of changes."""

from dataclasses import dataclass, field

from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.invoice import (
    DRAFT_SECONDS,
    NewInvoice,
    draft_invoice,
    finalize,
    mark_uncollectible,
    settle_with,
    void,
)
from chenu.sandbox.objects.invoice_item import assign, line_of_item, pending_items
from chenu.sandbox.objects.subscription import customer_of
from chenu.sandbox.objects.subscription_item import items_of
from chenu.sandbox.objects.subscription_lines import debits_of, period_line


@dataclass(frozen=True, slots=True)
class Bill:
    """What is billed beside what waits: the current period of some items."""

    reason: str
    items: list[Json] = field(default_factory=list)
    period: tuple[int, int] | None = None
    is_trial: bool = False
    proration_date: int | None = None
    is_pending: bool = False
    """A change that waits for the payment of this bill: its debits do not count yet."""


def draft_bill(unit: UnitOfWork, subscription: Record, bill: Bill) -> Record:
    """A draft for the waiting invoice items and the current period of the items of the bill."""
    waiting = pending_items(unit, subscription.id)
    lines = [line_of_item(unit, item) for item in waiting]
    lines += [period_line(unit, subscription, item, is_trial=bill.is_trial) for item in bill.items]
    invoice = draft_invoice(
        unit,
        customer_of(unit, subscription),
        NewInvoice(
            bill.reason,
            lines,
            subscription,
            bill.period,
            proration_date=bill.proration_date,
        ),
    )
    assign(unit, waiting, invoice.id)
    if bill.is_pending:
        invoice.internal["is_pending_change"] = True
        unit.save(invoice)
    else:
        subscription.internal["debits"] |= debits_of(invoice.body)
        unit.save(subscription)
    return invoice


def draft_first(unit: UnitOfWork, subscription: Record) -> Record:
    """The first invoice; nothing is due on it during a trial."""
    is_trial = subscription.body["status"] == "trialing"
    bill = Bill("subscription_create", items_of(subscription.body), is_trial=is_trial)
    return draft_bill(unit, subscription, bill)


def pay_first_on_checkout(unit: UnitOfWork, subscription: Record, intent: Record | None) -> Record:
    """The first invoice of a subscription whose payment Checkout has collected already."""
    invoice = draft_first(unit, subscription)
    settle_with(unit, invoice, intent)
    return invoice


def advance_automatically(unit: UnitOfWork, invoice: Record) -> None:
    """Let a draft be finalized and collected an hour later."""
    due = unit.now + DRAFT_SECONDS
    with unit.change(invoice) as body:
        body |= {"auto_advance": True, "automatically_finalizes_at": due}
    unit.schedule(due, "finalize_invoice", invoice.id)


def bill_renewal(unit: UnitOfWork, subscription: Record, period: tuple[int, int]) -> Record:
    """The draft of a renewal; what becomes of it depends on the subscription's state."""
    bill = Bill("subscription_cycle", items_of(subscription.body), period)
    invoice = draft_bill(unit, subscription, bill)
    paused = subscription.body["pause_collection"]
    if paused:
        _end_as_paused(unit, invoice, paused["behavior"])
    elif subscription.body["status"] != "unpaid":
        advance_automatically(unit, invoice)
    return invoice


def _end_as_paused(unit: UnitOfWork, invoice: Record, behavior: str) -> None:
    """What is not to be collected stays a draft, or is void or uncollectible at once."""
    if behavior == "keep_as_draft":
        return
    finalize(unit, invoice)
    if behavior == "void":
        void(unit, invoice)
    else:
        mark_uncollectible(unit, invoice)
