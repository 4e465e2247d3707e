"""A7: every text that users can write, full of scripts, in a real browser: nothing runs.

No dialog, no report of the policy (the text must be harmless without it), no element that could
run, no request to another host.
"""

from datetime import UTC, datetime
from email.message import EmailMessage

import msgspec
import pytest
from playwright.async_api import Browser

from chenu.agents.markdown import render_markdown
from chenu.core.ids import new_id
from chenu.core.mail import MailKind, MailRow
from chenu.flows.services import Services
from chenu.jobs.mail_text import compose_mail
from tests.attacks.infected import open_store
from tests.attacks.infection import infect
from tests.attacks.payloads import BREAKOUTS, MARKDOWN, PAYLOADS, TAGS
from tests.attacks.watched import watch

pytestmark = [pytest.mark.browser, pytest.mark.engines]
BATCH = 62
BATCHES = [PAYLOADS[start : start + BATCH] for start in range(0, len(PAYLOADS), BATCH)]


async def test_nothing_that_people_write_runs_in_anybodys_browser(
    chromium: Browser, url: str, services: Services
) -> None:
    store = await open_store(services)
    visited, clean, wrong = 0, set(), []

    for who in ("anonymous", "buyer", "creator", "reviewer", "support", "finance"):
        token = store.people[who].token if who in store.people else None
        async with watch(chromium, url, token) as watched:
            for batch in BATCHES:
                line = await infect(store, batch)
                for path in store.pages(line)[who]:
                    await watched.page.goto(f"{url}{path}")
                    wrong += [f"{path[:40]}: {each}" for each in await watched.scan()]
                    text = await watched.page.content()
                    clean |= set() if "alert(1)" in text else {path.partition("?")[0]}
                    visited += 1
            wrong += watched.noticed

    assert visited >= 18
    assert wrong == []
    # The first three show no bad token, and a coupon's code is in upper case.
    bad_tokens = {"/password/reset", "/mail/unsubscribe", "/sign-in/join"}
    assert clean == bad_tokens | {"/staff/coupons"}


TYPED = {
    "/sign-in": ("email",),
    "/sign-up": ("email", "display_name"),
    "/password/forgot": ("email",),
}


async def test_what_was_typed_into_a_refused_form_comes_back_as_text(
    chromium: Browser, url: str, services: Services
) -> None:
    fill = """([action, names, text]) => {
        const form = document.querySelector(`form[action="${action}"]`);
        for (const name of names) form.elements[name].type = "text";
        for (const name of names) form.elements[name].value = text;
        form.noValidate = true;
        form.submit();
    }"""
    wrong = []

    async with watch(chromium, url) as watched:
        for path, names in TYPED.items():
            for batch in BATCHES:
                text = " ".join(batch)
                await watched.page.goto(f"{url}{path}")
                async with watched.page.expect_navigation():
                    await watched.page.evaluate(fill, [path, list(names), text])
                shown = await watched.page.input_value(f"[name={names[-1]}]")
                wrong += await watched.scan()
                assert shown == text.replace("\n", "")
        wrong += watched.noticed

    assert wrong == []


