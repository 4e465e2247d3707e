"""The payment pages of token packs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chenu.flows.payment_pages import PageStep, PaymentPages
from chenu.ledger.operations import OperationKind
from chenu.tokens.pack_orders import (
    PackOrderId,
    PackOrderRow,
    PackOrderStatus,
    claim_pack_question,
    end_pack_order,
    get_pack_order,
    list_pending_pack_orders,
    record_pack_page,
)


class PackPages(PaymentPages[PackOrderRow]):
    opening = PageStep(OperationKind.PACK_CHECKOUT, "pack")
    outcome = PageStep(OperationKind.PACK_OUTCOME, "pack-paid")
    expiry = PageStep(OperationKind.PACK_EXPIRY, "pack-expire")

    async def get_order(self, order_id: UUID, *, lock: bool = False) -> PackOrderRow:
        return await get_pack_order(PackOrderId(order_id), lock=lock)

    async def record_page(
        self, order: PackOrderRow, session_id: str, url: str | None, expires_at: datetime
    ) -> None:
        await record_pack_page(order.id, session_id, url, expires_at)

    async def drop(self, order: PackOrderRow) -> None:
        await end_pack_order(order.id, PackOrderStatus.CANCELED, failure_code="checkout_expired")

    async def list_unchanged(self, before: datetime, *, after: UUID) -> Sequence[UUID]:
        return await list_pending_pack_orders(before, after=PackOrderId(after))

    async def claim_question(self, order_id: UUID, every: timedelta) -> bool:
        return await claim_pack_question(PackOrderId(order_id), every)


PACK_PAGES = PackPages()
