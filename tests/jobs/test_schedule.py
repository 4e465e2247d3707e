"""Recurring tasks: each does its work, and running twice at once does no harm."""

import asyncio
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from chenu.affiliates.click_keys import replace_click_key
from chenu.agents.model import PurchaseStatus
from chenu.agents.purchases import get_purchase
from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import ProviderUnavailable, Unavailable
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.recurrence import Every
from chenu.flows.services import Services
from chenu.jobs.recurring import Recurring, Task
from chenu.jobs.schedule import RECURRING, run_once, run_schedule
from chenu.ledger.accounts import BUYER_PAYMENTS, STRIPE_FEES
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerEntry, LedgerTransaction, credit, debit, post
from chenu.ledger.seals import find_checked
from tests.conftest import Engines
from tests.flows.sales import open_market, open_page, open_quiet_market, pay_for, start_buying
from tests.jobs.outbox import queue_sale
from tests.people import make_person
from tests.rows import count, count_jobs, fingerprint, put, unguarded
from tests.stripe_side import AWAY, StripeSide

BY_NAME = {recurring.name: recurring for recurring in RECURRING}


async def run(services: Services, name: str) -> None:
    """Due in two workers at once."""
    await asyncio.gather(*(run_once(services, BY_NAME[name]) for _ in range(2)))


async def test_repair_asks_about_what_is_due_and_nothing_else(
    services: Services, stripe_side: StripeSide
) -> None:
    purchase = await open_page(services, await open_quiet_market(services))
    assert await pay_for(purchase) == 303
    await run(services, "repair")
    early = (await get_purchase(purchase.id)).status

    await put("operation", "next_check_at", system_now(), "next_check_at IS NOT NULL")
    await run(services, "repair")

    assert (early, (await get_purchase(purchase.id)).status) == (
        PurchaseStatus.PENDING,
        PurchaseStatus.PAID,
    )
    assert await count("purchase_payment") == 1


async def test_repair_of_one_is_not_stopped_by_another(
    services: Services, stripe_side: StripeSide
) -> None:
    for _ in range(2):
        purchase = await open_page(services, await open_quiet_market(services))
        assert await pay_for(purchase) == 303
    await put("operation", "next_check_at", system_now(), "kind = 'CHECKOUT_PAYMENT'")
    await stripe_side.fail(AWAY, "/v1/checkout/sessions/*")

    await run_once(services, BY_NAME["repair"])

    assert await count("purchase", "status = 'PAID'") == 1
    assert await count("operation", "state = 'UNKNOWN'") == 1


async def test_what_waits_without_a_job_gets_one_again(services: Services) -> None:
    await queue_sale()
    event = EventSummary("evt_1", "invoice.paid", "in_1", None, system_now())
    await inbox.store_event(event, EventSource.WEBHOOK)
    await db.execute("DELETE FROM pgqueuer")

    await run(services, "requeue")

    assert (await count_jobs("mail"), await count_jobs("webhook_event")) == (1, 1)


async def test_a_long_outage_does_not_pile_up_jobs(services: Services) -> None:
    """Each job retries by itself: an outage of an hour has 360 runs of repair."""
    for number in range(3):
        await queue_sale(f"sale:{number}")

    for _ in range(5):
        await run(services, "requeue")

    assert await count_jobs("mail") <= 2 * 3


async def test_entries_are_sealed(services: Services) -> None:
    async with db.transaction():
        entries = (
            LedgerEntry(BUYER_PAYMENTS, euros(Cents(-40))),
            LedgerEntry(STRIPE_FEES, euros(Cents(40))),
        )
        await post(
            LedgerTransaction(business_key="x", kind="TEST", account_id=new_id(), entries=entries)
        )

    await run(services, "seal")
    await run(services, "seal")

    assert await count("ledger_seal") == 1
    assert await count("ledger_seal s", "last_entry = (SELECT max(id) FROM ledger_entry)") == 1


async def test_the_hourly_check_remembers_where_it_found_the_books_whole(
    services: Services,
) -> None:
    async with db.transaction():
        entries = (debit(BUYER_PAYMENTS, euros(Cents(40))), credit(STRIPE_FEES, euros(Cents(40))))
        await post(LedgerTransaction("x", "TEST", new_id(), entries))
    await run(services, "seal")

    await run(services, "check_books")

    assert (await find_checked()).last_entry == 2