PARAMS = {
    MailKind.EMAIL_VERIFY: ("token", "name"),
    MailKind.EMAIL_CHANGE_CONFIRM: ("token", "name", "email"),
    MailKind.EMAIL_CHANGE_NOTICE: ("name", "email"),
    MailKind.PASSWORD_RESET: ("token", "name"),
    MailKind.PASSWORD_CHANGED: ("name",),
    MailKind.SECOND_FACTOR_OFF: ("name",),
    MailKind.RECOVERY_CODE_USED: ("name",),
    MailKind.API_KEY_LEAKED: ("name", "key", "account", "place"),
    MailKind.INVITATION: ("token",),
    MailKind.SSO_JOIN: ("token", "name"),
    MailKind.MEMBER_REMOVED: ("name", "account"),
    MailKind.OWNER_CHANGED: ("name", "account"),
    MailKind.SUPPORT_ASKED: ("name",),
    MailKind.SUPPORT_ANSWERED: ("name", "answer"),
    MailKind.TOKENS_USED: ("name", "account"),
    MailKind.TOKEN_LIMIT: ("name", "account", "subject"),
    MailKind.TRIAL_REFUSED: ("name", "account", "plan"),
    MailKind.AGENT_APPROVED: ("name", "agent", "slug"),
    MailKind.AGENT_REJECTED: ("name", "subject", "ground", "facts"),
    MailKind.AGENT_SUSPENDED: ("name", "subject", "ground", "facts"),
    MailKind.REVIEW_REMOVED: ("name", "subject", "ground", "facts"),
    MailKind.REVIEW_WRITTEN: ("name", "agent", "slug"),
    MailKind.REVIEW_RESTORED: ("name", "agent", "slug", "reason"),
    MailKind.AFFILIATE_SUSPENDED: ("name", "code", "reason"),
    MailKind.AFFILIATE_REINSTATED: ("name", "code", "reason"),
    MailKind.WEBHOOK_OFF: ("name", "account", "target"),
    MailKind.AGENT_REINSTATED: ("name", "agent", "slug", "reason"),
    MailKind.APPEAL_DECIDED: ("name", "subject", "answer"),
    MailKind.SALE: ("name", "agent"),
    MailKind.FIRST_SALE: ("name", "agent"),
    MailKind.PAYOUT_FAILED: ("name", "reason"),
    MailKind.AFFILIATE_PAID: ("name", "number"),
    MailKind.AFFILIATE_PAYOUT_FAILED: ("name", "reason"),
    MailKind.STATEMENT_READY: ("name", "number"),
    MailKind.DISPUTE_OPENED: ("name", "agent", "reason"),
    MailKind.DISPUTE_DUE: ("name", "agent", "reason"),
    MailKind.DISPUTE_WON: ("name", "agent"),
    MailKind.DISPUTE_LOST: ("name", "agent", "reason"),
    MailKind.SALE_REFUNDED: ("name", "agent", "sale"),
    MailKind.REFUND: ("name", "number"),
    MailKind.REFUND_FAILED: ("name", "number", "agent"),
    MailKind.WITHDRAWAL_RECEIVED: ("name", "contract", "email"),
    MailKind.WITHDRAWAL_DONE: ("name", "item", "number"),
    MailKind.WITHDRAWAL_REFUSED: ("name", "contract", "reason"),
    MailKind.INVOICE: ("name", "account", "number", "invoice_url"),
    MailKind.PAYMENT_RETURNED: ("name", "agent", "reason"),
    MailKind.RECEIPT: ("name", "agent", "creator", "purchase", "invoice_url", "receipt_url"),
    MailKind.PACK_RECEIPT: ("name", "order", "terms_version"),
    MailKind.WELCOME: ("email",),
    MailKind.EXPORT_READY: ("name",),
    MailKind.PERSON_DELETED: ("name",),
    MailKind.PLAN_STARTED: ("name", "account", "plan"),
    MailKind.PLAN_CHANGED: ("name", "account", "plan", "old_plan"),
    MailKind.PLAN_DOWNGRADED: ("name", "account", "plan", "old_plan"),
    MailKind.PLAN_CHANGE_SCHEDULED: ("name", "account", "plan", "next_plan"),
    MailKind.PLAN_CHANGE_UNDONE: ("name", "account", "plan", "next_plan"),
    MailKind.PLAN_CANCELLED: ("name", "account", "plan"),
    MailKind.PLAN_RESUMED: ("name", "account", "plan"),
    MailKind.PLAN_PAUSED: ("name", "account", "plan"),
    MailKind.PLAN_UNPAUSED: ("name", "account", "plan"),
    MailKind.PLAN_ENDED: ("name", "account", "plan"),
    MailKind.REPORT_RECEIVED: ("agent",),
    MailKind.REPORT_DECIDED: ("agent", "reason"),
    MailKind.TRIAL_ENDING: ("name", "account", "plan"),
    MailKind.TRIAL_ENDED: ("name", "account", "plan"),
    MailKind.PAYMENT_FAILED: ("name", "account", "plan", "invoice_url"),
    MailKind.AGENT_CANCELLED: ("name", "account", "agent", "slug"),
    MailKind.AGENT_STOPPED: ("name", "account", "agent", "slug"),
    MailKind.AGENT_RESUMED: ("name", "account", "agent", "slug"),
    MailKind.NEW_VERSION: ("name", "account", "agent", "number", "notes"),
    MailKind.AGENT_ENDED: ("name", "account", "agent", "slug"),
    MailKind.AGENT_PAYMENT_FAILED: ("name", "account", "agent", "slug", "invoice_url"),
}
"""What a person can put into each mail; amounts and times are ours."""

