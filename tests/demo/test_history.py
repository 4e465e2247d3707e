"""The file with which a demo begins: small, of this version's schema, and true at any age."""

import lzma
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from chenu.core.migrations import list_known
from chenu.demo.acts import own_card
from chenu.demo.history import FILE, BadHistory, pack_history, read_history, write_history
from chenu.demo.people import PEOPLE
from chenu.demo.subscribers import list_subscribers
from tests.demo.rows import business_now_of, paid_invoices_of, rows_of, tiers_of
from tests.demo.running import RunningDemo, run_chenu

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]
MOST_BYTES = 5_000_000


def test_it_is_small() -> None:
    assert FILE.stat().st_size <= MOST_BYTES


def test_this_version_has_its_migrations() -> None:
    """Otherwise `chenu demo-history` has to make it anew: docs/operations.md, "The demo"."""
    manifest = read_history(FILE).manifest

    assert set(manifest.migrations) <= list_known()


def test_it_has_neither_secrets_nor_addresses() -> None:
    history = read_history(FILE)
    text = b"\n".join([*history.rows.values(), history.archive])

    assert b"whsec_" not in text
    assert b"127.0.0.1" not in text
    assert not {"user_session", "mail_token"} & history.rows.keys()
    assert not re.search(rb"chenu_(live|service)_\w{20}", text)
    assert history.rows["service_key"] == b""


def test_the_same_history_is_the_same_file(tmp_path: Path) -> None:
    """Compared unpacked, and packed for a thousandth: to compress all of it takes a minute."""
    history = read_history(FILE)
    rows = {name: text[:5_000] for name, text in history.rows.items()}
    part = replace(history, rows=rows, archive=history.archive[:5_000])
    for name in ("one", "other"):
        write_history(part, tmp_path / name)

    assert pack_history(history) == lzma.decompress(FILE.read_bytes())
    assert read_history(tmp_path / "one") == part
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("content", [b"", b"no archive", FILE.read_bytes()[:-500]], ids=len)
def test_a_broken_file_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken").write_bytes(content)

    with pytest.raises(BadHistory, match="broken is no history of a demo"):
        read_history(tmp_path / "broken")


def test_everybody_has_a_card_of_their_own() -> None:
    cards = [own_card(number) for number in range(1, 100)]

    assert own_card(424242424) == "4242424242424242"
    assert len(set(cards)) == len(cards)
    assert all(card.startswith("424242") and len(card) == 16 for card in cards)


def test_a_broken_file_starts_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"no archive")

    refused = run_chenu(tmp_path / "data", "demo", "--port", "0", "--history", str(broken))

    assert refused.returncode == 1
    assert len(refused.stderr.strip().splitlines()) == 1


PLANS = """
    SELECT split_part(u.email, '@', 1), s.status, s.cancel_at_period_end
    FROM subscription s JOIN account a ON a.id = s.account JOIN app_user u ON u.id = a.owner
    WHERE s.kind = 'TIER' AND s.status <> 'CANCELED'
"""
MONTHLY = """
    SELECT split_part(u.email, '@', 1), p.status, count(y.id), g.ends_at IS NULL
    FROM purchase p JOIN account a ON a.id = p.account JOIN app_user u ON u.id = a.owner
    JOIN purchase_payment y ON y.purchase = p.id JOIN access_grant g ON g.purchase = p.id
    WHERE p.price_type = 'SUBSCRIPTION' GROUP BY p.id, u.id, g.id
"""


