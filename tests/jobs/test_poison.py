"""A row that always fails waits with the exception's name, and does not stop others.

One of every kind of operation, event, job and mail, generated from the enums.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.billing.live_gateway import LiveGateway
from chenu.billing.recurring import SubscriptionKind, SubscriptionStatus
from chenu.billing.subscriptions import SubscribedItems, store_subscription
from chenu.core import db, queue, queue_worker
from chenu.core.clock import CLOCK, system_now
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.queue import Job
from chenu.flows.composition import EVENTS
from chenu.flows.events.handling import handle_event
from chenu.flows.operations.repair import repair_all, repair_due
from chenu.flows.services import Services
from chenu.flows.subscriptions.trial_reminders import send_due_reminders
from chenu.jobs.mail_samples import samples_of
from chenu.jobs.mail_transport import FolderTransport
from chenu.jobs.send_mail import send_mail
from chenu.jobs.worker import register_handlers
from chenu.ledger.open_operations import list_due
from chenu.ledger.operations import NewOperation, OperationKind, create_operation
from chenu.tiers.catalogue import TierCode
from storefront.affiliate_statement import StatementPdfs
from tests.billing.recurring import answered, made_up_plan
from tests.conftest import Engines, with_gateway, with_settings
from tests.flows.plans import complete, open_plans, plan_of, start
from tests.flows.sales import Market, open_page, open_quiet_market, pay_for
from tests.jobs.outbox import look, queue_sale
from tests.people import Person, make_person
from tests.rows import count, mails_to, put
from tests.stripe_side import StripeSide
from tests.waiting import until

EVENT_TYPES = tuple(event_type.name for event_type in EVENTS)


@dataclass(frozen=True)
class Postponed:
    """Why a row waits, and until when."""

    error: str | None
    next_at: datetime


async def read_postponed(sql: str, *args: object) -> Postponed:
    found = await db.find_one(Postponed, sql, *args)
    assert found is not None
    return found


class PoisonedGateway:
    """Stripe, except that each answer about one object is unreadable."""

    def __init__(self, gateway: Any, poison: str) -> None:
        self._gateway = gateway
        self._poison = poison

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Awaitable[Any]] = getattr(self._gateway, name)

        async def ask(*args: Any) -> Any:
            if self._poison in args:
                raise KeyError("secret")
            return await method(*args)

        return ask


async def make_poison_operation(kind: OperationKind) -> str:
    """Its parameters cannot be read by any handler."""
    new = NewOperation(kind, f"poison:{kind}", params=["poison"], subject_id=new_id())
    return str((await create_operation(new)).id)


async def make_due() -> None:
    await put("operation", "next_check_at", system_now(), "next_check_at IS NOT NULL")


_OPERATION = "SELECT error_code AS error, next_check_at AS next_at FROM operation WHERE id = $1"


@pytest.mark.parametrize("repair", [repair_due, repair_all], ids=["due", "at start"])
@pytest.mark.parametrize("kind", OperationKind)
async def test_a_poison_operation_waits_and_its_neighbour_is_settled(
    services: Services,
    stripe_side: StripeSide,
    kind: OperationKind,
    repair: Callable[[Services], Awaitable[None]],
) -> None:
    poison = await make_poison_operation(kind)
    purchase = await open_page(services, await open_quiet_market(services))
    assert await pay_for(purchase) == 303
    await make_due()

    with capture_logs() as logs:
        await repair(services)

    assert await count("purchase", "status = 'PAID'") == 1
    waiting = await read_postponed(_OPERATION, poison)
    assert waiting.error in ("ValidationError", "NOT_FOUND")  # of its parameters, or its subject
    assert waiting.next_at > system_now()
    assert await list_due(system_now()) == []
    assert [line["operation"] for line in logs if "operation" in line] == [poison]


async def test_poison_operations_move_behind_what_is_due_after_them(services: Services) -> None:
    for number in range(3):
        new = NewOperation(OperationKind.REFUND, f"poison:{number}", params=["poison"])
        await create_operation(new)
    await make_due()
    await repair_due(services)
    await create_operation(NewOperation(OperationKind.REFUND, "after them", params=["poison"]))
    await put("operation", "next_check_at", system_now(), "business_key = 'after them'")

    [first] = await list_due(system_now(), limit=1)

    assert await count("operation", "id = $1 AND business_key = 'after them'", first) == 1


def _object_of(type_: str, market: Market, ids: dict[str, str]) -> str:
    """Our object that an event of this type is about; a new family of events must be added here."""
    return ids[type_.removeprefix("v2.core.").partition(".")[0].partition("[")[0].split("_")[0]]


async def _make_objects(services: Services, market: Market) -> dict[str, str]:
    """The Stripe objects of a market whose buyer is at the payment page."""
    purchase = await open_page(services, market)
    customer = await db.fetch_value(
        "SELECT stripe_customer_id FROM account WHERE id = $1", market.buyer.actor.account_id
    )
    price = await db.fetch_value("SELECT stripe_price_id FROM agent")
    await put("connect_account", "stripe_account_id", "acct_poison")
    return {
        "checkout": purchase.checkout_session_id or "",
        "customer": customer,
        "price": price,
        "product": f"agent_{market.agent.id.hex}",
        "account": "acct_poison",
        "payout": "po_poison",
        "invoice": "in_poison",
        "refund": "re_poison",
        "charge": "ch_poison",
        "credit": "cn_poison",
        "coupon": "chenu_poison",
        "radar": "issfr_poison",
        "subscription": "sub_sched_poison",
    }


async def _find_asked(type_: str, market: Market, ids: dict[str, str]) -> str | None:
    """What Stripe is asked about, where that is not the event's object."""
    if type_ == "customer.updated":
        return await _put_in_trial(market.buyer, ids["customer"])
    return ids["price"] if type_.startswith("product.") else None


