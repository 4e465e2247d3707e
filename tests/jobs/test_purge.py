"""Every table has a retention rule, which the purge follows by an index."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from chenu.accounts.actor import AccountRole, Staff
from chenu.accounts.attempts import MAIL_PER_IP, count_attempt
from chenu.accounts.idempotency import client_key, remember_result
from chenu.accounts.impersonation import start_impersonation
from chenu.accounts.mail_tokens import Purpose, make_mail_token
from chenu.availability.tables import WebProcess
from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core import db, queue
from chenu.core.clock import system_now
from chenu.core.ids import new_id
from chenu.core.retention import Retention, purge
from chenu.core.rows import insert
from chenu.flows.services import Services
from chenu.jobs.purge import RETENTION_OF, RETENTIONS, purge_all
from chenu.ledger.findings import record_findings
from chenu.ledger.invariants import Finding
from chenu.sso.attempts import Journey, begin_attempt
from chenu.sso.identities import begin_join
from chenu.sso.model import VerifiedIdentity
from tests.agents.runs import put_run
from tests.agents.shelf import open_shop, shelve
from tests.api.calls import counted_statements
from tests.availability.measured import NOON, sample_in
from tests.conftest import Engines
from tests.contracts import ask_offer
from tests.jobs.outbox import queue_sale
from tests.people import make_person
from tests.rows import count, put
from tests.sso.standing import put_standing

DOCS = Path(__file__).parents[2] / "docs" / "operations.md"
ALL = list(RETENTION_OF.values())


async def _event() -> None:
    event = EventSummary("evt_1", "invoice.paid", "in_1", None, system_now())
    await inbox.store_event(event, EventSource.WEBHOOK)
    await inbox.mark_handled("evt_1")


async def _event_key() -> None:
    await _event()
    await db.execute("DELETE FROM stripe_event")


async def _mail() -> None:
    await queue_sale()
    await put("outbox_mail", "state", "SENT")


async def _job() -> None:
    await queue.enqueue(queue.Job.MAIL, "x")
    await put("pgqueuer", "attempts", 1)


async def _session() -> None:
    await make_person("zoe")


async def _impersonation() -> None:
    staff, customer = await make_person("desk", staff=(Staff.SUPPORT,)), await make_person("zoe")
    account_id = customer.actor.account_id
    assert account_id is not None
    await start_impersonation(staff.actor, account_id, "They asked for help.")


async def _mail_token() -> None:
    person = await make_person("zoe")
    await make_mail_token(person.user_id, Purpose.VERIFY_EMAIL, person.email)


async def _attempt() -> None:
    await count_attempt(MAIL_PER_IP, "192.0.2.1")


async def _idempotency() -> None:
    person = await make_person("zoe")
    account_id = person.actor.account_id
    assert account_id is not None
    await remember_result(client_key(account_id, "key", "x", None), new_id())


async def _entitlement_use() -> None:
    person = await make_person("zoe")
    sql = """
        INSERT INTO entitlement_use
            (id, account, feature, quantity, used_after, granted, granted_by, created_at)
        VALUES ($1, $2, 'THREADS', 1, 1, true, 'TIER', now())
    """
    await db.execute(sql, new_id(), person.actor.account_id)


async def _invitation() -> None:
    person = await make_person("zoe")
    sql = """
        INSERT INTO invitation
            (id, token_hash, account, email, role, invited_by, sent_at, expires_at)
        VALUES ($1, 'x', $2, 'a@example.org', 'MEMBER', $3, now(), now())
    """
    await db.execute(sql, new_id(), person.actor.account_id, person.user_id)


async def _support_request() -> None:
    person = await make_person("zoe")
    sql = """
        INSERT INTO support_request
            (id, account, requester, level, subject, body, created_at, due_at, closed_at)
        VALUES ($1, $2, $3, 'EMAIL', 'Help', 'Help me.', now(), now(), now())
    """
    await db.execute(sql, new_id(), person.actor.account_id, person.user_id)


async def _support_answer() -> None:
    await _support_request()
    sql = """
        INSERT INTO support_answer (id, request, author, body, created_at)
        SELECT $1, id, requester, 'So.', now() FROM support_request
    """
    await db.execute(sql, new_id())


async def _moderation_decision() -> None:
    person = await make_person("zoe")
    sql = """
        INSERT INTO moderation_decision
            (id, kind, subject, subject_name, recipient, ground, facts, decided_by, decided_at)
        VALUES ($1, 'AGENT_REJECTED', $1, 'Trieur', $2, 'TERMS', 'So.', $2, now())
    """
    await db.execute(sql, new_id(), person.user_id)


async def _appeal() -> None:
    await _moderation_decision()
    sql = """
        INSERT INTO appeal
            (id, decision, appellant, body, state, created_at, decided_by, decided_at)
        SELECT $1, id, recipient, 'No.', 'UPHELD', now(), recipient, now() FROM moderation_decision
    """
    await db.execute(sql, new_id())


async def _report_case() -> None:
    sql = """
        INSERT INTO report_case (id, kind, subject, agent, state, place, opened_at, decided_by,
            decided_at, reason)
        VALUES ($1, 'AGENT', $1, $1, 'DISMISSED', 0, now(), $2, now(), 'It is fine.')
    """
    staff = await make_person("sam")
    await db.execute(sql, new_id(), staff.user_id)


async def _content_report() -> None:
    await _report_case()
    sql = """
        INSERT INTO content_report (id, report_case, receipt, locale, ground, body, created_at)
        SELECT $1, id, 'x', 'fr', 'OTHER', 'Something is wrong.', now() FROM report_case
    """
    await db.execute(sql, new_id())


async def _enterprise_inquiry() -> None:
    await ask_offer()
    await db.execute("UPDATE enterprise_inquiry SET closed_at = now()")


async def _subscription_order() -> None:
    person = await make_person("zoe")
    sql = """
        INSERT INTO subscription_order (id, account, buyer, kind, item, billing_interval, price,
            status, created_at, updated_at)
        VALUES ($1, $2, $3, 'TIER', 'PRO', 'MONTH', 2900, 'CANCELED', now(), now())
    """
    await db.execute(sql, new_id(), person.actor.account_id, person.user_id)


async def _pack_order() -> None:
    person = await make_person("zoe")
    sql = """
        INSERT INTO pack_order (id, account, buyer, pack, base_tokens, bonus_tokens, price, locale,
            terms_version, status, created_at, updated_at)
        VALUES ($1, $2, $3, 'pack_1k', 1000, 100, 900, 'fr', '1', 'CANCELED', now(), now())
    """
    await db.execute(sql, new_id(), person.actor.account_id, person.user_id)


async def _withdrawal_statement() -> None:
    sql = """
        INSERT INTO withdrawal_statement (id, name, email, contract, locale, declared_at, state)
        VALUES ($1, 'Zoe', 'zoe@example.org', 'CHENU-0001', 'fr', now(), 'REFUSED')
    """
    await db.execute(sql, new_id())


async def _data_export() -> None:
    person = await make_person("zoe")
    sql = """
        INSERT INTO data_export (id, owner, state, next_attempt_at, requested_at, expires_at)
        VALUES ($1, $2, 'READY', now(), now(), now())
    """
    await db.execute(sql, new_id(), person.user_id)


async def _data_export_chunk() -> None:
    await _data_export()
    sql = """
        INSERT INTO data_export_chunk (id, export, position, content, expires_at)
        SELECT $1, id, 0, 'x', now() FROM data_export
    """
    await db.execute(sql, new_id())


async def _agent_view_day() -> None:
    shop = await open_shop()
    agent_id = await shelve(shop, "Trieur")
    sql = """
        INSERT INTO agent_view_day (id, agent, day, views, stored_at)
        VALUES ($1, $2, current_date, 1, now())
    """
    await db.execute(sql, new_id(), agent_id)


async def _outgoing_event() -> UUID:
    event = new_id()
    sql = """
        INSERT INTO outgoing_event (id, account, business_key, kind, payload, occurred_at)
        VALUES ($1, $2, 'k', 'webhook.test', '{}', now())
    """
    await db.execute(sql, event, new_id())
    return event


async def _webhook_delivery() -> UUID:
    endpoint, delivery = new_id(), new_id()
    sql = """
        INSERT INTO webhook_endpoint (id, account, url, kinds, secret, state, off_reason, failures,
            next_attempt_at, created_at)
        VALUES ($1, $2, 'https://example.org', '{webhook.test}', 'x', 'ON', '', 0, now(), now())
    """
    await db.execute(sql, endpoint, new_id())
    sql = """
        INSERT INTO webhook_delivery (id, endpoint, event, state, created_at)
        VALUES ($1, $2, $3, 'DELIVERED', now())
    """
    await db.execute(sql, delivery, endpoint, await _outgoing_event())
    return delivery


async def _webhook_attempt() -> None:
    sql = """
        INSERT INTO webhook_attempt (id, delivery, attempted_at, error, milliseconds, answer)
        VALUES ($1, $2, now(), '', 1, '')
    """
    await db.execute(sql, new_id(), await _webhook_delivery())


async def _affiliate_click() -> None:
    person = await make_person("zoe")
    affiliate = new_id()
    sql = """
        INSERT INTO affiliate (id, member, code, status, joined_at)
        VALUES ($1, $2, 'CHENU00000001', 'ACTIVE', now())
    """
    await db.execute(sql, affiliate, person.user_id)
    sql = """
        INSERT INTO affiliate_click (id, affiliate, landing, visitor, clicked_at)
        VALUES ($1, $2, '/', 'x', now())
    """
    await db.execute(sql, new_id(), affiliate)


async def _api_usage() -> None:
    person = await make_person("zoe")
    sql = """
        INSERT INTO api_usage (id, account, day, served, refused, created_at)
        VALUES ($1, $2, current_date, 1, 0, now())
    """
    await db.execute(sql, new_id(), person.actor.account_id)


async def _document() -> None:
    person = await make_person("zoe")
    sql = """
        INSERT INTO billing_document (id, account, stripe_id, content, stored_at)
        VALUES ($1, $2, 'in_1', 'x', now())
    """
    await db.execute(sql, new_id(), person.actor.account_id)


async def _coupon_redemption() -> None:
    person = await make_person("zoe")
    coupon = new_id()
    sql = """
        INSERT INTO coupon (id, code, percent_off, duration, intervals, created_at)
        VALUES ($1, 'SAVE50', 50, 'ONCE', '{MONTH}', now())
    """
    await db.execute(sql, coupon)
    sql = """
        INSERT INTO coupon_redemption (id, coupon, account, subscription_order, status, created_at,
            updated_at)
        VALUES ($1, $2, $3, $4, 'RELEASED', now(), now())
    """
    await db.execute(sql, new_id(), coupon, person.actor.account_id, new_id())


async def _trial_reminder() -> None:
    person = await make_person("zoe")
    subscription = new_id()
    sql = """
        INSERT INTO subscription (id, account, kind, item, billing_interval, status, gives_access,
            price, stripe_subscription_id, stripe_item_id, period_start, period_end, created_at)
        VALUES ($1, $2, 'TIER', 'PRO', 'MONTH', 'TRIALING', true, 2900, 'sub_1', 'si_1', now(),
            now(), now())
    """
    await db.execute(sql, subscription, person.actor.account_id)
    sql = """
        INSERT INTO trial_reminder (id, subscription, due_at, next_attempt_at)
        VALUES ($1, $2, now(), now())
    """
    await db.execute(sql, new_id(), subscription)


async def _execution() -> None:
    shop = await open_shop()
    await put_run(shop.account_id, await shelve(shop, "Trieur"))


async def _ledger_finding() -> None:
    await record_findings([Finding("I0", "a rule that is checked no more", 0, ())])


async def _availability_sample() -> None:
    await sample_in([0])


async def _web_process() -> None:
    await insert(
        WebProcess,
        {"id": new_id(), "url": "http://127.0.0.1:1", "started_at": NOON, "seen_at": NOON},
    )


async def _scim_token() -> None:
    await put_standing(await make_person("zoe"))


async def _sso_attempt() -> None:
    standing = await put_standing(await make_person("zoe"))
    await begin_attempt(standing["connection"], b"k" * 32, Journey(), "")


async def _sso_join() -> None:
    person = await make_person("zoe")
    standing = await put_standing(person)
    identity = VerifiedIdentity("subject", person.email, "Zoé", ())
    await begin_join(standing["connection"], identity, person.user_id, AccountRole.MEMBER)


MAKERS: dict[str, Callable[[], Awaitable[object]]] = {
    "stripe_event": _event,
    "stripe_event_key": _event_key,
    "outbox_mail": _mail,
    "pgqueuer": _job,
    "pgqueuer_log": _job,
    "user_session": _session,
    "impersonation": _impersonation,
    "mail_token": _mail_token,
    "attempt_window": _attempt,
    "invitation": _invitation,
    "support_request": _support_request,
    "support_answer": _support_answer,
    "moderation_decision": _moderation_decision,
    "appeal": _appeal,
    "content_report": _content_report,
    "report_case": _report_case,
    "enterprise_inquiry": _enterprise_inquiry,
    "idempotency_record": _idempotency,
    "subscription_order": _subscription_order,
    "pack_order": _pack_order,
    "coupon_redemption": _coupon_redemption,
    "entitlement_use": _entitlement_use,
    "withdrawal_statement": _withdrawal_statement,
    "billing_document": _document,
    "data_export": _data_export,
    "data_export_chunk": _data_export_chunk,
    "agent_view_day": _agent_view_day,
    "affiliate_click": _affiliate_click,
    "outgoing_event": _outgoing_event,
    "webhook_delivery": _webhook_delivery,
    "webhook_attempt": _webhook_attempt,
    "api_usage": _api_usage,
    "trial_reminder": _trial_reminder,
    "execution": _execution,
    "ledger_finding": _ledger_finding,
    "availability_sample": _availability_sample,
    "web_process": _web_process,
    "scim_token": _scim_token,
    "sso_attempt": _sso_attempt,
    "sso_join": _sso_join,
}


def column(retention: Retention) -> str:
    """The column that is changed to make a row old."""
    return "expires_at" if retention.table == "user_session" else retention.age


async def test_every_table_declares_its_retention_once(services: Services) -> None:
    sql = "SELECT array_agg(tablename::text) FROM pg_tables WHERE schemaname = 'public'"
    tables = await db.fetch_value(sql)

    assert sorted(retention.table for retention in RETENTIONS) == sorted(tables)
    assert all(retention.why for retention in RETENTIONS)


@pytest.mark.parametrize("retention", ALL, ids=lambda retention: retention.table)
async def test_rows_go_when_their_time_is_over_and_not_before(
    services: Services, retention: Retention
) -> None:
    await MAKERS[retention.table]()
    left = []

    for spare in (timedelta(minutes=2), timedelta(minutes=-2)):
        moment = (retention.clock() - retention.keep + spare).replace(second=0, microsecond=0)
        await put(retention.table, column(retention), moment)
        await purge_all()
        left.append(await count(retention.table) > 0)

    assert left == [True, False]


@pytest.mark.parametrize(
    ("table", "state"), [("stripe_event", "RECEIVED"), ("outbox_mail", "QUEUED")]
)
async def test_what_waits_stays_however_old_it_is(
    services: Services, table: str, state: str
) -> None:
    await MAKERS[table]()
    await put(table, "state", state)
    await put(table, RETENTION_OF[table].age, system_now() - timedelta(days=4000))

    await purge_all()

    assert await count(table) == 1


async def test_the_database_itself_refuses_to_delete_an_event_that_waits(
    services: Services,
) -> None:
    event = EventSummary("evt_1", "invoice.paid", "in_1", None, system_now())
    await inbox.store_event(event, EventSource.WEBHOOK)

    with pytest.raises(asyncpg.RaiseError, match="waits"):
        await db.execute("DELETE FROM stripe_event")


@pytest.mark.parametrize("retention", ALL, ids=lambda retention: retention.table)
async def test_a_purge_finds_its_rows_by_an_index(
    services: Services, engines: Engines, retention: Retention
) -> None:
    async with counted_statements() as statements:
        await purge(retention)
    connection = await asyncpg.connect(engines.postgres_url)
    # nothing is of a month NULL: without pruning the plan shows how each month would be read
    await connection.execute(
        "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan;"
        " SET enable_partition_pruning = off"
    )
    await connection.execute(f"PREPARE one AS {statements[-1]}")
    given = "NULL, NULL" if "$2" in statements[-1] else "NULL"

    lines = await connection.fetch(f"EXPLAIN (COSTS OFF) EXECUTE one({given})")
    await connection.close()

    scans = re.findall(r"Seq Scan on (\w+)", "\n".join(line[0] for line in lines))
    assert [scan for scan in scans if scan != "pgqueuer"] == []  # jobs that are not done yet


async def test_many_rows_go_in_batches(services: Services) -> None:
    sql = """
        INSERT INTO attempt_window (subject, started_at, tries)
        SELECT 'x' || n, now() - interval '2 days', 1 FROM generate_series(1, 1200) n
    """
    await db.execute(sql)
    retention = RETENTION_OF["attempt_window"]

    async with counted_statements() as statements:
        deleted = await purge(retention)

    assert (deleted, len(statements)) == (1200, 3)
    assert await count("attempt_window") == 0


def test_the_guide_names_every_table_that_is_purged() -> None:
    guide = DOCS.read_text().partition("## Retention")[2].partition("\n## ")[0]

    assert [table for table in RETENTION_OF if f"| `{table}` |" not in guide] == []
