"""The worker process: repair at start, then jobs and schedule until it is stopped."""

import asyncio
import signal
from pathlib import Path
from uuid import UUID

import structlog

from chenu.accounts.actor import UserId
from chenu.agents.model import AgentId
from chenu.availability.probes import Probes
from chenu.availability.sampler import Sampler
from chenu.core import queue_worker, tracing
from chenu.core.business_clock import follow_clock
from chenu.core.errors import ChenuError
from chenu.core.queue import Job
from chenu.flows.composition import open_services
from chenu.flows.events.handling import handle_event
from chenu.flows.forgotten_pages import close_forgotten
from chenu.flows.mirrors.sync import sync_person, sync_product
from chenu.flows.operations.repair import repair_all, repair_due
from chenu.flows.operations.runner import run_operation
from chenu.flows.privacy.deletion import finish_deletion
from chenu.flows.privacy.export import make_export
from chenu.flows.purchases.outdated_pages import close_checkouts_of_agent
from chenu.flows.services import Services
from chenu.flows.webhooks.deliver import deliver_to
from chenu.jobs.mail_documents import MakeStatement
from chenu.jobs.mail_transport import make_transport
from chenu.jobs.schedule import run_schedule
from chenu.jobs.send_mail import send_mail
from chenu.ledger.operations import OperationId
from chenu.privacy.deletions import DeletionId
from chenu.privacy.exports import ExportId
from chenu.settings import Settings
from chenu.webhooks.model import EndpointId

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 1.0


async def run_worker(
    settings: Settings, make_statement: MakeStatement, *, ready: Path | None = None
) -> None:
    """Runs until SIGTERM or SIGINT. `ready` is touched once jobs are processed."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    with tracing.recording(settings.traces, "chenu-worker"):
        async with open_services(settings, "chenu-worker", reads_replica=True) as services:
            register_handlers(services, make_statement)
            if ready is not None:
                await asyncio.to_thread(ready.touch)
            await asyncio.gather(
                _sample(settings, stop),
                _work(services, stop),
                _repair_first(services),
                run_schedule(services, stop),
            )


async def _sample(settings: Settings, stop: asyncio.Event) -> None:
    seconds = settings.sample_seconds
    await Sampler(Probes(settings.public_url, seconds), seconds).run(stop)


def register_handlers(services: Services, make_statement: MakeStatement) -> None:
    """Registers a handler for every kind of job; each only calls a flow."""
    transport = make_transport(services.settings)

    async def on_event(argument: str) -> None:
        await follow_clock(services.settings)
        await handle_event(services, argument)

    async def on_operation(argument: str) -> None:
        await follow_clock(services.settings)
        await run_operation(services, OperationId(UUID(argument)))

    async def on_mail(argument: str) -> None:
        await follow_clock(services.settings)
        await send_mail(services.settings, transport, UUID(argument), make_statement)

    async def on_close_checkouts(argument: str) -> None:
        await close_checkouts_of_agent(services, AgentId(UUID(argument)))

    async def on_repair(argument: str) -> None:
        await repair_due(services)

    async def on_person(argument: str) -> None:
        await sync_person(services, UserId(UUID(argument)))

    async def on_agent(argument: str) -> None:
        await sync_product(services, AgentId(UUID(argument)))

    queue_worker.handle(Job.WEBHOOK_EVENT, on_event)
    queue_worker.handle(Job.OPERATION, on_operation)
    queue_worker.handle(Job.MAIL, on_mail)
    queue_worker.handle(Job.CLOSE_CHECKOUTS, on_close_checkouts)
    queue_worker.handle(Job.REPAIR, on_repair)
    queue_worker.handle(Job.SYNC_PERSON, on_person)
    queue_worker.handle(Job.SYNC_AGENT, on_agent)
    _register_privacy(services)
    _register_webhooks(services)


def _register_webhooks(services: Services) -> None:
    async def on_endpoint(argument: str) -> None:
        await deliver_to(services, EndpointId(UUID(argument)))

    queue_worker.handle(Job.WEBHOOK_ENDPOINT, on_endpoint)


def _register_privacy(services: Services) -> None:
    async def on_export(argument: str) -> None:
        await follow_clock(services.settings)
        await make_export(ExportId(UUID(argument)))

    async def on_deletion(argument: str) -> None:
        await follow_clock(services.settings)
        await finish_deletion(services, DeletionId(UUID(argument)))

    queue_worker.handle(Job.DATA_EXPORT, on_export)
    queue_worker.handle(Job.PERSON_DELETION, on_deletion)


async def _repair_first(services: Services) -> None:
    try:
        with tracing.span("scheduled repair_all"):
            await repair_all(services)
            await close_forgotten(services)
    except ChenuError as error:
        log.warning("first_repair_failed", code=error.code)
    except Exception:
        log.exception("first_repair_broke")


async def _work(services: Services, stop: asyncio.Event) -> None:
    """A lost database ends the queue's connection: reconnect until the worker is stopped."""
    while not stop.is_set():
        try:
            settings = services.settings
            await queue_worker.work(settings.session_url, stop, is_prompt=settings.is_movable)
        except Exception as error:
            log.warning("queue_lost", error=type(error).__name__)
            await asyncio.sleep(_PAUSE_SECONDS)
