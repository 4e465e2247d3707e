"""The creator's part of a payment: one transfer, tied to the charge that pays for it."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec.structs import replace

from chenu.accounts.actor import AccountId, UserId
from chenu.agents.model import CreatorId, PaymentId
from chenu.agents.payments import PaymentRow, record_transfer
from chenu.agents.queries import find_creator
from chenu.billing.connect_accounts import find_of_user
from chenu.billing.gateway import StripeRefusal, TransferRequest
from chenu.billing.ports import ConnectPort, MoneyPort
from chenu.core import queue
from chenu.core.errors import NotFound
from chenu.core.money import Cents
from chenu.flows.lost_movements import find_unbooked
from chenu.flows.mirrors.connect_account import refresh_connect_state
from chenu.flows.operation_handlers import NotYet, OperationHandler
from chenu.flows.purchases.reversals import (
    claim_share,
    is_spent,
    lock_creator_money,
    net_debt,
)
from chenu.ledger.accounts import CREATOR_TRANSFERS, creator_payable
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post
from chenu.ledger.operations import NewOperation, OperationKind, OperationRow, create_operation

_WAITS = frozenset({"insufficient_capabilities_for_transfer", "balance_insufficient"})
"""Refusals that pass: the money stays owed, and repair tries again."""


class TransferParams(msgspec.Struct, frozen=True):
    """What is sent, and whose share it is; `destination` is None until `owner_id` can be paid.

    `again` names what it follows, for what had come back of a share.
    """

    payment_id: PaymentId
    account_id: AccountId
    creator_id: CreatorId
    owner_id: UserId
    amount: Cents
    source_charge: str | None
    transfer_group: str
    destination: str | None
    again: str | None = None


async def create_transfer_operation(payment: PaymentRow) -> None:
    """In the settle transaction: exactly one transfer for each payment, less the creator's debt."""
    netted = await net_debt(payment, payment.creator_share, str(payment.id))
    await _create(payment, Cents(payment.creator_share - netted), None)


async def create_restore_operation(payment: PaymentRow, share: Cents, cause: str) -> None:
    """What had come back of a share is owed again: the charge's allowance is spent, so that our
    balance pays for it.
    """
    netted = await net_debt(payment, share, cause)
    await _create(payment, Cents(share - netted), cause)


async def _create(payment: PaymentRow, amount: Cents, again: str | None) -> None:
    if amount == 0:
        return
    has_source = again is None and not payment.is_credit
    creator = await find_creator(payment.creator_id)
    if creator is None:
        raise NotFound("There is no such creator")
    params = TransferParams(
        payment_id=payment.id,
        account_id=payment.account_id,
        creator_id=payment.creator_id,
        owner_id=creator.owner_id,
        amount=amount,
        source_charge=payment.stripe_charge_id if has_source else None,
        transfer_group=f"order_{payment.purchase_id}",
        destination=await _find_destination(creator.owner_id),
        again=again,
    )
    operation = await create_operation(
        NewOperation(
            OperationKind.TRANSFER,
            f"split:{payment.id}" if again is None else f"split:{again}",
            params,
            subject_id=payment.id,
            account_id=payment.account_id,
            amount=amount,
        )
    )
    await queue.enqueue(queue.Job.OPERATION, str(operation.id))


@dataclass(frozen=True)
class TransferHandler(OperationHandler[TransferParams, str]):
    money: MoneyPort
    connect: ConnectPort

    kind = OperationKind.TRANSFER
    is_sought_after_restore = True
    params_type = TransferParams

    async def call(self, operation: OperationRow, params: TransferParams) -> str:
        payable = await _find_destination(params.owner_id)
        if payable is None:
            raise NotYet("payouts_not_ready")
        if params.destination != payable:  # there was none, or it was closed since
            raise NotYet("new_destination", params=replace(params, destination=payable))
        request = TransferRequest(
            amount=params.amount,
            destination=payable,
            source_charge=params.source_charge,
            transfer_group=params.transfer_group,
            payment_id=str(params.payment_id),
        )
        try:
            return await self.money.create_transfer(request, operation)
        except StripeRefusal as refusal:
            if _is_destination_gone(refusal):
                await refresh_connect_state(self.connect, request.destination)
            elif refusal.code not in _WAITS:
                raise
            raise NotYet(refusal.code, refused=True) from refusal

    async def find_existing(self, operation: OperationRow, params: TransferParams) -> str | None:
        return await self.money.find_transfer(params.transfer_group, operation)

    async def find_lost(
        self, operation: OperationRow, params: TransferParams, since: datetime
    ) -> str | None:
        made = await self.money.list_transfers(params.transfer_group, since)
        return await find_unbooked(made, self.kind, params.amount, params.source_charge)

    async def apply(self, operation: OperationRow, params: TransferParams, answer: str) -> str:
        await lock_creator_money(params.creator_id)
        if params.again is None or await is_spent(params.payment_id):
            await record_transfer(params.payment_id, answer, params.amount)
        await post(
            LedgerTransaction(
                business_key=f"transfer:{params.again or params.payment_id}",
                kind="TRANSFER",
                account_id=params.account_id,
                subject_id=params.payment_id,
                operation_id=operation.id,
                entries=(
                    debit(creator_payable(params.creator_id), euros(params.amount)),
                    credit(CREATOR_TRANSFERS, euros(params.amount)),
                ),
            )
        )
        if params.again is None:
            await claim_share(params.payment_id, f"{params.payment_id}:transfer")
        return answer

    async def renew(self, operation: OperationRow, params: TransferParams) -> TransferParams:
        return replace(params, destination=await _find_destination(params.owner_id))


def _is_destination_gone(refusal: StripeRefusal) -> bool:
    """Closed, deleted or out of our reach: its owner may open another account."""
    return refusal.is_gone and refusal.param != "source_transaction"


async def _find_destination(owner_id: UserId) -> str | None:
    """The creator's Connect account, if it can be paid now."""
    account = await find_of_user(owner_id)
    return account.stripe_account_id if account is not None and account.can_be_paid else None
