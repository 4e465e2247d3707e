"""Money from the platform to connected accounts and back: the rules and both ends' bookings."""

from chenu.sandbox import shapes
from chenu.sandbox.config import CURRENCY
from chenu.sandbox.connected import get_account, transfers_status
from chenu.sandbox.errors import ApiError
from chenu.sandbox.json_types import Json, copy_json
from chenu.sandbox.ledger import post, read_balance
from chenu.sandbox.params import apply, check_currency, check_positive
from chenu.sandbox.store import Record
from chenu.sandbox.unit import UnitOfWork


def new_transfer(unit: UnitOfWork, parameters: Json) -> Record:
    """Raises ApiError for a destination that is not ready or money that is not there."""
    check_currency(parameters["currency"])
    destination = _destination(unit, parameters["destination"])
    charge = _source(unit, parameters.get("source_transaction"))
    amount = int(parameters["amount"] if "amount" in parameters else _whole(charge))
    check_positive(amount)
    available_on = _check_funds(unit, charge, amount)
    transfer = _record(unit, parameters, charge, amount)
    payment = _create_destination_payment(unit.on(destination.id), transfer, available_on)
    booked = post(unit, "transfer", -amount, transfer.id, available_on=available_on)
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
    """Without an amount all of the source is sent; the rules see to it that there is one."""
    return int(charge.body["amount"]) if charge else 0


def _check_funds(unit: UnitOfWork, charge: Record | None, amount: int) -> int:
    """When the money is available: with the charge's, or now."""
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
    """The destination's side: a payment (py_…) with its own booking."""
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
    booked = post(connected, "payment", amount, payment.id, available_on=available_on)
    payment.body["balance_transaction"] = booked.id
    connected.save(payment)
    return payment


def new_reversal(
    unit: UnitOfWork, transfer: Record, amount: int | None, parameters: Json
) -> Record:
    """Take money back; raises ApiError when that is more than was sent or is left there."""
    left = transfer.body["amount"] - transfer.body["amount_reversed"]
    if left == 0:
        raise ApiError(f"Transfer {transfer.id} is already fully reversed.", param="id")
    wanted = left if amount is None else amount
    check_positive(wanted)
    if wanted > left:
        raise ApiError(
            f"Reversal amount ({wanted}) is greater than the unreversed amount ({left}).",
            param="amount",
        )
    connected = unit.on(transfer.body["destination"])
    available_on = max(transfer.internal["available_on"], unit.now)
    _check_destination_balance(connected, wanted, is_pending=available_on > unit.now)
    return _reverse(unit, connected, transfer, wanted, available_on, parameters)


def _check_destination_balance(connected: UnitOfWork, amount: int, *, is_pending: bool) -> None:
    available, pending = read_balance(connected.store, connected.account)
    if amount > (pending if is_pending else available):
        raise ApiError(
            "The connected account has insufficient funds for this reversal.",
            code="balance_insufficient",
        )


def _reverse(
    unit: UnitOfWork,
    connected: UnitOfWork,
    transfer: Record,
    amount: int,
    available_on: int,
    parameters: Json,
) -> Record:
    reversal_id = unit.new_id("transfer_reversal")
    booked = post(unit, "transfer_refund", amount, reversal_id, available_on=available_on)
    refund = _refund_destination_payment(connected, transfer, amount, available_on)
    body = shapes.new(
        "transfer_reversal",
        id=reversal_id,
        amount=amount,
        balance_transaction=booked.id,
        created=unit.now,
        destination_payment_refund=refund.id,
        transfer=transfer.id,
    )
    apply(body, parameters, ())
    reversal = unit.create("transfer_reversal", body)
    refund.body["source_transfer_reversal"] = reversal_id
    connected.save(refund)
    before = copy_json(transfer.body)
    reversed_so_far = transfer.body["amount_reversed"] + amount
    transfer.body |= {
        "amount_reversed": reversed_so_far,
        "reversed": reversed_so_far == transfer.body["amount"],
    }
    transfer.body["reversals"]["data"].insert(0, copy_json(body))
    del transfer.body["reversals"]["data"][10:]
    transfer.body["reversals"]["has_more"] = len(before["reversals"]["data"]) == 10
    unit.save(transfer)
    unit.emit(
        "transfer.reversed" if transfer.body["reversed"] else "transfer.updated",
        transfer.body,
        {"amount_reversed": before["amount_reversed"]},
    )
    return reversal


def _refund_destination_payment(
    connected: UnitOfWork, transfer: Record, amount: int, available_on: int
) -> Record:
    """The destination's side: its payment is refunded (pyr_…)."""
    payment = connected.get("charge", transfer.body["destination_payment"])
    refund_id = connected.new_id("payment_refund")
    booked = post(connected, "payment_refund", -amount, refund_id, available_on=available_on)
    refund = connected.create(
        "refund",
        shapes.new(
            "refund",
            id=refund_id,
            amount=amount,
            balance_transaction=booked.id,
            charge=payment.id,
            created=connected.now,
            currency=CURRENCY,
        ),
    )
    with connected.change(payment) as body:
        body["amount_refunded"] += amount
        body["refunded"] = body["amount_refunded"] == body["amount"]
    return refund
