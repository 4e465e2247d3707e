"""What staff have done once more: a call to Stripe, an event, a job, a task, a mail, a webhook.

Each is written down with its reason. A form that is sent twice, or was opened before something
changed, is refused: `seen` says what its page showed. docs/decisions/0075.
"""

from uuid import UUID

import msgspec

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.confirmation import require_fresh
from chenu.accounts.staff_acts import StaffAct, check_reason, record_staff_act
from chenu.billing import inbox_list
from chenu.billing.inbox_list import ListedEvent
from chenu.core import db, mail_list, queue, queue_list, scheduled_tasks
from chenu.core.errors import InvalidState, reject_if_any
from chenu.core.i18n import mark
from chenu.core.mail_kinds import MailKind, topic_of
from chenu.core.mail_list import ListedMail
from chenu.core.mail_preferences import list_turned_off
from chenu.core.personal_data import is_pseudonymous
from chenu.core.queue_list import JobRow
from chenu.core.scheduled_tasks import TaskRow
from chenu.flows.operations.decisions import retry_operation
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.ledger.operation_list import check_now
from chenu.ledger.operations import OperationId, OperationRow, OperationState, get_operation
from chenu.webhooks.deliveries import DeliveryRow, get_any_delivery, send_once_more
from chenu.webhooks.endpoints import get_endpoint
from chenu.webhooks.model import DeliveryId

_CHANGED = mark("This has changed since the page was opened: please look at it once more")


class ReplayOrder(msgspec.Struct, frozen=True):
    """`seen` is what seen_of gave for the row as it was shown."""

    seen: str
    reason: str


Seen = OperationRow | ListedEvent | JobRow | TaskRow | ListedMail | DeliveryRow


def seen_of(row: Seen) -> str:
    """What changes of a row whenever something is done with it, and by each replay."""
    parts: tuple[object, ...]
    match row:
        case OperationRow():
            parts = (row.state, row.attempts, row.key_number, row.next_check_at)
        case JobRow():
            parts = (row.status, row.attempts, row.due_at)
        case TaskRow():
            parts = (row.due_at, row.failures, row.next_attempt_at)
        case DeliveryRow():
            parts = (row.state, row.attempts, row.position)
        case _:
            parts = (row.state, row.attempts, row.next_attempt_at)
    return " ".join(str(part) for part in parts)


async def replay_operation(
    services: Services, actor: Actor, operation_id: OperationId, order: ReplayOrder
) -> OperationRow:
    """One that failed is tried anew, one that is open is asked about at once.

    Raises Forbidden, Rejected, SignInAgain, NotFound, InvalidState, and OutcomeUnknown when
    Stripe's answer is lost: repair goes on then.
    """
    actor.require_staff(Staff.FINANCE)
    reject_if_any(check_reason(order.reason))
    await require_fresh(actor)
    operation = await _claim_operation(actor, operation_id, order)
    if operation.state == OperationState.FAILED:
        name = str(actor.require_user())
        return await retry_operation(services, actor, operation_id, name=name, reason=order.reason)
    return await run_operation(services, operation_id)


@db.transactional
async def _claim_operation(
    actor: Actor, operation_id: OperationId, order: ReplayOrder
) -> OperationRow:
    """A retry writes its act itself, under the same lock."""
    operation = await get_operation(operation_id, lock=True)
    _require_seen(operation, order)
    if operation.state == OperationState.SETTLED:
        raise InvalidState("This operation is settled: there is nothing to do")
    if operation.is_open:
        await check_now(operation)
        await record_staff_act(actor, StaffAct.OPERATION_ASK, operation.id, order.reason)
    return operation


@db.transactional
async def replay_event(actor: Actor, event_id: str, order: ReplayOrder) -> None:
    """The worker handles it in a moment: it asks Stripe what is true now.

    Raises Forbidden, Rejected, NotFound, InvalidState.
    """
    actor.require_staff(Staff.FINANCE)
    reject_if_any(check_reason(order.reason))
    event = await inbox_list.get_event(event_id, lock=True)
    _require_seen(event, order)
    await inbox_list.handle_again(event.id)
    await record_staff_act(actor, StaffAct.EVENT_HANDLE, event.id, order.reason, type=event.type)