async def test_polling_finds_the_event_that_was_never_delivered(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    purchase = await open_page(services, await open_market(services))
    assert await pay_for(purchase) == 303

    await run(services, "poll_events")
    await run(services, "poll_events")

    waiting = "type = 'checkout.session.completed' AND source = 'POLL' AND object_id = $1"
    assert await count("stripe_event", waiting, purchase.checkout_session_id) == 1
    assert await count_jobs("webhook_event") == await count("stripe_event")


async def test_polling_does_not_store_what_was_delivered(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    purchase = await open_page(services, await open_quiet_market(services))
    assert await pay_for(purchase) == 303
    [delivered] = await stripe_side.list_all("/v1/events", type="checkout.session.completed")
    summary = EventSummary(delivered["id"], delivered["type"], "cs", None, system_now())
    await inbox.store_event(summary, EventSource.WEBHOOK)
    await inbox.mark_handled(delivered["id"])

    await run(services, "poll_events")

    assert delivered["id"] not in await inbox.list_waiting()
    assert await count("stripe_event", "type = 'checkout.session.completed'") == 1


async def test_a_request_whose_page_was_never_asked_for_ends_after_an_hour(
    services: Services, stripe_side: StripeSide
) -> None:
    market = await open_quiet_market(services)
    await stripe_side.fail(AWAY, times=None)
    with pytest.raises(ProviderUnavailable):
        await start_buying(services, market.buyer, market.agent)
    ages = {}
    for minutes in (59, 61):
        await put("purchase", "updated_at", system_now() - timedelta(minutes=minutes))
        await run(services, "close_forgotten")
        ages[minutes] = await db.fetch_value("SELECT status FROM purchase")

    assert ages == {59: "PENDING", 61: "CANCELED"}


async def test_books_that_do_not_add_up_are_called_out(
    services: Services, engines: Engines
) -> None:
    await put("agent", "installs", 0)
    with capture_logs() as calm:
        await run_once(services, BY_NAME["check_books"])
    await open_quiet_market(services)
    async with unguarded(engines) as connection:
        await connection.execute("UPDATE agent SET installs = 7")

    with capture_logs() as alarmed:
        await run_once(services, BY_NAME["check_books"])

    assert calm == []
    [line] = alarmed
    assert (line["event"], line["log_level"], line["name"]) == (
        "invariant_violated",
        "error",
        "I17",
    )


async def test_old_sessions_and_attempts_are_forgotten(services: Services) -> None:
    await make_person("zoe")
    long_ago = system_now() - timedelta(days=31)
    await put("user_session", "expires_at", long_ago)
    await make_person("yann")

    await run(services, "purge")

    assert await count("user_session") == 1


async def _break(_: Services, due_at: datetime) -> None:
    raise ZeroDivisionError


async def _be_away(_: Services, due_at: datetime) -> None:
    raise Unavailable("The service is not available right now, please try again")


@pytest.mark.parametrize(
    ("task", "said"), [(_break, "scheduled_task_broke"), (_be_away, "scheduled_task_failed")]
)
async def test_a_task_that_fails_is_logged_and_has_its_next_turn(
    services: Services, task: Task, said: str
) -> None:
    recurring = Recurring("test", Every(timedelta(seconds=1)), task)

    with capture_logs() as logs:
        await run_once(services, recurring)

    assert [(line["event"], line["task"]) for line in logs] == [(said, "test")]


async def test_an_idle_product_is_left_as_it_is(
    services: Services, stripe_side: StripeSide
) -> None:
    """But for the results of checks, which say when that was."""
    await stripe_side.reset()
    await replace_click_key()  # the first one, which is made when it is needed or an hour later
    before = await fingerprint()

    for name in BY_NAME:
        await run(services, name)

    after = await fingerprint()
    assert {table for table in after if after[table] != before[table]} == {"ledger_finding"}


async def test_the_schedule_ends_when_it_is_stopped(services: Services) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(run_schedule(services, stop))
    await asyncio.sleep(0)

    stop.set()

    await asyncio.wait_for(running, 10)
    assert running.done()
