"""Refunds that no second person has decided about in time: closed, nothing returned."""

from chenu.accounts import audit
from chenu.accounts.actor import ANONYMOUS
from chenu.agents.refund_requests import (
    SaleRequestId,
    expire_sale_request,
    list_overdue_sale_requests,
    postpone_sale_expiry,
)
from chenu.billing.refund_requests import (
    RefundRequestId,
    expire_request,
    get_refund_request,
    list_overdue_requests,
    postpone_expiry,
)
from chenu.billing.refunds import lock_refunds
from chenu.core import db
from chenu.core.backoff import name_failure
from chenu.core.clock import business_now
from chenu.flows.operations.repair import repair_one
from chenu.flows.pack_restores import restore_of_request
from chenu.flows.second_person import WAITS

_ACT = "refund.expire"


async def expire_refunds() -> None:
    """One that fails waits longer and longer, and does not stop others."""
    before = business_now() - WAITS
    for request_id in await list_overdue_requests(before):
        await repair_one(_expire(request_id), refund_request=str(request_id))
    for sale_request_id in await list_overdue_sale_requests(before):
        await repair_one(_expire_sale(sale_request_id), refund_request=str(sale_request_id))


async def _expire(request_id: RefundRequestId) -> None:
    try:
        await _close(request_id)
    except Exception as error:
        await postpone_expiry(request_id, name_failure(error))
        raise


@db.transactional
async def _close(request_id: RefundRequestId) -> None:
    """The tokens of a pack, which were taken when it was asked for, are given again."""
    await lock_refunds((await get_refund_request(request_id)).payment_id)
    if await expire_request(request_id):
        await restore_of_request(request_id)
        await audit.record(ANONYMOUS, _ACT, request_id)


async def _expire_sale(request_id: SaleRequestId) -> None:
    try:
        await _close_sale(request_id)
    except Exception as error:
        await postpone_sale_expiry(request_id, name_failure(error))
        raise


@db.transactional
async def _close_sale(request_id: SaleRequestId) -> None:
    if await expire_sale_request(request_id):
        await audit.record(ANONYMOUS, _ACT, request_id)
