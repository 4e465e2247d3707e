"""docs/operations.md, case by case: what it tells to watch shows it, and what it tells to do helps.

Statements are run as they stand there. Cases with files of their own are named in the document.
"""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from chenu.core import db
from chenu.core.clock import CLOCK
from chenu.flows.services import Services
from tests.conftest import ROOT, Engines
from tests.database import empty_database
from tests.faults.server import Server
from tests.faults.stand import Stand, open_stand, wait_ready
from tests.jobs.smtp import OK, MailServer, serve_mail
from tests.rows import count, put
from tests.stripe_side import AWAY
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

GUIDE = (ROOT / "docs" / "operations.md").read_text()


@pytest.fixture(scope="module")
async def mailbox() -> AsyncIterator[MailServer]:
    async with serve_mail() as server:
        yield server


@pytest.fixture(scope="module")
async def running(
    engines: Engines,
    open_engines: Services,
    mailbox: MailServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stand]:
    """As in conftest.py, with a mail server that can be set to refuse."""
    CLOCK.reset()
    await empty_database(engines.postgres_url)
    folder = tmp_path_factory.mktemp("guide")
    env = {"SMTP_URL": mailbox.url, "CHENU_MAIL_FOLDER": ""}
    async with open_stand(engines, open_engines, folder, **env) as stand:
        yield stand
    CLOCK.reset()


async def do_as_written(stand: Stand, beginning: str, *args: Any) -> None:
    """Runs the document's statement as the owner of the database in psql."""
    [statement] = re.findall(rf"`({re.escape(beginning)}[^`]*)`", GUIDE)
    sql = re.sub(r"= (…|'evt_…')$", "= $1", statement)
    connection = await asyncpg.connect(stand.engines.postgres_url)
    try:
        assert await connection.execute(sql, *args) != "UPDATE 0", statement
    finally:
        await connection.close()


async def read_metric(stand: Stand, name: str) -> float:
    """The sum of its samples with these labels, if any are given; 0 without one."""
    answer = await stand.http.get(f"{stand.url}/metrics")
    samples = (line.rpartition(" ") for line in answer.text.splitlines())
    wanted = re.compile(re.escape(name).replace(r"\{", r"\{(.*,)?").replace(r"\}", r"(,.*)?\}"))
    return sum(float(value) for sample, _, value in samples if wanted.fullmatch(sample))


async def until_metric(stand: Stand, name: str, least: float, most: float = 1e9) -> None:
    async def is_there() -> bool:
        return least <= await read_metric(stand, name) <= most

    await until(is_there)


async def until_logged(server: Server, event: str, *words: str) -> None:
    async def is_there() -> bool:
        text = await asyncio.to_thread(server.log.read_text)
        lines = [line for line in text.splitlines() if f'"event":"{event}"' in line]
        return any(all(word in line for word in words) for line in lines)

    await until(is_there)


async def test_stripe_does_not_answer(stand: Stand) -> None:
    buyer = await stand.make_buyer("unanswered")
    await stand.stripe.fail(AWAY, times=None)
    await stand.request(buyer, "one")

    await until_metric(stand, 'chenu_operations{state="UNKNOWN"}', 1)
    sql = "SELECT id FROM operation WHERE state = 'UNKNOWN'"
    operation_id = await db.fetch_value(sql)
    await do_as_written(stand, "UPDATE operation SET next_check_at", operation_id)
    await until_logged(stand.worker, "repair_failed", str(operation_id), "PROVIDER_UNAVAILABLE")
    error = await db.fetch_value("SELECT error_code FROM operation WHERE id = $1", operation_id)
    assert error == "PROVIDER_UNAVAILABLE"

    await stand.stripe.heal()
    await do_as_written(stand, "UPDATE operation SET next_check_at", operation_id)
    await until_metric(stand, 'chenu_operations{state="UNKNOWN"}', 0, 0)
    await stand.buy(buyer)
    await stand.settle(1)


async def test_stripe_refuses_for_good(stand: Stand) -> None:
    buyer = await stand.make_buyer("refused")
    before = await read_metric(stand, 'chenu_operations{state="FAILED"}')
    await stand.stripe.fail("card_error", "/v1/checkout/sessions", method="POST")

    await stand.request(buyer, "one")

    await until_metric(stand, 'chenu_operations{state="FAILED"}', before + 1)
    await until_logged(stand.web, "stripe_refused", "card_declined", '"param":', "CHECKOUT_SESSION")
    await stand.buy(buyer, "again")
    await stand.settle(1)


