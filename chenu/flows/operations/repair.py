"""Repair: whatever a crash, a lost answer or a lost webhook left open is asked about and settled.

At a worker's start everything open; then each operation when its time comes. docs/operations.md.
"""

import asyncio
from collections.abc import Awaitable, Iterable

import structlog

from chenu.billing import inbox
from chenu.core import mail, queue
from chenu.core.clock import system_now
from chenu.core.errors import ChenuError
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.ledger import open_operations
from chenu.ledger.operations import OperationId
from chenu.privacy.deletions import list_deletions_due
from chenu.privacy.exports import list_exports_due

log = structlog.get_logger(__name__)

_AT_ONCE = 4


async def repair_all(services: Services) -> None:
    """For a worker's start: open operations, unhandled events, unsent mails."""
    await requeue_waiting()
    await _repair(services, await open_operations.list_open())


async def repair_due(services: Services) -> None:
    """Operations whose time has come."""
    await _repair(services, await open_operations.list_due(system_now()))


async def requeue_waiting() -> None:
    """What waits although its job is gone; one job too many does no harm."""
    for event_id in await inbox.list_waiting():
        await queue.enqueue_again(queue.Job.WEBHOOK_EVENT, event_id)
    for mail_id in await mail.list_unsent():
        await queue.enqueue_again(queue.Job.MAIL, str(mail_id))
    for export_id in await list_exports_due():
        await queue.enqueue_again(queue.Job.DATA_EXPORT, str(export_id))
    for deletion_id in await list_deletions_due():
        await queue.enqueue_again(queue.Job.PERSON_DELETION, str(deletion_id))


async def _repair(services: Services, ids: Iterable[OperationId]) -> None:
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(operation_id: OperationId) -> None:
        async with room:
            await repair_one(run_operation(services, operation_id), operation=str(operation_id))

    await asyncio.gather(*(one(operation_id) for operation_id in ids))


async def repair_one(work: Awaitable[object], **row: str) -> None:
    """One row that fails must not stop the others; it has its next time already."""
    try:
        await work
    except ChenuError as error:
        log.warning("repair_failed", **row, code=error.code)
    except Exception:
        log.exception("repair_broke", **row)
