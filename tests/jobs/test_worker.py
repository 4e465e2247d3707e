"""The worker as a real process: it does what waits, also after kill -9, and finishes on SIGTERM."""

from pathlib import Path

from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.recovery import verify_email
from chenu.agents.model import PurchaseStatus
from chenu.agents.purchases import get_purchase
from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core import db, queue
from chenu.core.clock import system_now
from chenu.core.queue import Job
from chenu.flows.invariants import check_books
from chenu.flows.services import Services
from tests.accounts.mailed import mailed_token
from tests.conftest import Engines
from tests.flows.sales import open_market, open_page, open_quiet_market, pay_for
from tests.jobs.outbox import look, queue_sale
from tests.jobs.running import worker
from tests.jobs.smtp import serve_mail
from tests.rows import count
from tests.waiting import until


async def is_sent(key: str = "sale:1") -> bool:
    return (await look(key)).state == "SENT"


async def test_what_is_queued_is_done(engines: Engines, services: Services, tmp_path: Path) -> None:
    """A webhook settles a purchase, whose transfer and mails are separate jobs."""
    market = await open_market(services)
    purchase = await open_page(services, market)
    assert await pay_for(purchase) == 303
    assert purchase.checkout_session_id is not None

    async with worker(engines, tmp_path, CHENU_MAIL_FOLDER=str(tmp_path / "mails")):
        event = EventSummary(
            "evt_1", "checkout.session.completed", purchase.checkout_session_id, None, system_now()
        )
        await inbox.store_event(event, EventSource.WEBHOOK)
        await until(lambda: count("purchase_payment", "stripe_transfer_id IS NOT NULL"))
        await until(lambda: count("outbox_mail", "state = 'SENT' AND kind = 'RECEIPT'"))

    assert (await get_purchase(purchase.id)).status is PurchaseStatus.PAID
    assert [f for f in await check_books() if not f.ok] == []


async def test_a_change_of_name_and_address_reaches_stripe(
    engines: Engines, services: Services, tmp_path: Path
) -> None:
    market = await open_market(services)
    await open_page(services, market)
    await update_profile(market.buyer.actor, ProfileChange(display_name="Zoé B."))
    await update_profile(market.creator.actor, ProfileChange(email="new@example.org"))
    await verify_email(await mailed_token("new@example.org"))

    async with worker(engines, tmp_path, CHENU_MAIL_FOLDER=str(tmp_path / "mails")):
        await until(lambda: count("operation", "kind = 'CUSTOMER_UPDATE' AND state = 'SETTLED'"))
        await until(lambda: count("operation", "kind = 'CONNECT_UPDATE' AND state = 'SETTLED'"))
        await until(_nothing_waits)


async def _nothing_waits() -> bool:
    return await count("pgqueuer", "entrypoint = 'sync_person'") == 0


async def test_a_killed_worker_s_successor_goes_on_at_once(
    engines: Engines, services: Services, tmp_path: Path
) -> None:
    async with serve_mail() as server:
        server.may_answer.clear()
        async with worker(engines, tmp_path, SMTP_URL=server.url) as first:
            await queue_sale()
            await until(server.has_taken)
            first.kill()
            assert await first.ended() == -9
        assert not await is_sent()
        server.may_answer.set()

        async with worker(engines, tmp_path, SMTP_URL=server.url):
            await until(is_sent)

    assert len({message["Message-ID"] for message in server.messages}) == 1


async def test_a_worker_that_is_stopped_finishes_the_job_in_hand(
    engines: Engines, services: Services, tmp_path: Path
) -> None:
    async with serve_mail() as server:
        server.may_answer.clear()
        async with worker(engines, tmp_path, SMTP_URL=server.url) as running:
            await queue_sale()
            await until(server.has_taken)
            running.ask_to_stop()
            server.may_answer.set()
            assert await running.ended() == 0

    assert await is_sent()
    assert len(server.messages) == 1
    assert "Traceback" not in running.log.read_text()


async def test_a_worker_s_start_takes_up_what_a_crash_left_without_a_job(
    engines: Engines, services: Services, tmp_path: Path
) -> None:
    market = await open_quiet_market(services)
    purchase = await open_page(services, market)
    assert await pay_for(purchase) == 303
    await queue_sale()
    await db.execute("DELETE FROM pgqueuer")
    await queue.enqueue(Job.OPERATION, "this is no id, and must not stop the others")

    async with worker(engines, tmp_path, CHENU_MAIL_FOLDER=str(tmp_path / "mails")) as running:
        await until(is_sent)
        await until(lambda: count("purchase", "status = 'PAID'"))
        running.ask_to_stop()
        assert await running.ended() == 0