CODES = """
    SELECT split_part(u.email, '@', 1), c.code, r.status FROM coupon_redemption r
    JOIN coupon c ON c.id = r.coupon JOIN account a ON a.id = r.account
    JOIN app_user u ON u.id = a.owner
"""
REFUNDS = """
    SELECT split_part(u.email, '@', 1), r.origin, r.state, r.amount < i.total
    FROM invoice_refund_request r JOIN invoice i ON i.id = r.invoice
    JOIN account a ON a.id = r.account JOIN app_user u ON u.id = a.owner
"""
UPGRADES = """
    SELECT split_part(u.email, '@', 1) FROM invoice i JOIN account a ON a.id = i.account
    JOIN app_user u ON u.id = a.owner
    WHERE i.billing_reason = 'subscription_update' AND i.status = 'PAID' AND i.total > 0
"""
WITHOUT_PDF = """
    SELECT count(*) FROM invoice i WHERE i.status = 'PAID' AND NOT EXISTS
        (SELECT FROM billing_document d WHERE d.stripe_id = i.stripe_invoice_id)
"""
WAITING = """
    SELECT (SELECT count(*) FROM support_request WHERE answered_at IS NULL),
        (SELECT count(*) FROM enterprise_inquiry WHERE closed_at IS NULL)
"""
TAX_IDS = """
    SELECT split_part(u.email, '@', 1), d.tax_id_status FROM billing_details d
    JOIN account a ON a.id = d.account JOIN app_user u ON u.id = a.owner WHERE d.tax_id <> ''
"""
PACKS = """
    SELECT split_part(u.email, '@', 1), g.kind, g.granted, g.remaining > 0, g.debt
    FROM token_grant g JOIN account a ON a.id = g.account JOIN app_user u ON u.id = a.owner
    WHERE g.kind IN ('PACK', 'PACK_BONUS')
"""
TRIES = """
    SELECT split_part(u.email, '@', 1), count(*), min(g.remaining) < 30
    FROM token_grant g JOIN account a ON a.id = g.account JOIN app_user u ON u.id = a.owner
    WHERE g.kind = 'PROMOTION' GROUP BY 1
"""
WARNED = """
    SELECT split_part(m.to_address, '@', 1), (m.params->>'percent')::int FROM outbox_mail m
    WHERE m.kind = 'TOKENS_USED' AND m.state = 'SENT'
"""
LIMITS = """
    SELECT split_part(u.email, '@', 1), l.agent_id IS NULL, l.used >= l.soft_limit,
        l.used >= l.hard_limit, l.warned_month = l.month
    FROM token_limit l JOIN account a ON a.id = l.account JOIN app_user u ON u.id = a.owner
    WHERE l.month = date_trunc('month', now() + (
        SELECT offset_seconds * interval '1 second' FROM business_clock))::date
"""
OF_A_KEY = """
    SELECT DISTINCT split_part(u.email, '@', 1), e.kind FROM token_entry e
    JOIN api_key k ON k.id = e.api_key_id JOIN account a ON a.id = k.account
    JOIN app_user u ON u.id = a.owner
"""
CARRIED = """
    SELECT DISTINCT split_part(u.email, '@', 1) FROM token_budget_period p
    JOIN account a ON a.id = p.account JOIN app_user u ON u.id = a.owner
    WHERE p.carried > 0 OR p.changes > 1
"""
OWN_VALUES = """
    SELECT split_part(u.email, '@', 1), s.hourly_rate, s.seconds_per_run FROM roi_setting s
    JOIN account a ON a.id = s.account JOIN app_user u ON u.id = a.owner
"""


SUBSCRIBERS = {each.role for each in list_subscribers()}


