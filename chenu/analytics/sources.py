"""The rows of each part, as SQL over the facts of the features.

Each text selects id, at, account_id, words and amount for one `span`: `since` is the beginning of
the calendar month, `before` the end of the day (exclusive). What happened later is left out, so
that the figures of a past day stay what they were.
"""

from collections.abc import Mapping

from chenu.analytics.parts import Part

_BOOKED = "f.booked_at >= span.since AND f.booked_at < span.before"
_CHARGES = """
    SELECT f.id, f.booked_at AS at, f.account_id, c.number AS words, f.platform AS amount
    FROM revenue_fact f JOIN charge_fact c ON c.subject_id = f.subject_id
    WHERE {booked} AND c.kind = '{kind}' AND f.platform <> 0
"""
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

SOURCES: Mapping[Part, str] = {
    Part.COSTS: """
        SELECT c.id, c.month::timestamp AT TIME ZONE 'UTC' AS at, NULL::uuid AS account_id,
            c.channel AS words, c.amount
        FROM acquisition_cost c WHERE c.month = (span.since AT TIME ZONE 'UTC')::date
    """,
    Part.SIGN_UPS: """
        SELECT a.id, a.signed_up_at AS at, a.id AS account_id, a.kind AS words, 1::bigint AS amount
        FROM account_fact a WHERE a.signed_up_at < span.before
    """,
    Part.SALES: f"""
        SELECT f.id, f.booked_at AS at, f.account_id, s.slug AS words,
            f.platform + f.creator AS amount
        FROM revenue_fact f JOIN sale_fact s ON s.subject_id = f.subject_id
        WHERE {_BOOKED} AND f.platform + f.creator <> 0
    """,  # noqa: S608 - texts of ours
    Part.TAKE: f"""
        SELECT f.id, f.booked_at AS at, f.account_id, s.slug AS words, f.platform AS amount
        FROM revenue_fact f JOIN sale_fact s ON s.subject_id = f.subject_id
        WHERE {_BOOKED} AND f.platform <> 0
    """,  # noqa: S608 - texts of ours
    Part.API_REVENUE: _CHARGES.format(booked=_BOOKED, kind="API_PLAN"),
    Part.TOKEN_REVENUE: _CHARGES.format(booked=_BOOKED, kind="PACK"),
    Part.CONVERSIONS: """
        SELECT c.id, c.converted_at AS at, c.account_id, c.code AS words, 1::bigint AS amount
        FROM conversion_fact c
        WHERE c.converted_at >= span.since AND c.converted_at < span.before
    """,
    Part.FAILURES_DECIDED: _DECIDED,
    Part.FAILURES_RECOVERED: f"{_DECIDED} AND f.paid_at <= coalesce(f.given_up_at, f.paid_at)",
    Part.USERS: """
        SELECT u.id, u.signed_up_at AS at, u.account_id, '' AS words, 1::bigint AS amount
        FROM user_fact u
        WHERE u.signed_up_at < span.before
            AND (u.deleted_at IS NULL OR u.deleted_at >= span.before)
            AND EXISTS (SELECT 1 FROM roi_view_fact v
                WHERE v.month <= (span.since AT TIME ZONE 'UTC')::date)
    """,
    Part.ROI_VIEWERS: """
        SELECT v.id, v.seen_at AS at, u.account_id, '' AS words, 1::bigint AS amount
        FROM roi_view_fact v JOIN user_fact u ON u.id = v.viewer
        WHERE v.month = (span.since AT TIME ZONE 'UTC')::date AND v.seen_at < span.before
    """,
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
