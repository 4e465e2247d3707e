"""Balance transactions: every cent moves through one, first pending, then available."""

from chenu.sandbox.config import CURRENCY
from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.clock import next_midnight
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import PLATFORM, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.balance import add_to_balance, balance_body

_CATEGORIES = {
    "payment": "charge",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "transfer_refund": "transfer_reversal",
}
"""`reporting_category` where it is not the type itself."""


def book_transaction(
    unit: UnitOfWork,
    kind: str,
    amount: int,
    source: str,
    *,
    fee: int = 0,
    available_on: int = 0,
    description: str | None = None,
) -> Record:
    """Move money on the acting account; `amount` is negative when it leaves.

    Balances belong to accounts and not to customers: the global clock governs them.
    """
    unit = unit.on_global_clock()
    ready = available_on <= unit.now
    body = shapes.new(
        "balance_transaction",
        id=unit.new_id("balance_transaction"),
        amount=amount,
        available_on=max(available_on, unit.now),
        created=unit.now,
        description=description,
        fee=fee,
        fee_details=_fee_details(fee),
        net=amount - fee,
        reporting_category=_CATEGORIES.get(kind, kind),
        source=source,
        status="available" if ready else "pending",
        type=kind,
    )
    if ready:
        add_to_balance(unit, amount - fee, 0)
    else:
        add_to_balance(unit, 0, amount - fee)
        unit.schedule(available_on, "funds_available", "")
    if unit.account != PLATFORM and ready and amount > 0:
        unit.schedule(next_midnight(unit.now), "payout", "")
    return unit.create("balance_transaction", body)


def _fee_details(fee: int) -> list[Json]:
    if not fee:
        return []
    return [
        {
            "amount": fee,
            "application": None,
            "currency": CURRENCY,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]


@task("funds_available")
def _release(unit: UnitOfWork, subject: str) -> None:
    """Turn what is due from pending to available."""
    due = "kind = 'balance_transaction' AND account = ? AND json_extract(body, '$.status') ="
    due += " 'pending' AND json_extract(body, '$.available_on') <= ?"
    where = (unit.account, unit.now)
    amount = unit.store.value(
        f"SELECT SUM(json_extract(body, '$.net')) FROM objects WHERE {due}",  # noqa: S608 - no input
        where,
    )
    unit.store.execute(
        f"UPDATE objects SET body = json_set(body, '$.status', 'available') WHERE {due}",  # noqa: S608 - no input
        where,
    )
    if amount is None:
        return
    add_to_balance(unit, int(amount), -int(amount))
    unit.emit("balance.available", balance_body(unit))
    if unit.account != PLATFORM:
        unit.schedule(next_midnight(unit.now), "payout", "")


def assign_to_payout(unit: UnitOfWork, payout_id: str) -> None:
    """Record the payout on every transaction that it paid out, its own included."""
    unit.store.execute(
        "UPDATE objects SET internal = json_set(internal, '$.payout', ?)"
        " WHERE kind = 'balance_transaction' AND account = ?"
        " AND json_extract(body, '$.status') = 'available'"
        " AND json_extract(internal, '$.payout') IS NULL",
        (payout_id, unit.account),
    )
