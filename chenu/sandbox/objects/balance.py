"""The balances of the platform and of connected accounts."""

from chenu.sandbox.config import CURRENCY
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Store
from chenu.sandbox.engine.unit_of_work import UnitOfWork


def add_to_balance(unit: UnitOfWork, available: int, pending: int) -> None:
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
