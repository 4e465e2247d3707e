"""The sales of the demo's history add up: installs, earnings, Stripe's accounts and the books."""

from collections import Counter
from typing import Any

import httpx
import pytest

from chenu.demo.catalogue.reviews import load_reviews
from chenu.settings import SANDBOX_KEY
from tests.demo.programs import open_program
from tests.demo.rows import rows_of
from tests.demo.running import RunningDemo, run_chenu

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

FEWEST_INSTALLS = 5

_INSTALLS = """
    SELECT a.slug, a.created_at < '2026-11-28', a.installs,
        count(DISTINCT g.account) FILTER (WHERE p.paid_at IS NOT NULL
        AND g.source IN ('PURCHASE', 'SUBSCRIPTION') OR g.starts_at >= '2026-11-28')
    FROM agent a LEFT JOIN access_grant g ON g.agent = a.id
    LEFT JOIN purchase p ON p.id = g.purchase
    WHERE a.kind = 'MARKETPLACE' GROUP BY a.id
"""
_SHARES = """
    SELECT c.handle, o.stripe_account_id,
        coalesce((SELECT sum(y.creator_share - y.share_due) FROM purchase_payment y
            WHERE y.creator = c.id), 0)::bigint,
        coalesce((SELECT sum(e.amount) FROM ledger_entry e
            JOIN ledger_account l ON l.id = e.ledger_account_id
            WHERE l.owner_id = c.id AND l.kind IN ('CREATOR_PAYABLE', 'CREATOR_RECEIVABLE')), 0)
            ::bigint
    FROM creator c JOIN connect_account o ON o.owner = c.owner ORDER BY c.handle
"""
_DISPUTES = """
    SELECT split_part(u.email, '@', 1), d.reason, d.status, d.evidence IS NOT NULL
    FROM dispute d JOIN account a ON a.id = d.account JOIN app_user u ON u.id = a.owner
"""
_OF_CREATOR = """
    SELECT sum(y.creator_share - y.share_due)::bigint, count(*) FROM purchase_payment y
    JOIN creator c ON c.id = y.creator WHERE c.handle = 'atelier-nord'
"""
_RETURNED = """
    SELECT split_part(u.email, '@', 1), r.origin, p.status FROM purchase_refund r
    JOIN purchase_payment y ON y.id = r.payment JOIN purchase p ON p.id = y.purchase
    JOIN account a ON a.id = p.account JOIN app_user u ON u.id = a.owner
"""
_REVIEWS = """
    SELECT a.slug, r.rating, r.body, coalesce(r.reply, '') FROM agent_review r
    JOIN agent a ON a.id = r.agent WHERE r.is_bought
"""


def stripe_list(demo: RunningDemo, path: str, account: str = "", **params: str) -> list[Any]:
    """All of a list of the sandbox, of a connected account if it is named."""
    headers = {"stripe-account": account} if account else {}
    found: list[Any] = []
    with httpx.Client(base_url=demo.ready["sandbox"], auth=(SANDBOX_KEY, "")) as stripe:
        while True:
            after = {"starting_after": found[-1]["id"]} if found else {}
            query = {"limit": "100", **params, **after}
            page = stripe.get(path, params=query, headers=headers).raise_for_status().json()
            found += page["data"]
            if not page["has_more"]:
                return found


def test_every_install_is_a_sale(demo: RunningDemo) -> None:
    """But for the agents that other tests added to this demo after the end of its history."""
    rows = rows_of(demo, _INSTALLS)
    of_history = [shown for _, is_of_history, shown, _ in rows if is_of_history]

    assert [slug for slug, _, shown, sold in rows if shown != sold] == []
    assert min(of_history) >= FEWEST_INSTALLS
    assert max(of_history) > 20


def test_creators_have_at_stripe_what_they_earned(demo: RunningDemo) -> None:
    """The sum of their shares is what was sent to them, but for what the books still owe."""
    wrong = {}
    for handle, account, earned, owed in rows_of(demo, _SHARES):
        transfers = stripe_list(demo, "/v1/transfers", destination=account)
        sent = sum(each["amount"] - each["amount_reversed"] for each in transfers)
        if sent + owed != earned or not earned:
            wrong[handle] = (sent, owed, earned)

    assert wrong == {}


def test_a_creators_page_and_list_of_sales_agree(demo: RunningDemo) -> None:
    email, password = demo.password("creator")
    with open_program(demo) as program:
        program.run("session", "SignIn", input={"email": email, "password": password})
        creator = program.run("creating", "MyShop", first=100)["viewer"]["creator"]
    [(net, payments)] = rows_of(demo, _OF_CREATOR)
    shown = Counter(edge["node"]["agent"]["slug"] for edge in creator["sales"]["edges"])

    assert creator["earnings"]["net"]["amountMinor"] == net
    assert creator["earnings"]["sales"] == payments
    assert len(shown) == len(creator["agents"]["edges"])


def test_banks_have_decided_for_against_and_not_yet(demo: RunningDemo) -> None:
    """Those of other tests in the same demo are not looked at."""
    of_history = {"gwen", "quentin", "romain", "sanne"}
    assert {row for row in rows_of(demo, _DISPUTES) if row[0] in of_history} == {
        ("gwen", "product_not_received", "WON", True),
        ("quentin", "product_not_received", "NEEDS_RESPONSE", False),
        ("romain", "fraudulent", "LOST", True),
        ("sanne", "fraudulent", "WARNING_CLOSED", True),
    }
    warnings = "SELECT count(*), count(decided_at) FROM fraud_warning"
    assert rows_of(demo, warnings) == [(2, 1)]


def test_agents_went_back_for_whoever_asked(demo: RunningDemo) -> None:
    of_history = {"hanna", "ismael", "kaat", "maeve"}
    assert {row for row in rows_of(demo, _RETURNED) if row[0] in of_history} == {
        ("hanna", "CREATOR", "PARTIALLY_REFUNDED"),
        ("ismael", "BUYER", "REFUNDED"),
        ("kaat", "CREATOR", "REFUNDED"),
        ("maeve", "STAFF", "REFUNDED"),
    }


def test_buyers_reviewed_and_creators_replied(demo: RunningDemo) -> None:
    written = {(each.agent, each.stars, each.text, each.reply) for each in load_reviews()}

    assert written <= set(rows_of(demo, _REVIEWS))
    assert {stars for _, stars, _, _ in written} == {1, 2, 3, 4, 5}


def test_stripe_has_nothing_that_the_books_lack(demo: RunningDemo) -> None:
    done = run_chenu(demo.folder, "reconcile")

    assert done.returncode == 0, done.stdout + done.stderr
