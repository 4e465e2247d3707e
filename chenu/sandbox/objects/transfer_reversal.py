"""Reversals of transfers: the rules, and the balance transactions of both sides."""

from chenu.sandbox.config import CURRENCY
from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.balance import read_balance
from chenu.sandbox.objects.balance_transaction import book_transaction
from chenu.sandbox.objects.parameters import apply, check_positive


def new_reversal(
    unit: UnitOfWork, transfer: Record, amount: int | None, parameters: Json
) -> Record:
    """Raises ApiError if the amount exceeds what was sent, or the destination's balance."""
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
    booked = book_transaction(
        unit, "transfer_refund", amount, reversal_id, available_on=available_on
    )
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
    _add_to_transfer(unit, transfer, reversal)
    return reversal


def _add_to_transfer(unit: UnitOfWork, transfer: Record, reversal: Record) -> None:
    """The transfer embeds its ten latest reversals."""
    before = copy_json(transfer.body)
    reversed_so_far = transfer.body["amount_reversed"] + reversal.body["amount"]
    transfer.body |= {
        "amount_reversed": reversed_so_far,
        "reversed": reversed_so_far == transfer.body["amount"],
    }
    transfer.body["reversals"]["data"].insert(0, copy_json(reversal.body))
    del transfer.body["reversals"]["data"][10:]
    transfer.body["reversals"]["has_more"] = len(before["reversals"]["data"]) == 10
    unit.save(transfer)
    unit.emit(
        "transfer.reversed" if transfer.body["reversed"] else "transfer.updated",
        transfer.body,
        {"amount_reversed": before["amount_reversed"]},
    )


def _refund_destination_payment(
    connected: UnitOfWork, transfer: Record, amount: int, available_on: int
) -> Record:
    """The destination's side: its payment is refunded (pyr_…)."""
    payment = connected.get("charge", transfer.body["destination_payment"])
    refund_id = connected.new_id("payment_refund")
    booked = book_transaction(
        connected, "payment_refund", -amount, refund_id, available_on=available_on
    )
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