async def _put_in_trial(person: Person, customer: str) -> str:
    plan = replace(made_up_plan(customer), status=SubscriptionStatus.TRIALING)
    account_id = person.actor.account_id
    assert account_id is not None
    kind = SubscriptionKind.TIER
    await db.run_in_transaction(
        partial(store_subscription, account_id, kind, SubscribedItems("PRO"), await answered(plan))
    )
    return plan.id


_EVENT = "SELECT last_error AS error, next_attempt_at AS next_at FROM stripe_event WHERE id = $1"


@pytest.mark.parametrize("type_", EVENT_TYPES)
async def test_a_poison_event_waits_and_its_neighbour_is_handled(
    services: Services, type_: str
) -> None:
    market = await open_quiet_market(services)
    ids = await _make_objects(services, market)
    about = _object_of(type_, market, ids)
    asked = await _find_asked(type_, market, ids) or about
    gateway = LiveGateway(services.settings.stripe)
    stripe: Any = PoisonedGateway(gateway, asked)
    poisoned = with_gateway(services, stripe)
    for number, object_id in enumerate((about, "cus_of_somebody_else")):
        kind = "customer.deleted" if number else type_
        account = ids["account"] if kind.startswith("payout.") else None
        event = EventSummary(f"evt_{number}", kind, object_id, account, system_now())
        await inbox.store_event(event, EventSource.WEBHOOK)

    with pytest.raises(KeyError):
        await handle_event(poisoned, "evt_0")
    for event_id in await inbox.list_waiting():
        await handle_event(poisoned, event_id)
    await gateway.close()

    waiting = await read_postponed(_EVENT, "evt_0")
    assert waiting.error == "KeyError"
    assert waiting.next_at > system_now()
    assert await count("stripe_event", "id = 'evt_1' AND state = 'IGNORED'") == 1


_MAIL = "SELECT last_error AS error, next_attempt_at AS next_at FROM outbox_mail WHERE kind = $1"