_OURS: dict[str, object] = {
    "gross": 900,
    "access_grant": "018f0000-0000-7000-8000-000000000002",
    "asks_more": True,
    "prefix": "chenu_live_3fK8aQ",
    "is_replaced": False,
    "is_api": True,
    "is_owner": True,
    "is_inquiry": False,
    "is_review": True,
    "rating": 4,
    "is_acted": True,
    "receipt": "0" * 40,
    "at": "2026-11-24T10:00:00+00:00",
    "due_at": "2026-11-24T10:00:00+00:00",
    "declared_at": "2026-11-24T10:00:00+00:00",
    "creator_share": 630,
    "share": 630,
    "platform_share": 270,
    "amount": 900,
    "net": 900,
    "month": "2026-10-01",
    "reason": "",
    "tax": 150,
    "paid_at": "2026-11-22T10:00:00+00:00",
    "consent_at": "2026-11-22T10:00:00+00:00",
    "consent_version": "1",
    "consent": [],
    "base": 1000,
    "bonus": 100,
    "terms": [],
    "price": 900,
    "interval": "YEAR",
    "renews_at": "2026-12-15T09:30:00+00:00",
    "starts_at": "2026-12-15T09:30:00+00:00",
    "ends_at": "2026-12-15T09:30:00+00:00",
    "is_trial": True,
    "is_unpaid": True,
    "has_card": True,
    "is_key": True,
    "soft": 5000,
    "hard": 6000,
    "used": 5120,
    "percent": 80,
    "budget": 6400,
    "resets_at": "2026-12-15T09:30:00+00:00",
    "attempt": 4,
    "next_attempt_at": None,
    "is_overturned": False,
    "is_gone": False,
    "endpoint": "0190f0a0-0000-7000-8000-000000000004",
    "decision": "0190f0a0-0000-7000-8000-000000000003",
}


def _compose(kind: MailKind, text: str) -> EmailMessage:
    params = {**_OURS, **dict.fromkeys(PARAMS[kind], text)}
    row = MailRow(
        id=new_id(),
        business_key="k",
        kind=kind,
        to_address="a@example.org",
        locale="en",
        params=msgspec.json.encode(params).decode(),
        state="QUEUED",
        attempts=0,
        created_at=datetime.now(UTC),
    )
    return compose_mail(
        row,
        sender="CHE·NU <a@example.org>",
        public_url="http://127.0.0.1:8000",
        secret=b"s" * 32,
    )


def _style_of(mail: EmailMessage) -> str:
    """The only one that a mail has, whatever people write."""
    part = mail.get_body(("html",))
    assert part is not None
    html: str = part.get_content()
    return f"<style>{html.partition('<style>')[2].partition('</style>')[0]}</style>"


async def test_nothing_runs_in_a_mail(chromium: Browser) -> None:
    """In a mail program without any policy, and with line breaks in texts of the subject."""
    wrong, shown = [], 0
    style = _style_of(_compose(MailKind.SALE, "harmless"))

    async with watch(chromium, "http://127.0.0.1:8000") as watched:
        for kind in PARAMS:
            for batch in BATCHES:
                mail = _compose(kind, "\r\nBcc: thief@evil.example\r\n\r\n" + "\n".join(batch))
                part = mail.get_body(("html",))
                assert part is not None
                await watched.page.set_content(part.get_content(), wait_until="domcontentloaded")
                wrong += [each for each in await watched.scan() if each.strip() != style]
                shown += "alert(1)" in await watched.page.inner_text("body")
                assert mail["Bcc"] is None
        wrong += watched.noticed

    assert set(PARAMS) == set(MailKind)
    assert shown == len(PARAMS) * len(BATCHES)
    assert wrong == []


async def test_descriptions_keep_their_words_and_lose_their_scripts(chromium: Browser) -> None:
    """Each payload alone, without any policy, as Markdown may combine them in other ways."""
    wrong = []

    async with watch(chromium, "http://127.0.0.1:8000") as watched:
        for payload in PAYLOADS:
            html = render_markdown(payload)
            await watched.page.set_content(html, wait_until="domcontentloaded")
            wrong += [f"{payload}: {each}" for each in await watched.scan()]
        wrong += watched.noticed

    assert wrong == []


LIVE = [TAGS[0], TAGS[5], TAGS[9], TAGS[17], BREAKOUTS[0], BREAKOUTS[9]]


async def test_the_payloads_are_live_where_nobody_escapes(chromium: Browser) -> None:
    """A control, without which the tests above would prove nothing."""
    async with watch(chromium, "http://127.0.0.1:8000") as watched:
        for payload in LIVE:
            async with watched.page.expect_event("dialog"):
                await watched.page.set_content(payload, wait_until="domcontentloaded")
            assert await watched.scan() != []

    assert len(watched.noticed) >= len(LIVE)


async def test_the_watcher_sees_what_the_policy_stops(chromium: Browser) -> None:
    async with watch(chromium, "http://127.0.0.1:8000") as watched:
        await watched.page.route(
            "http://127.0.0.1:8000/",
            lambda route: route.fulfill(
                body=f"<!doctype html>{TAGS[5]}",
                headers={
                    "content-type": "text/html",
                    "content-security-policy": "default-src 'none'",
                },
            ),
        )
        async with watched.page.expect_console_message(lambda it: "policy broken" in it.text):
            await watched.page.goto("http://127.0.0.1:8000/")

    assert any("policy" in each for each in watched.noticed)
    assert not any("dialog" in each for each in watched.noticed)


def test_there_are_sixty_of_them() -> None:
    assert len(set(PAYLOADS)) >= 60
    assert len(MARKDOWN) >= 5
