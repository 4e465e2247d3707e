"""Repair: whatever a crash, a lost answer or a lost webhook left open is asked about and settled.

At a worker's start everything open; then each operation when its time comes. docs/operations.md.
"""

import asyncio
from collections.abc import Awaitable, Iterable
from datetime import timedelta
from uuid import UUID

import structlog

from chenu.agents.model import PurchaseId
from chenu.agents.purchases import get_purchase, list_pending_since
from chenu.billing import inbox
from chenu.core import mail, queue
from chenu.core.clock import system_now
from chenu.core.errors import ChenuError
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.checkout import close_checkout
from chenu.flows.services import Services
from chenu.ledger import open_operations
from chenu.ledger.operations import OperationId

log = structlog.get_logger(__name__)

_AT_ONCE = 4
_NEVER_OPENED_AFTER = timedelta(hours=1)


async def repair_all(services: Services) -> None:
    """For a worker's start: open operations, unhandled events, unsent mails, forgotten requests."""
    await requeue_waiting()
    await _repair(services, await open_operations.list_open())
    await close_forgotten(services)


async def repair_due(services: Services) -> None:
    """Operations whose time has come."""
    await _repair(services, await open_operations.list_due(system_now()))


async def requeue_waiting() -> None:
    """Events and mails that wait although their job is gone; one job too many does no harm."""
    for event_id in await inbox.list_waiting():
        await queue.enqueue_again(queue.Job.WEBHOOK_EVENT, event_id)
    for mail_id in await mail.list_unsent():
        await queue.enqueue_again(queue.Job.MAIL, str(mail_id))


async def close_forgotten(services: Services) -> None:
    """Requests whose page was never asked for, or refused, an hour later: nothing can be paid."""
    last, before = PurchaseId(UUID(int=0)), system_now() - _NEVER_OPENED_AFTER
    while pending := await list_pending_since(before, after=last):
        known = await open_operations.find_subjects(pending)
        for purchase_id in pending:
            if purchase_id not in known:
                await _try(_close(services, purchase_id), purchase=str(purchase_id))
        last = pending[-1]


async def _repair(services: Services, ids: Iterable[OperationId]) -> None:
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(operation_id: OperationId) -> None:
        async with room:
            await _try(run_operation(services, operation_id), operation=str(operation_id))

    await asyncio.gather(*(one(operation_id) for operation_id in ids))


async def _close(services: Services, purchase_id: PurchaseId) -> None:
    await close_checkout(services, await get_purchase(purchase_id))


async def _try(work: Awaitable[object], **row: str) -> None:
    """One row that fails must not stop the others; it has its next time already."""
    try:
        await work
    except ChenuError as error:
        log.warning("repair_failed", **row, code=error.code)
    except Exception:
        log.exception("repair_broke", **row)