async def replay_job(actor: Actor, job_id: int, order: ReplayOrder) -> None:
    """One that waits is due at once. Raises Forbidden, Rejected, SignInAgain, NotFound,
    InvalidState.
    """
    actor.require_staff(Staff.FINANCE)
    reject_if_any(check_reason(order.reason))
    await require_fresh(actor)
    await _run_job(actor, job_id, order)


@db.transactional
async def _run_job(actor: Actor, job_id: int, order: ReplayOrder) -> None:
    job = await queue_list.get_job(job_id, lock=True)
    _require_seen(job, order)
    await queue_list.run_now(job.id)
    about = {"job": job.job, "argument": job.argument}
    await record_staff_act(actor, StaffAct.JOB_RUN, str(job.id), order.reason, **about)


async def replay_task(actor: Actor, name: str, order: ReplayOrder) -> None:
    """The retry of a failed run is due at once, for the time that it was due for.

    Others come at their time: what pays on a day of the month must not run on another. Raises
    Forbidden, Rejected, SignInAgain, NotFound, InvalidState.
    """
    actor.require_staff(Staff.FINANCE)
    reject_if_any(check_reason(order.reason))
    await require_fresh(actor)
    await _run_task(actor, name, order)


@db.transactional
async def _run_task(actor: Actor, name: str, order: ReplayOrder) -> None:
    task = await scheduled_tasks.get_task(name, lock=True)
    _require_seen(task, order)
    if not task.failures:
        raise InvalidState("This task has not failed: it runs when it is due")
    await scheduled_tasks.retry_now(task.name)
    await record_staff_act(actor, StaffAct.TASK_RUN, task.name, order.reason)


@db.transactional
async def replay_mail(actor: Actor, mail_id: UUID, order: ReplayOrder) -> None:
    """To the address that it was for, as it was written then.

    Raises Forbidden, Rejected, NotFound, InvalidState where nobody wants it any more.
    """
    if not actor.has_staff(Staff.FINANCE):
        actor.require_staff(Staff.SUPPORT)
    reject_if_any(check_reason(order.reason))
    found = await mail_list.get_mail(mail_id, lock=True)
    _require_seen(found, order)
    await _require_wanted(found)
    await mail_list.send_again(found.id)
    await record_staff_act(actor, StaffAct.MAIL_SEND, found.id, order.reason, kind=found.kind)


async def _require_wanted(found: ListedMail) -> None:
    if is_pseudonymous(found.to_address):
        raise InvalidState("This person's data was deleted: there is nobody to write to")
    if topic_of(MailKind(found.kind)) in await list_turned_off(found.to_address):
        raise InvalidState("Its recipient has turned such mails off")


@db.transactional
async def replay_delivery(actor: Actor, delivery_id: DeliveryId, order: ReplayOrder) -> None:
    """The same event to the same endpoint, behind what waits there.

    Raises Forbidden, Rejected, NotFound, InvalidState where its account has it switched off.
    """
    actor.require_staff(Staff.FINANCE)
    reject_if_any(check_reason(order.reason))
    found = await get_any_delivery(delivery_id, lock=True)
    _require_seen(found, order)
    endpoint = await get_endpoint(found.account_id, found.endpoint_id)
    if not endpoint.is_on:
        raise InvalidState("This endpoint is switched off: its account switches it on")
    await send_once_more(found.id)
    await queue.enqueue(queue.Job.WEBHOOK_ENDPOINT, str(endpoint.id))
    await record_staff_act(actor, StaffAct.DELIVERY_SEND, found.id, order.reason, kind=found.kind)


def _require_seen(row: Seen, order: ReplayOrder) -> None:
    if order.seen != seen_of(row):
        raise InvalidState(_CHANGED)