@pytest.mark.parametrize("kind", MailKind)
async def test_a_poison_mail_waits_with_the_exception_s_name(
    services: Services, tmp_path: Path, kind: MailKind
) -> None:
    await queue_mail(kind, "zoe@example.org", "fr", "poison", samples_of(kind, "fr")[0])
    await put("outbox_mail", "params", "{}")

    with pytest.raises(Exception, match="undefined"):
        await send_mail(services.settings, FolderTransport(tmp_path), (await look("poison")).id)

    waiting = await read_postponed(_MAIL, kind)
    assert waiting.error == "UndefinedError"
    assert waiting.next_at > system_now()


async def test_a_poison_trial_reminder_waits_and_its_neighbour_is_mailed(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    people = [await open_plans(services), await make_person("ali", TierCode.FREE)]
    for person in people:
        await complete(services, await start(services, person.actor, trial=True), "")
    plan = await plan_of(people[0])
    assert plan is not None
    CLOCK.move_to_offset(CLOCK.offset + timedelta(days=12.1))
    stripe: Any = PoisonedGateway(services.subscriptions, plan.stripe_subscription_id)

    await send_due_reminders(with_gateway(services, stripe))

    sql = """
        SELECT last_error AS error, next_attempt_at AS next_at FROM trial_reminder
        WHERE subscription = $1
    """
    waiting = await read_postponed(sql, plan.id)
    assert waiting.error == "KeyError"
    assert waiting.next_at > system_now()
    assert await mails_to(people[0].email) == ["PLAN_STARTED"]
    assert await mails_to(people[1].email) == ["PLAN_STARTED", "TRIAL_ENDING"]


_JOB = """
    SELECT l.traceback -> 'additional_context' ->> 'reason' AS error, j.execute_after AS next_at
    FROM pgqueuer j JOIN pgqueuer_log l ON l.job_id = j.id AND l.traceback IS NOT NULL
    WHERE j.entrypoint = $1 AND j.status = 'queued'
"""


@pytest.mark.parametrize("job", Job)
async def test_a_poison_job_is_neither_lost_nor_stops_its_neighbour(
    services: Services, engines: Engines, tmp_path: Path, job: Job
) -> None:
    changed = with_settings(services, smtp_url=None, mail_folder=str(tmp_path))
    register_handlers(changed, StatementPdfs(changed.settings.company).make)
    await queue.enqueue(job, "poison")
    await db.execute("UPDATE pgqueuer SET payload = '\\xff'")
    await queue_sale()
    stop = asyncio.Event()

    working = asyncio.create_task(queue_worker.work(engines.postgres_url, stop))
    await until(lambda: count("outbox_mail", "state = 'SENT'"))
    await until(lambda: count("pgqueuer", "entrypoint = $1 AND attempts > 0", job))
    stop.set()
    await working

    waiting = await read_postponed(_JOB, job)
    assert waiting.error == "UnicodeDecodeError"
    assert isinstance(waiting.next_at, datetime)


async def test_what_the_database_refuses_while_settling_is_postponed_and_settled_later(
    services: Services, stripe_side: StripeSide, engines: Engines
) -> None:
    purchase = await open_page(services, await open_quiet_market(services))
    assert await pay_for(purchase) == 303
    payment = await db.fetch_value("SELECT id FROM operation WHERE kind = 'CHECKOUT_PAYMENT'")
    connection = await asyncpg.connect(engines.postgres_url)
    name = "purchase_payment_poison"
    await connection.execute(
        f"ALTER TABLE purchase_payment ADD CONSTRAINT {name} CHECK (gross < 0)"
    )
    await make_due()

    try:
        await repair_due(services)
    finally:
        await connection.execute(f"ALTER TABLE purchase_payment DROP CONSTRAINT {name}")
        await connection.close()

    assert (await read_postponed(_OPERATION, payment)).error == "CheckViolationError"
    await make_due()
    await repair_due(services)
    assert await count("purchase", "status = 'PAID'") == 1
