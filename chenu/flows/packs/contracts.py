"""Packs as contracts that may be withdrawn from: what is unspent of the base is returned."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.billing.invoices import find_invoice_by_number, list_invoices_by_id
from chenu.billing.refund_requests import RefundOrigin
from chenu.core.ids import find_id
from chenu.core.money import Cents
from chenu.flows.packs.refunds import PackOffer, get_pack_offer, list_pack_offers, take_refund
from chenu.flows.subscriptions.refunds import create_refund_operation
from chenu.flows.withdrawal_contracts import (
    Contract,
    ContractKind,
    ContractSource,
    Estimate,
    Withdrawal,
)
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
        return await _describe(await list_paid_pack_orders(account_id))

    async def find_by_number(self, number: str) -> Sequence[Contract]:
        """By the number of its invoice, or of the order."""
        order = await _find_meant("".join(number.split()))
        return await _describe([order]) if order is not None and order.is_paid else []

    async def find(self, contract_id: UUID) -> Contract | None:
        order = await find_pack_order(contract_id)
        found = await _describe([order]) if order is not None and order.is_paid else []
        return found[0] if found else None

    async def estimate(self, contract: Contract, at: datetime) -> Estimate:
        return Estimate((await get_pack_offer(await _get(contract))).amount)

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


async def _describe(orders: Sequence[PackOrderRow]) -> list[Contract]:
    """Orders that are paid, so that each has an invoice."""
    offers = await list_pack_offers(orders)
    invoices = await list_invoices_by_id([offer.invoice_id for offer in offers])
    numbers = {invoice.id: invoice.number for invoice in invoices}
    return [_contract_of(offer, numbers[offer.invoice_id]) for offer in offers]


def _contract_of(offer: PackOffer, number: str | None) -> Contract:
    order = offer.order
    return Contract(
        kind=ContractKind.PACK,
        id=order.id,
        account_id=order.account_id,
        item=pack_name(order.tokens),
        number=number or str(order.id),
        concluded_at=order.created_at,
        first_paid_at=order.paid_at,
        is_settled=not offer.amount,
    )
