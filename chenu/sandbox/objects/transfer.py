"""Transfers to connected accounts: the rules, and the balance transactions of both sides."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.account import get_account, transfers_status
from chenu.sandbox.objects.balance import read_balance
from chenu.sandbox.objects.balance_transaction import book_transaction
from chenu.sandbox.objects.parameters import apply, check_currency, check_positive


def new_transfer(unit: UnitOfWork, parameters: Json) -> Record:
    """Raises ApiError if the destination is not ready or the money is missing."""
    check_currency(parameters["currency"])
    destination = _destination(unit, parameters["destination"])
    charge = _source(unit, parameters.get("source_transaction"))
    amount = int(parameters["amount"] if "amount" in parameters else _whole(charge))
    check_positive(amount)
    available_on = _check_funds(unit, charge, amount)
    transfer = _record(unit, parameters, charge, amount)
    payment = _create_destination_payment(unit.on(destination.id), transfer, available_on)
    booked = book_transaction(unit, "transfer", -amount, transfer.id, available_on=available_on)
    transfer.body |= {"balance_transaction": booked.id, "destination_payment": payment.id}
    transfer.internal["available_on"] = available_on
    unit.save(transfer)
    unit.emit("transfer.created", transfer.body)
    return transfer


def _destination(unit: UnitOfWork, account_id: str) -> Record:
    account = get_account(unit, account_id, "destination")
    if account.body["closed"] or transfers_status(account) != "active":
        raise ApiError(
            "Your destination account needs to have at least one of the following capabilities"
            " enabled: transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
            param="destination",
        )
    return account


def _source(unit: UnitOfWork, charge_id: str | None) -> Record | None:
    if charge_id is None:
        return None
    charge = unit.get("charge", charge_id, param="source_transaction")
    if charge.body["status"] != "succeeded":
        raise ApiError(
            "A transfer needs a source_transaction that has succeeded.",
            param="source_transaction",
        )
    return charge


def _whole(charge: Record | None) -> int:
    """The default amount: all of the source. Without a source the amount is required."""
    return int(charge.body["amount"]) if charge else 0


def _check_funds(unit: UnitOfWork, charge: Record | None, amount: int) -> int:
    """Check that the money is there; returns when it becomes available."""
    if charge is None:
        available, _ = read_balance(unit.store, unit.account)
        if amount > available:
            raise ApiError(
                "You have insufficient available funds in your Stripe account. Try adding funds"
                " directly to your available balance with the 4000000000000077 test card.",
                code="balance_insufficient",
            )
        return unit.now
    left = charge.body["amount"] - charge.internal["transferred"]
    if amount > left:
        raise ApiError(
            f"Transfers using this transaction as a source must not exceed the source amount of"
            f" {charge.body['amount']}. (There are already transfers of"
            f" {charge.internal['transferred']}.)",
            param="amount",
        )
    charge.internal["transferred"] += amount
    group = charge.body["transfer_group"] or f"group_{charge.body['payment_intent']}"
    charge.body["transfer_group"] = group
    unit.save(charge)
    booked = unit.get("balance_transaction", charge.body["balance_transaction"])
    return max(int(booked.body["available_on"]), unit.now)


def _record(unit: UnitOfWork, parameters: Json, charge: Record | None, amount: int) -> Record:
    transfer_id = unit.new_id("transfer")
    body = shapes.new(
        "transfer",
        id=transfer_id,
        amount=amount,
        created=unit.now,
        transfer_group=charge.body["transfer_group"] if charge else None,
    )
    apply(
        body,
        parameters,
        ("description", "destination", "source_transaction", "source_type", "transfer_group"),
    )
    body["reversals"]["url"] = f"/v1/transfers/{transfer_id}/reversals"
    return unit.create("transfer", body)


def _create_destination_payment(
    connected: UnitOfWork, transfer: Record, available_on: int
) -> Record:
    """The destination's side: a payment (py_…) with its own balance transaction."""
    amount = transfer.body["amount"]
    body = shapes.new(
        "charge",
        id=connected.new_id("payment"),
        amount=amount,
        amount_captured=amount,
        created=connected.now,
        payment_method_details={"type": "stripe_account", "stripe_account": {}},
        source_transfer=transfer.id,
    )
    payment = connected.create("charge", body, internal={"transferred": 0})
    booked = book_transaction(connected, "payment", amount, payment.id, available_on=available_on)
    payment.body["balance_transaction"] = booked.id
    connected.save(payment)
    return payment
