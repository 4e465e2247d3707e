"""Daily payouts from connected accounts to their bank accounts."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import PLATFORM
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.account import transfers_status
from chenu.sandbox.objects.balance import read_balance
from chenu.sandbox.objects.balance_transaction import assign_to_payout, book_transaction


@task("payout")
def _pay_out(unit: UnitOfWork, subject: str) -> None:
    """Pay out the whole available balance, at midnight; it arrives a day later."""
    amount, _ = read_balance(unit.store, unit.account)
    account = unit.store.find("v2.core.account", unit.account, PLATFORM)
    banks = unit.store.select("bank_account", unit.account, limit=1)
    ready = account is not None and transfers_status(account) == "active"
    if amount <= 0 or not ready or not banks or banks[0].body["status"] == "errored":
        return
    payout_id = unit.new_id("payout")
    arrival = unit.now + DAY
    booked = book_transaction(unit, "payout", -amount, payout_id, description="STRIPE PAYOUT")
    payout = unit.create(
        "payout",
        shapes.new(
            "payout",
            id=payout_id,
            amount=amount,
            arrival_date=arrival,
            balance_transaction=booked.id,
            created=unit.now,
            destination=banks[0].id,
        ),
    )
    assign_to_payout(unit, payout_id)
    unit.emit("payout.created", payout.body)
    unit.schedule(arrival, "payout_arrives", payout_id)


@task("payout_arrives")
def _arrive(unit: UnitOfWork, payout_id: str) -> None:
    payout = unit.get("payout", payout_id)
    account = unit.store.find("v2.core.account", unit.account, PLATFORM)
    if account is not None and account.internal.pop("next_payout_fails", False):
        unit.save(account)
        booked = book_transaction(unit, "payout_failure", payout.body["amount"], payout_id)
        payout.body |= {
            "failure_balance_transaction": booked.id,
            "failure_code": "account_closed",
            "failure_message": "The bank account has been closed",
            "status": "failed",
        }
        unit.save(payout)
        unit.emit("payout.failed", payout.body)
        _stop_payouts(unit, payout.body["destination"])
        return
    with unit.change(payout) as body:
        body["status"] = "paid"
        body["trace_id"] = {"status": "supported", "value": unit.token(15).upper()}
    unit.emit("payout.paid", payout.body)


def _stop_payouts(unit: UnitOfWork, bank_id: str) -> None:
    """Stop payouts to a bank account that refused one, until onboarding adds it again."""
    with unit.change(unit.get("bank_account", bank_id), "account.external_account.updated") as body:
        body["status"] = "errored"
