"""/staff/payments: calls to Stripe, events, jobs, tasks and mails, listed and replayed."""

import httpx
import pytest

from chenu.accounts.actor import Staff
from chenu.core import db, queue
from chenu.core.mail import MailKind, queue_mail
from chenu.core.mail_kinds import MailTopic
from chenu.core.mail_preferences import choose_topics
from chenu.flows.services import Services
from storefront.replay_words import EVENT_STATES, JOB_STATES, MAIL_STATES, OPERATION_STATES
from tests.attacks.cast import gather_cast
from tests.attacks.world import World, build_world
from tests.rows import count, put
from tests.storefront.browser import Browser, Seen
from tests.storefront.visitors import make_reader

PAYMENTS = "/staff/payments"
TYPED = {"reason": "The customer asked."}


@pytest.fixture
async def world(services: Services, client: httpx.AsyncClient) -> World:
    return await build_world(services, await gather_cast(services, client))


@pytest.fixture
async def desk(browser: Browser, services: Services, world: World) -> Browser:
    return browser.become(await make_reader("fin", staff=(Staff.FINANCE,)))


async def _replay(desk: Browser, path: str) -> tuple[Seen, Seen, Seen]:
    """The page, the form sent, and the same form sent once more."""
    opened = await desk.get(path)
    return (
        opened,
        await desk.submit(opened, f"{path}/replay", TYPED),
        await desk.submit(opened, f"{path}/replay", TYPED),
    )


async def _acts(action: str) -> int:
    where = "action = $1 AND by_staff AND detail->>'reason' = $2"
    return await count("audit_event", where, action, TYPED["reason"])


async def test_an_open_call_is_asked_about_at_once(desk: Browser, world: World) -> None:
    path = f"{PAYMENTS}/operations/{world.rows['operation']}"

    opened, done, again = await _replay(desk, path)

    assert "Ask Stripe now" in opened.words
    assert done.location == f"{path}?notice=replay-settled"
    assert again.status == 409
    assert "This has changed since the page was opened" in again.words
    assert await count("operation", "id = $1 AND state = 'SETTLED'", world.rows["operation"]) == 1
    assert await _acts("operation.ask") == 1
    assert "there is nothing to do" in (await desk.get(path)).words


async def test_a_failed_call_is_tried_anew_once(desk: Browser, world: World) -> None:
    operation_id = world.rows["operation"]
    sql = """
        UPDATE operation SET state = 'FAILED', error_code = 'card_declined', next_check_at = NULL
        WHERE id = $1
    """
    await db.execute(sql, operation_id)
    path = f"{PAYMENTS}/operations/{operation_id}"

    opened, done, again = await _replay(desk, path)

    assert "card_declined" in opened.words
    assert done.location == f"{path}?notice=replay-settled"
    assert again.status == 409
    assert await _acts("operation.retry") == 1


async def test_a_settled_call_has_no_form_and_takes_none(desk: Browser, world: World) -> None:
    row = "SELECT id FROM operation WHERE state = 'SETTLED' LIMIT 1"
    path = f"{PAYMENTS}/operations/{await db.fetch_value(row)}"
    opened = await desk.get(path)

    sent = await desk.submit(
        await desk.get(f"{PAYMENTS}/operations/{world.rows['operation']}"),
        f"{PAYMENTS}/operations/{world.rows['operation']}/replay",
        {"reason": " "},
    )

    assert not opened.has_form(f"{path}/replay")
    assert sent.status == 422
    assert "#replay-reason" in sent.links()


async def test_an_event_that_was_given_up_waits_again(desk: Browser, world: World) -> None:
    path = f"{PAYMENTS}/events/evt_world"

    _, done, again = await _replay(desk, path)

    assert (done.status, again.status) == (303, 409)
    assert await count("stripe_event", "id = 'evt_world' AND state = 'RECEIVED'") == 1
    where = "entrypoint = $1 AND convert_from(payload, 'UTF8') = 'evt_world'"
    assert await count("pgqueuer", where, queue.Job.WEBHOOK_EVENT.value) == 1
    assert await _acts("event.handle") == 1


async def test_a_job_is_due_at_once(desk: Browser, world: World) -> None:
    path = f"{PAYMENTS}/jobs/{world.rows['job']}"

    opened, done, again = await _replay(desk, path)

    assert "Run it now" in opened.words
    assert (done.status, again.status) == (303, 409)
    where = "id = $1 AND execute_after <= clock_timestamp()"
    assert await count("pgqueuer", where, world.rows["job"]) == 1
    assert await _acts("job.run") == 1


async def test_a_job_tells_what_failed_and_no_secret(desk: Browser, world: World) -> None:
    await put("pgqueuer", "attempts", 3, "id = $2", world.rows["job"])
    sql = """
        INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, traceback)
        VALUES ($1, 'queued', 0, 'mail', '{"exception_type": "RetryRequested",
            "exception_message": "password=hunter2", "traceback": "hunter2",
            "additional_context": {"reason": "UNAVAILABLE"}}')
    """
    await db.execute(sql, world.rows["job"])

    seen = await desk.get(f"{PAYMENTS}/jobs/{world.rows['job']}")

    assert "RetryRequested" in seen.words
    assert "UNAVAILABLE" in seen.words
    assert "hunter2" not in seen.response.text


