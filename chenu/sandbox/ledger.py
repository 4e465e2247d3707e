"""Balances: every cent moves through a balance transaction, first pending, then available."""

from chenu.sandbox import shapes
from chenu.sandbox.clock import next_midnight
from chenu.sandbox.config import CURRENCY
from chenu.sandbox.json_types import Json
from chenu.sandbox.store import PLATFORM, Record, Store
from chenu.sandbox.tasks import task
from chenu.sandbox.unit import UnitOfWork

_CATEGORIES = {
    "payment": "charge",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "transfer_refund": "transfer_reversal",
}
"""`reporting_category` where it is not the type itself."""


def post(
    unit: UnitOfWork,
    kind: str,
    amount: int,
    source: str,
    *,
    fee: int = 0,
    available_on: int = 0,
    description: str | None = None,
) -> Record:
    """Move money on the acting account; `amount` is negative when it leaves."""
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
        _add(unit, amount - fee, 0)
    else:
        _add(unit, 0, amount - fee)
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


def _add(unit: UnitOfWork, available: int, pending: int) -> None:
    unit.store.execute(
        "INSERT INTO balances (account, available, pending) VALUES (?, ?, ?)"
        " ON CONFLICT (account) DO UPDATE SET"
        " available = available + excluded.available, pending = pending + excluded.pending",
        (unit.account, available, pending),
    )


def read_balance(store: Store, account: str) -> tuple[int, int]:
    """Available and pending cents of an account."""
    row = store.execute(
        "SELECT available, pending FROM balances WHERE account = ?", (account,)
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def balance_body(unit: UnitOfWork) -> Json:
    """The Balance object of the acting account."""
    available, pending = read_balance(unit.store, unit.account)
    return {
        "object": "balance",
        "available": [_amount(available)],
        "connect_reserved": [{"amount": 0, "currency": CURRENCY}],
        "livemode": False,
        "pending": [_amount(pending)],
    }


def _amount(amount: int) -> Json:
    return {"amount": amount, "currency": CURRENCY, "source_types": {"card": amount}}


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
    _add(unit, int(amount), -int(amount))
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
