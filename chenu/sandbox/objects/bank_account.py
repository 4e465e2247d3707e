"""The bank account of a connected account, which payouts go to."""

import hashlib

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork


def add_bank_account(unit: UnitOfWork, account: Record) -> None:
    """Add the account that payouts go to, or reactivate the one that refused a payout."""
    connected = unit.on(account.id)
    for bank in unit.store.select("bank_account", account.id, limit=1):
        with connected.change(bank, "account.external_account.updated") as known:
            known["status"] = "new"
        return
    connected.create("bank_account", _make(unit, account, fingerprint=unit.token(16)))


def replace_bank_account(unit: UnitOfWork, account: Record, number: str) -> Record:
    """By the one with this number, whose fingerprint is the same in whichever account it is."""
    connected = unit.on(account.id)
    for bank in unit.store.select("bank_account", account.id):
        unit.store.delete(bank)
        connected.emit("account.external_account.deleted", bank.body)
    fingerprint = hashlib.blake2b(number.encode(), digest_size=8).hexdigest()
    body = _make(unit, account, fingerprint=fingerprint)
    made = connected.create("bank_account", body | {"last4": number[-4:]})
    connected.emit("account.external_account.created", made.body)
    return made


def _make(unit: UnitOfWork, account: Record, *, fingerprint: str) -> Json:
    return shapes.new(
        "bank_account",
        id=unit.new_id("bank_account"),
        account=account.id,
        account_holder_name=account.body["display_name"],
        country=(account.internal["country"] or "fr").upper(),
        fingerprint=fingerprint,
    )
