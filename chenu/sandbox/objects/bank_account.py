"""The bank account of a connected account, which payouts go to."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork


def add_bank_account(unit: UnitOfWork, account: Record) -> None:
    """Add the account that payouts go to, or reactivate the one that refused a payout."""
    connected = unit.on(account.id)
    for bank in unit.store.select("bank_account", account.id, limit=1):
        with connected.change(bank, "account.external_account.updated") as known:
            known["status"] = "new"
        return
    body = shapes.new(
        "bank_account",
        id=unit.new_id("bank_account"),
        account=account.id,
        account_holder_name=account.body["display_name"],
        country=(account.internal["country"] or "fr").upper(),
        fingerprint=unit.token(16),
    )
    connected.create("bank_account", body)
