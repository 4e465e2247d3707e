"""The tokens of a pack that are given again, in the transaction that books why.

docs/money.md, "Token packs"; docs/decisions/0055.
"""

from uuid import UUID

from chenu.billing.disputes import find_taking_dispute
from chenu.core.clock import business_now
from chenu.core.i18n import mark
from chenu.flows.pack_tokens import grant_of_pack
from chenu.tokens.grants import GrantKind
from chenu.tokens.pack_orders import get_pack_order
from chenu.tokens.pack_refunds import (
    PackRefundRow,
    find_pack_refund,
    find_refund_of_request,
    leave_to_dispute,
    list_refunds_of_dispute,
    mark_restored,
)

_RESTORED = mark("Refund of a pack that failed")


async def restore_of_dispute(dispute_id: UUID) -> None:
    """The bank gave the money again: the buyer has the tokens again, a debt is filled first."""
    for refund in await list_refunds_of_dispute(dispute_id):
        await _restore(refund)


async def restore_of_request(request_id: UUID) -> None:
    """The refund did not come about: what was taken for it is given again.

    Not while the bank has the whole price: then it comes back with what the dispute took. The
    caller holds the lock of the charge's refunds.
    """
    refund = await find_refund_of_request(request_id)
    if refund is None or refund.stripe_refund_id is not None:
        return
    order = await get_pack_order(refund.order_id)
    dispute = await find_taking_dispute(order.payment_id) if order.payment_id else None
    if dispute is None:
        await _restore(refund)
    else:
        await leave_to_dispute(refund.id, dispute.id)


async def restore_of_refund(stripe_refund_id: str) -> int:
    """The bank sent the money back: the buyer has the tokens again, a debt is filled first.

    How many; none of something else than a pack.
    """
    refund = await find_pack_refund(stripe_refund_id)
    if refund is None:
        return 0
    await _restore(refund)
    return refund.base_tokens + refund.bonus_tokens


async def _restore(refund: PackRefundRow) -> None:
    if not await mark_restored(refund.id, business_now()):
        return
    order, key = await get_pack_order(refund.order_id), f"pack-restored:{refund.id}"
    await grant_of_pack(order, GrantKind.PACK, refund.base_tokens, f"{key}:base", _RESTORED)
    await grant_of_pack(order, GrantKind.PACK_BONUS, refund.bonus_tokens, f"{key}:bonus", _RESTORED)
