"""The payment pages of purchases."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chenu.agents.model import PurchaseId, PurchaseStatus
from chenu.agents.purchases import (
    PurchaseRow,
    claim_question,
    get_purchase,
    list_pending_since,
    move_status,
    record_checkout,
)
from chenu.flows.payment_pages import PageStep, PaymentPages
from chenu.ledger.operations import OperationKind


class PurchasePages(PaymentPages[PurchaseRow]):
    opening = PageStep(OperationKind.CHECKOUT_SESSION, "cs")
    outcome = PageStep(OperationKind.CHECKOUT_PAYMENT, "payment")
    expiry = PageStep(OperationKind.CHECKOUT_EXPIRY, "expire")

    beginning = PageStep(OperationKind.CHECKOUT_SUBSCRIPTION, "payment")
    """The outcome of a page on which a monthly agent begins: a subscription."""

    def outcome_of(self, order: PurchaseRow) -> PageStep:
        return self.beginning if order.is_monthly else self.outcome

    async def get_order(self, order_id: UUID, *, lock: bool = False) -> PurchaseRow:
        return await get_purchase(PurchaseId(order_id), lock=lock)

    async def record_page(
        self, order: PurchaseRow, session_id: str, url: str | None, expires_at: datetime
    ) -> None:
        await record_checkout(order.id, session_id, url, expires_at)

    async def drop(self, order: PurchaseRow) -> None:
        await move_status(order.id, PurchaseStatus.CANCELED, failure_code="checkout_expired")

    async def list_unchanged(self, before: datetime, *, after: UUID) -> Sequence[UUID]:
        return await list_pending_since(before, after=PurchaseId(after))

    async def claim_question(self, order_id: UUID, every: timedelta) -> bool:
        return await claim_question(PurchaseId(order_id), every)


PURCHASE_PAGES = PurchasePages()
