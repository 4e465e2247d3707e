"""The transfer of an affiliate's payout: out of our available balance, once for each attempt.

A refusal makes the commissions due again. What was given up without knowing what Stripe made of it
keeps them: only the same operation may try again, and looks there first. docs/decisions/0067.
"""

from dataclasses import dataclass
from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from chenu.accounts.actor import AccountId, UserId
from chenu.accounts.users import get_user
from chenu.affiliates.affiliates import get_affiliate
from chenu.affiliates.commissions import mark_commissions_paid
from chenu.affiliates.model import AffiliateId, PayoutId
from chenu.affiliates.payouts import (
    begin_again,
    detach_commissions,
    has_attached,
    lock_name,
    mark_payout_failed,
    mark_payout_paid,
    next_number,
)
from chenu.affiliates.transfer_words import transfer_failure_text
from chenu.billing.connect_accounts import find_of_user
from chenu.billing.gateway import StripeRefusal, TransferRequest
from chenu.billing.ports import ConnectPort, MoneyPort
from chenu.core import db
from chenu.core.affiliate_mail_params import AffiliatePaidParams, AffiliatePayoutFailedParams
from chenu.core.errors import InvalidState
from chenu.core.i18n import known_locale, mark, translate
from chenu.core.mail import MailKind, queue_mail
from chenu.core.money import Cents
from chenu.flows.lost_movements import find_unbooked
from chenu.flows.mirrors.connect_account import refresh_connect_state
from chenu.flows.operation_handlers import NotYet, OperationHandler
from chenu.flows.webhooks.facts import tell_of_affiliate_payout
from chenu.ledger.accounts import AFFILIATE_TRANSFERS, affiliate_payable
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post
from chenu.ledger.operation_list import GIVEN_UP
from chenu.ledger.operations import OperationKind, OperationRow

_WAITS = frozenset({"insufficient_capabilities_for_transfer", "balance_insufficient"})
"""Refusals that pass: repair tries again."""
_RUN_AGAIN = mark("Its commissions are due again: run the payouts of its month once more")


class AffiliateTransferParams(msgspec.Struct, frozen=True):
    """`account_id` is the affiliate's own account as a customer, in the books."""

    payout_id: PayoutId
    affiliate_id: AffiliateId
    owner_id: UserId
    account_id: AccountId
    month: date
    amount: Cents
    transfer_group: str
    destination: str | None


async def find_destination(owner_id: UserId) -> str | None:
    """The person's Connect account, if it can be paid now."""
    account = await find_of_user(owner_id)
    return account.stripe_account_id if account is not None and account.can_be_paid else None


@dataclass(frozen=True)
class AffiliateTransferHandler(OperationHandler[AffiliateTransferParams, str]):
    money: MoneyPort
    connect: ConnectPort

    kind = OperationKind.AFFILIATE_TRANSFER
    is_sought_after_restore = True
    params_type = AffiliateTransferParams

    async def call(self, operation: OperationRow, params: AffiliateTransferParams) -> str:
        payable = await find_destination(params.owner_id)
        if payable is None:
            made = operation.is_unknown and await self.find_existing(operation, params)
            if not made:
                raise NotYet("payouts_not_ready")
            return made
        if params.destination != payable:  # closed since, and another one opened
            raise NotYet("new_destination", params=replace(params, destination=payable))
        request = TransferRequest(
            amount=params.amount,
            destination=payable,
            source_charge=None,
            transfer_group=params.transfer_group,
            payout_id=str(params.payout_id),
        )
        try:
            return await self.money.create_transfer(request, operation)
        except StripeRefusal as refusal:
            if refusal.code in _WAITS:
                raise NotYet(refusal.code, refused=True) from refusal
            if refusal.is_gone:
                await refresh_connect_state(self.connect, payable)
            raise

    async def find_existing(
        self, operation: OperationRow, params: AffiliateTransferParams
    ) -> str | None:
        return await self.money.find_transfer(params.transfer_group, operation)

    async def find_lost(
        self, operation: OperationRow, params: AffiliateTransferParams, since: datetime
    ) -> str | None:
        made = await self.money.list_transfers(params.transfer_group, since)
        return await find_unbooked(made, self.kind, params.amount)

    async def apply(
        self, operation: OperationRow, params: AffiliateTransferParams, answer: str
    ) -> str:
        await db.lock_until_commit(lock_name(params.affiliate_id))
        affiliate = await get_affiliate(params.affiliate_id)
        number = await next_number(affiliate.id, affiliate.code)
        await mark_payout_paid(params.payout_id, answer, number)
        await mark_commissions_paid(params.payout_id)
        await _book(operation, params)
        await _mail_paid(params, number)
        await tell_of_affiliate_payout(params.account_id, params.payout_id, params.amount)
        return answer

    async def on_refused(
        self, operation: OperationRow, params: AffiliateTransferParams, refusal: StripeRefusal
    ) -> None:
        await mark_payout_failed(params.payout_id, refusal.code)
        if not (refusal.code == GIVEN_UP and operation.is_unknown):
            await detach_commissions(params.payout_id)
        await _mail_failed(operation, params, refusal)

    async def renew(
        self, operation: OperationRow, params: AffiliateTransferParams
    ) -> AffiliateTransferParams:
        """Raises InvalidState where the commissions are due again, perhaps in another payout."""
        if not await has_attached(params.payout_id):
            raise InvalidState(_RUN_AGAIN)
        await begin_again(params.payout_id, params.amount, operation.id)
        return replace(params, destination=await find_destination(params.owner_id))


async def _book(operation: OperationRow, params: AffiliateTransferParams) -> None:
    await post(
        LedgerTransaction(
            business_key=f"affiliate-transfer:{params.payout_id}",
            kind="AFFILIATE_TRANSFER",
            account_id=params.account_id,
            subject_id=params.payout_id,
            operation_id=operation.id,
            entries=(
                debit(affiliate_payable(params.affiliate_id), euros(params.amount)),
                credit(AFFILIATE_TRANSFERS, euros(params.amount)),
            ),
        )
    )


async def _mail_paid(params: AffiliateTransferParams, number: str) -> None:
    owner = await get_user(params.owner_id)
    said = AffiliatePaidParams(
        name=owner.mail_name,
        month=params.month.isoformat(),
        number=number,
        amount=params.amount,
    )
    locale, key = known_locale(owner.locale), f"affiliate-paid:{params.payout_id}"
    await queue_mail(MailKind.AFFILIATE_PAID, owner.email, locale, key, said)


async def _mail_failed(
    operation: OperationRow, params: AffiliateTransferParams, refusal: StripeRefusal
) -> None:
    owner = await get_user(params.owner_id)
    locale = known_locale(owner.locale)
    said = AffiliatePayoutFailedParams(
        name=owner.mail_name,
        month=params.month.isoformat(),
        amount=params.amount,
        reason=translate(locale, transfer_failure_text(refusal.code)),
    )
    key = f"affiliate-payout-failed:{operation.id}:{operation.key_number}"
    await queue_mail(MailKind.AFFILIATE_PAYOUT_FAILED, owner.email, locale, key, said)