def of_the_store(rows: Iterable[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """Without the subscribers of two years: tests/demo/test_subscribers.py looks at these."""
    return {row for row in rows if row[0] not in SUBSCRIBERS}


def test_the_people_have_what_is_printed_of_them(demo: RunningDemo) -> None:
    tiers = tiers_of(demo)
    plans = {role: tuple(rest) for role, *rest in rows_of(demo, PLANS)}

    assert {person.role: tiers[person.role] for person in PEOPLE} == {
        person.role: person.tier.value for person in PEOPLE
    }
    assert plans["trial"] == ("TRIALING", False)
    assert plans["past-due"] == ("PAST_DUE", False)
    assert plans["leaving"] == ("ACTIVE", True)
    assert plans["downgrade"] == ("ACTIVE", False)
    assert {plans[role] for role in ("starter", "pro", "business")} == {("ACTIVE", False)}
    assert not {"free", "left", "enterprise"} & plans.keys()


def test_its_plans_were_renewed_and_its_creators_paid(demo: RunningDemo) -> None:
    invoices = paid_invoices_of(demo)
    [(paid,)] = rows_of(demo, "SELECT count(*) FROM operation WHERE kind = 'TRANSFER'")

    assert invoices["pro"] == 3
    assert invoices["starter"] == 3
    assert paid > 50


def test_it_has_codes_an_upgrade_refunds_and_documents(demo: RunningDemo) -> None:
    assert of_the_store(rows_of(demo, CODES)) == {
        ("amina", "CHENU20", "REDEEMED"),
        ("esther", "Q1DEAL", "REDEEMED"),
        ("gaelle", "LAUNCH50", "REDEEMED"),
        ("withdrew", "LAUNCH50", "REDEEMED"),
    }
    assert of_the_store(rows_of(demo, UPGRADES)) == {("affiliate",), ("basile",), ("downgrade",)}
    assert of_the_store(rows_of(demo, REFUNDS)) == {
        ("basile", "STAFF", "SETTLED", True),
        ("chiara", "STAFF", "SETTLED", False),
        ("withdrew", "BUYER", "SETTLED", True),
        ("withdrew", "WITHDRAWAL", "SETTLED", False),
    }
    assert rows_of(demo, WITHOUT_PDF) == [(0,)]
    assert rows_of(demo, TAX_IDS) == [("business", "VERIFIED")]


def test_its_packs_are_used_given_back_and_owed(demo: RunningDemo) -> None:
    """Whom other tests let buy packs in the same demo is not looked at."""
    of_history = {"chiara", "fabio", "left", "starter", "withdrew"}
    assert {row for row in rows_of(demo, PACKS) if row[0] in of_history} == {
        ("chiara", "PACK", 1000, False, 0),
        ("chiara", "PACK_BONUS", 100, False, 0),
        ("fabio", "PACK", 100, False, 0),
        ("left", "PACK", 1000, False, 800),
        ("left", "PACK_BONUS", 100, False, 100),
        ("starter", "PACK", 1000, True, 0),
        ("starter", "PACK_BONUS", 100, False, 0),
        ("withdrew", "PACK", 1000, False, 0),
        ("withdrew", "PACK_BONUS", 100, False, 0),
    }
    assert rows_of(demo, TRIES) == [("trial", 2, True)]


def test_its_budgets_warn_and_its_limits_are_reached(demo: RunningDemo) -> None:
    assert {("starter", 80), ("leaving", 100)} <= set(rows_of(demo, WARNED))
    assert of_the_store(rows_of(demo, LIMITS)) == {
        ("business", True, True, False, True),
        ("business", False, True, True, True),
    }
    assert rows_of(demo, OF_A_KEY) == [("business", "SPEND")]
    assert {"affiliate", "downgrade"} <= {role for (role,) in rows_of(demo, CARRIED)}
    assert rows_of(demo, OWN_VALUES) == [("business", 8000, 1500)]


def test_its_monthly_agents_go_on_end_and_wait_for_money(demo: RunningDemo) -> None:
    """Whom other tests let subscribe in the same demo is not looked at."""
    of_history = {"affiliate", "business", "leaving", "left"}
    assert {row for row in rows_of(demo, MONTHLY) if row[0] in of_history} == {
        ("affiliate", "PAST_DUE", 1, True),
        ("business", "ACTIVE", 3, True),
        ("leaving", "CANCELED", 1, False),
        ("left", "ENDED", 1, False),
    }


def test_staff_find_something_to_answer(demo: RunningDemo) -> None:
    assert rows_of(demo, WAITING) == [(1, 1)]


def test_its_time_begins_where_the_file_ends(demo: RunningDemo) -> None:
    ends_at = read_history(FILE).manifest.ends_at
    ours = business_now_of(demo)
    clock = httpx.get(f"{demo.ready['sandbox']}/_sandbox/clock").json()
    theirs = datetime.fromtimestamp(clock["now"], UTC)

    assert timedelta() <= ours - ends_at < timedelta(minutes=30)
    minutes = [f"{ends_at + timedelta(minutes=passed):%Y-%m-%d %H:%M} UTC" for passed in (0, 1)]
    assert any(f"its time is {minute}" in line for line in demo.said for minute in minutes)
    assert abs(ours - theirs) < timedelta(seconds=10)


def test_it_is_migrated_to_this_version(demo: RunningDemo) -> None:
    applied = {name for (name,) in rows_of(demo, "SELECT name FROM migration")}

    assert applied == list_known()