async def test_no_worker_is_there(stand: Stand) -> None:
    stand.worker.kill()
    await stand.stripe.deliver(duplicate=1.0)
    first, second = await stand.make_buyer("alone1"), await stand.make_buyer("alone2")
    await stand.buy(first)
    await stand.stripe.wait_delivered()
    await put("stripe_event", "received_at", await _a_minute_ago(), "state = 'RECEIVED'")
    await db.execute("UPDATE pgqueuer SET execute_after = execute_after - interval '1 minute'")

    await until_metric(stand, "chenu_webhook_backlog_seconds", 30)
    await until_metric(stand, "chenu_jobs_behind_seconds", 30)
    await until_metric(stand, "chenu_jobs_due", 1)
    await stand.buy(second)
    await until_logged(stand.web, "worker_behind")
    stand.worker.revive()

    await stand.settle(2)
    await until_metric(stand, "chenu_webhook_backlog_seconds", 0, 0)
    await until_metric(stand, "chenu_jobs_due", 0, 0)


async def test_a_worker_hangs_and_another_is_started(stand: Stand) -> None:
    """It is not dead, so that nobody restarts it: jobs are due all the same."""
    stand.worker.send(signal.SIGSTOP)
    second = Server("second", stand.worker.arguments, stand.worker.env, stand.worker.folder)
    try:
        await stand.buy(await stand.make_buyer("hanging"))
        await until_metric(stand, "chenu_jobs_due", 1)
        second.start()

        await stand.settle(1)
    finally:
        second.kill()
        stand.worker.send(signal.SIGCONT)


async def test_the_mail_server_is_in_trouble_for_more_than_a_day(
    stand: Stand, mailbox: MailServer
) -> None:
    mailbox.on_recipient = "451 try later"
    await stand.buy(await stand.make_buyer("postal"))
    try:
        await until_metric(stand, "chenu_mails_waiting", 1)
        await until_logged(stand.worker, "mail_not_sent")
        await until(_are_mails_of_a_day_ago_given_up)
    finally:
        mailbox.on_recipient = OK
    known = len(mailbox.messages)

    await do_as_written(stand, "UPDATE outbox_mail SET")

    await stand.settle(1)
    assert len(mailbox.messages) > known
    assert await count("outbox_mail", "state <> 'SENT'") == 0


async def _are_mails_of_a_day_ago_given_up() -> bool:
    """Some are written only after others were refused: each is made a day old in its turn."""
    await db.execute(
        "UPDATE outbox_mail SET created_at = created_at - interval '25 hours'"
        " WHERE state = 'QUEUED' AND created_at > now() - interval '24 hours'"
    )
    return await count("outbox_mail", "state = 'QUEUED'") == 0


async def test_the_endpoint_has_a_wrong_secret_and_gets_a_new_one(stand: Stand) -> None:
    right = stand.web.env["STRIPE_WEBHOOK_SECRETS"]
    await _restart_with(stand, "whsec_of_another_endpoint")
    buyer = await stand.make_buyer("unsigned")
    await stand.buy(buyer)

    await until_metric(stand, 'chenu_webhooks_total{result="refused"}', 1)
    assert await read_metric(stand, 'chenu_webhooks_total{result="stored"}') == 0
    assert "est à vous" in await stand.look_at_purchase(buyer)
    await _restart_with(stand, f"whsec_the_next_one,{right}")

    await stand.buy(await stand.make_buyer("signed"))
    await until_metric(stand, 'chenu_webhooks_total{result="stored"}', 1)
    await stand.settle(2)


async def _restart_with(stand: Stand, secrets: str) -> None:
    stand.web.env = {**stand.web.env, "STRIPE_WEBHOOK_SECRETS": secrets}
    stand.web.kill()
    stand.web.start()
    await wait_ready(stand)


async def test_an_event_is_replayed(stand: Stand) -> None:
    await stand.buy(await stand.make_buyer("replayed"))
    await stand.settle(1)
    sql = "SELECT id FROM stripe_event WHERE type = 'checkout.session.completed' LIMIT 1"
    event_id = await db.fetch_value(sql)

    await do_as_written(stand, "UPDATE stripe_event SET", event_id)

    await stand.settle(1)
    assert await count("stripe_event", "state <> 'HANDLED'") == 0


async def _a_minute_ago() -> Any:
    return await db.fetch_value("SELECT now() - interval '1 minute'")


def test_every_file_that_the_guide_names_is_there() -> None:
    named = set(re.findall(r"`((?:[a-z]+/)?test_\w+\.py)`", GUIDE))

    assert len(named) > 10
    assert [name for name in named if not (ROOT / "tests" / name).exists()] == []