async def test_a_job_that_is_done_is_gone(desk: Browser, world: World) -> None:
    seen = await desk.get(f"{PAYMENTS}/jobs/999999999")

    assert seen.status == 404


async def test_a_task_that_failed_is_tried_at_once_for_its_own_time(
    desk: Browser, world: World
) -> None:
    path = f"{PAYMENTS}/tasks/purge"
    due = await db.fetch_value("SELECT due_at FROM scheduled_task WHERE name = 'purge'")

    _, done, again = await _replay(desk, path)

    assert (done.status, again.status) == (303, 409)
    where = "name = 'purge' AND next_attempt_at <= now() AND due_at = $1"
    assert await count("scheduled_task", where, due) == 1
    assert await _acts("task.run") == 1


async def test_a_task_that_has_not_failed_runs_when_it_is_due(desk: Browser, world: World) -> None:
    opened = await desk.get(f"{PAYMENTS}/tasks/purge")
    sql = "UPDATE scheduled_task SET failures = 0, next_attempt_at = NULL"
    await db.execute(sql)
    due = await db.fetch_value("SELECT due_at FROM scheduled_task")

    typed = {**TYPED, "seen": f"{due} 0 None"}
    sent = await desk.submit(opened, f"{PAYMENTS}/tasks/purge/replay", typed)

    assert sent.status == 409
    assert "it runs when it is due" in sent.words
    assert await _acts("task.run") == 0


async def test_a_mail_is_sent_again_once(desk: Browser, world: World) -> None:
    mail_id = world.rows["mail"]
    await put("outbox_mail", "state", "SENT", "id = $2", mail_id)
    path = f"{PAYMENTS}/mails/{mail_id}"
    before = await count("pgqueuer")

    _, done, again = await _replay(desk, path)

    assert (done.status, again.status) == (303, 409)
    assert await count("outbox_mail", "id = $1 AND state = 'QUEUED' AND attempts = 0", mail_id) == 1
    assert await count("pgqueuer") == before + 1
    assert await _acts("mail.send") == 1


async def test_a_mail_shows_nothing_of_what_is_in_it(desk: Browser, world: World) -> None:
    sql = "UPDATE outbox_mail SET params = jsonb_build_object('token', 'ab12secret') WHERE id = $1"
    await db.execute(sql, world.rows["mail"])

    texts = [
        (await desk.get(path)).response.text
        for path in (f"{PAYMENTS}/mails", f"{PAYMENTS}/mails/{world.rows['mail']}")
    ]

    assert not [text for text in texts if "ab12secret" in text]
    assert all("buyer@example.org" in text for text in texts)


async def test_nobody_is_written_to_who_does_not_want_it(desk: Browser, world: World) -> None:
    person = await make_reader("zoe")
    await queue_mail(MailKind.WELCOME, person.email, "en", "k", {"email": person.email})
    await choose_topics(person.email, set(MailTopic) - {MailTopic.TIPS})
    rows = "SELECT id FROM outbox_mail WHERE to_address = $1 AND kind = 'WELCOME'"
    path = f"{PAYMENTS}/mails/{await db.fetch_value(rows, person.email)}"

    _, refused, _ = await _replay(desk, path)

    assert refused.status == 409
    assert "has turned such mails off" in refused.words
    assert await _acts("mail.send") == 0


@pytest.mark.parametrize(
    ("path", "states"),
    [
        (PAYMENTS, OPERATION_STATES),
        (f"{PAYMENTS}/events", EVENT_STATES),
        (f"{PAYMENTS}/jobs", JOB_STATES),
        (f"{PAYMENTS}/mails", MAIL_STATES),
    ],
)
async def test_lists_are_filtered_by_state(
    desk: Browser, path: str, states: dict[str, str]
) -> None:
    statuses = {
        state: (await desk.get(f"{path}?state={state}")).status for state in (*states, "NONSENSE")
    }

    assert set(statuses.values()) == {200}


async def test_lists_are_paged_by_key(desk: Browser, world: World) -> None:
    sql = """
        INSERT INTO stripe_event (id, type, state, next_attempt_at, created_at, received_at)
        SELECT 'evt_' || n, 'customer.updated', 'HANDLED', now(), now(), now()
        FROM generate_series(1, 120) AS n
    """
    await db.execute(sql)
    found: list[str] = []
    url = f"{PAYMENTS}/events?state=HANDLED"

    for _ in range(3):
        seen = await desk.get(url)
        found += [link for link in seen.links() if link.startswith(f"{PAYMENTS}/events/evt_")]
        after = [link for link in seen.links() if "after=" in link]
        url = after[0] if after else ""

    assert len(found) == len(set(found)) == 120
    assert url == ""


async def test_support_has_the_mails_alone(browser: Browser, world: World) -> None:
    browser.become(await make_reader("sam", staff=(Staff.SUPPORT,)))

    statuses = {
        path: (await browser.get(f"{PAYMENTS}{path}")).status
        for path in ("", "/events", "/jobs", "/mails", f"/mails/{world.rows['mail']}")
    }

    assert list(statuses.values()) == [403, 403, 403, 200, 200]
    links = (await browser.get(f"{PAYMENTS}/mails")).links()
    assert f"{PAYMENTS}/events" not in links
    assert f"{PAYMENTS}/mails" in links
