"""Packs as contracts that may be withdrawn from: what is unspent of the base is returned."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.billing.invoices import find_invoice_by_number, get_invoice, get_invoice_payment
from chenu.billing.refund_requests import RefundOrigin
from chenu.core.ids import find_id
from chenu.core.money import Cents
from chenu.flows.packs.refunds import get_pack_offer, take_refund
from chenu.flows.subscriptions.refunds import create_refund_operation
from chenu.flows.withdrawal_contracts import Contract, ContractKind, ContractSource, Withdrawal
from chenu.tokens.pack_orders import (
    PackOrderId,
    PackOrderRow,
    find_pack_order,
    get_pack_order,
    list_paid_pack_orders,
)
from chenu.tokens.packs import pack_name

_REASON = "Withdrawal"


class PackContracts(ContractSource):
    kind = ContractKind.PACK

    async def list_contracts(self, account_id: AccountId) -> Sequence[Contract]:
        return [await _describe(order) for order in await list_paid_pack_orders(account_id)]

    async def find_by_number(self, number: str) -> Sequence[Contract]:
        """By the number of its invoice, or of the order."""
        order = await _find_meant("".join(number.split()))
        return [await _describe(order)] if order is not None and order.is_paid else []

    async def find(self, contract_id: UUID) -> Contract | None:
        order = await find_pack_order(contract_id)
        return await _describe(order) if order is not None and order.is_paid else None

    async def estimate(self, contract: Contract, at: datetime) -> Cents:
        return (await get_pack_offer(await _get(contract))).amount

    async def withdraw(self, contract: Contract, at: datetime) -> Withdrawal:
        """The tokens that are unspent go in the same transaction; of spent ones nothing returns."""
        order = await _get(contract)
        if not (await get_pack_offer(order)).amount:
            return Withdrawal(Cents(0), ())
        request, invoice = await take_refund(order, _REASON, RefundOrigin.WITHDRAWAL)
        return Withdrawal(request.amount, (await create_refund_operation(request, invoice),))


async def _get(contract: Contract) -> PackOrderRow:
    return await get_pack_order(PackOrderId(contract.id))


async def _find_meant(number: str) -> PackOrderRow | None:
    order_id = find_id(number.lower())
    if order_id is not None:
        return await find_pack_order(order_id)
    invoice = await find_invoice_by_number(number.upper())
    bought = invoice.purchase_id if invoice else None
    return await find_pack_order(bought) if bought else None


async def _describe(order: PackOrderRow) -> Contract:
    """`order` is paid, so that it has an invoice."""
    offer, payment_id = await get_pack_offer(order), order.payment_id
    invoice = None
    if payment_id is not None:
        invoice = await get_invoice((await get_invoice_payment(payment_id)).invoice_id)
    return Contract(
        kind=ContractKind.PACK,
        id=order.id,
        account_id=order.account_id,
        item=pack_name(order.tokens),
        number=(invoice.number if invoice else None) or str(order.id),
        concluded_at=order.created_at,
        first_paid_at=order.paid_at,
        is_settled=not offer.amount,
    )
