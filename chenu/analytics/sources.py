"""The rows of each part, as SQL over the facts of the features.

Each text selects id, at, account_id, words and amount for one `span`, from `since` until just
before `before`. What happened later is left out, so that the figures of a past day stay what they
were.
"""

from collections.abc import Mapping

from chenu.analytics.parts import Part

_UUID = "lpad(to_hex({0}.id), 32, '0')::uuid AS id"
"""The ids of the history are numbers."""

_PLANS = f"""
    SELECT {_UUID.format("c")}, c.changed_at AS at, c.account AS account_id, c.item AS words,
        c.{{mrr}} AS amount
    FROM recurring_change c
    WHERE c.changed_at < span.before AND c.{{mrr}} > 0 AND NOT EXISTS (
        SELECT 1 FROM recurring_change l
        WHERE l.source = c.source AND l.id > c.id AND l.changed_at < span.before)
"""  # noqa: S608 - texts of ours
_STANDING = """
    SELECT m.id, m.moved_at AS at, m.account AS account_id, c.item AS words, {amount} AS amount
    FROM mrr_movement m JOIN recurring_change c ON c.id = m.state
    WHERE m.moved_at < {moment} AND m.mrr_after > 0 AND NOT EXISTS (
        SELECT 1 FROM mrr_movement l
        WHERE l.account = m.account AND l.state > m.state AND l.moved_at < {moment})
"""
_MOVED = """
    SELECT m.id, m.moved_at AS at, m.account AS account_id, c.item AS words, {amount} AS amount
    FROM mrr_movement m JOIN recurring_change c ON c.id = m.state
    WHERE m.moved_at >= span.since AND m.moved_at < span.before AND {chosen}
"""
_TRIALS = f"""
    SELECT {_UUID.format("c")}, c.changed_at AS at, c.account AS account_id, c.item AS words,
        1::bigint AS amount
    FROM recurring_change c
    WHERE c.changed_at < span.before AND c.kind = 'TIER' AND {{chosen}}
"""  # noqa: S608 - texts of ours
_BEGAN = "c.status = 'TRIALING' AND c.status_before IS DISTINCT FROM 'TRIALING'"
_REACHED = """
    SELECT t.id, t.reached_at AS at, t.account_id, t.tier AS words, 1::bigint AS amount
    FROM tier_reached_fact t
    WHERE t.reached_at >= span.since AND t.reached_at < span.before AND t.tier = '{tier}'
"""
_BOOKED = "f.booked_at >= span.since AND f.booked_at < span.before"
_SALES = f"""
    SELECT f.id, f.booked_at AS at, f.account_id, s.slug AS words, {{amount}} AS amount
    FROM revenue_fact f JOIN sale_fact s ON s.subject_id = f.subject_id
    WHERE {_BOOKED} AND {{amount}} <> 0
"""  # noqa: S608 - texts of ours
_CHARGES = f"""
    SELECT f.id, f.booked_at AS at, f.account_id, c.number AS words, f.platform AS amount
    FROM revenue_fact f JOIN charge_fact c ON c.subject_id = f.subject_id
    WHERE {_BOOKED} AND c.kind = '{{kind}}' AND f.platform <> 0
"""  # noqa: S608 - texts of ours
_DECIDED = """
    SELECT f.id, least(f.paid_at, f.given_up_at) AS at, f.account_id, f.number AS words,
        1::bigint AS amount
    FROM payment_failure_fact f
    WHERE least(f.paid_at, f.given_up_at) >= span.since
        AND least(f.paid_at, f.given_up_at) < span.before
"""
_INVOICES = """
    SELECT i.id, i.issued_at AS at, i.account_id, i.number AS words, 1::bigint AS amount
    FROM invoice_fact i WHERE i.issued_at >= span.since AND i.issued_at < span.before
"""


def _standing(amount: str, moment: str) -> str:
    return _STANDING.format(amount=amount, moment=moment)


def _moved(amount: str, chosen: str) -> str:
    return _MOVED.format(amount=amount, chosen=chosen)


def _trials(chosen: str) -> str:
    return _TRIALS.format(chosen=chosen)


_ONE = "1::bigint"
_ACCOUNT_OF = """
    (SELECT a.account_id FROM personal_account_fact a WHERE a.user_id = {0}
        ORDER BY a.account_id LIMIT 1) AS account_id
"""

SOURCES: Mapping[Part, str] = {
    Part.MRR: _PLANS.format(mrr="mrr"),
    Part.MRR_GROSS: _PLANS.format(mrr="mrr_gross"),
    Part.PAYING: _standing(_ONE, "span.before"),
    Part.OPENING_MRR: _standing("m.mrr_after", "span.since"),
    Part.OPENING_CUSTOMERS: _standing(_ONE, "span.since"),
    Part.NEW_CUSTOMERS: _moved(_ONE, "m.kind = 'NEW'"),
    Part.CHURNED_CUSTOMERS: _moved(_ONE, "m.kind = 'CHURN'"),
    Part.EXPANSION: _moved(
        "m.mrr_after - m.mrr_before", "m.kind = 'EXPANSION' AND m.mrr_after > m.mrr_before"
    ),
    Part.LOST_MRR: _moved(
        "m.mrr_before - m.mrr_after",
        "m.kind IN ('CONTRACTION', 'CHURN') AND m.mrr_before > m.mrr_after",
    ),
    Part.COSTS: """
        SELECT c.id, c.month::timestamp AT TIME ZONE 'UTC' AS at, NULL::uuid AS account_id,
            c.channel AS words, c.amount
        FROM acquisition_cost c
        WHERE c.month >= (span.since AT TIME ZONE 'UTC')::date
            AND c.month < (span.before AT TIME ZONE 'UTC')::date
    """,
    Part.TRIALING: _trials(
        f"""{_BEGAN} AND NOT EXISTS (
            SELECT 1 FROM recurring_change l
            WHERE l.source = c.source AND l.id > c.id AND l.status <> 'TRIALING'
                AND l.changed_at < span.before)"""  # noqa: S608 - texts of ours
    ),
    Part.TRIALS_STARTED: _trials(f"c.changed_at >= span.since AND {_BEGAN}"),
    Part.TRIALS_CONVERTED: _trials(
        "c.changed_at >= span.since AND c.status_before = 'TRIALING' "
        "AND c.status IN ('ACTIVE', 'PAST_DUE')"
    ),
    Part.SIGN_UPS: """
        SELECT a.id, a.signed_up_at AS at, a.id AS account_id, a.kind AS words, 1::bigint AS amount
        FROM account_fact a
        WHERE a.signed_up_at >= span.since AND a.signed_up_at < span.before
    """,
    Part.EVER_PAYING: _moved(_ONE, "m.kind = 'NEW'"),
    Part.REACHED_STARTER: _REACHED.format(tier="STARTER"),
    Part.REACHED_PRO: _REACHED.format(tier="PRO"),
    Part.REACHED_BUSINESS: _REACHED.format(tier="BUSINESS"),
    Part.REACHED_ENTERPRISE: _REACHED.format(tier="ENTERPRISE"),
    Part.SALES: _SALES.format(amount="(f.platform + f.creator)"),
    Part.TAKE: _SALES.format(amount="f.platform"),
    Part.API_REVENUE: _CHARGES.format(kind="API_PLAN"),
    Part.TOKEN_REVENUE: _CHARGES.format(kind="PACK"),
    Part.CONVERSIONS: """
        SELECT c.id, c.converted_at AS at, c.account_id, c.code AS words, 1::bigint AS amount
        FROM conversion_fact c
        WHERE c.converted_at >= span.since AND c.converted_at < span.before
    """,
    Part.FAILURES_DECIDED: _DECIDED,
    Part.FAILURES_RECOVERED: f"{_DECIDED} AND f.paid_at <= coalesce(f.given_up_at, f.paid_at)",
    Part.USERS: f"""
        SELECT u.id, u.at, {_ACCOUNT_OF.format("u.id")}, u.event AS words,
            u.change::bigint AS amount
        FROM user_fact u WHERE u.at >= span.since AND u.at < span.before
    """,  # noqa: S608 - texts of ours
    Part.ROI_VIEWERS: f"""
        SELECT v.id, v.seen_at AS at, {_ACCOUNT_OF.format("v.viewer")}, '' AS words,
            1::bigint AS amount
        FROM roi_view_fact v WHERE v.seen_at >= span.since AND v.seen_at < span.before
    """,  # noqa: S608 - texts of ours
    Part.INVOICES: f"""
        {_INVOICES}
        UNION ALL
        SELECT c.id, c.issued_at, c.account_id, c.reference, 1
        FROM contract_invoice_fact c
        WHERE c.issued_at >= span.since AND c.issued_at < span.before
            AND c.starts_at < span.before AND c.ends_at > span.since
    """,  # noqa: S608 - texts of ours
    Part.INVOICES_AUTOMATED: f"{_INVOICES} AND i.is_automated",
}

SINCE_EVER = frozenset(
    {
        Part.SIGN_UPS,
        Part.EVER_PAYING,
        Part.REACHED_STARTER,
        Part.REACHED_PRO,
        Part.REACHED_BUSINESS,
        Part.REACHED_ENTERPRISE,
        Part.USERS,
    }
)
"""Counted since the first day; the others are of a month or a moment."""
