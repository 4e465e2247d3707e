"""Plans, invoices and what came back of them, as lines of time."""

from chenu.accounts.actor import AccountId
from chenu.core.paging import PageRequest
from chenu.core.time_line import Line, fetch_lines

_SUBSCRIPTIONS = """
    SELECT moment.at, 'subscription:' || s.id || ':' || moment.what AS ref, moment.what,
        moment.item AS words, s.price AS amount, s.stripe_subscription_id AS stripe_id,
        NULL::text AS page_id
    FROM subscription s CROSS JOIN LATERAL (VALUES
        ('BEGUN', s.created_at, s.item),
        ('TRIAL_END', s.trial_ends_at, s.item),
        ('CHANGE_PLANNED', s.scheduled_at, s.item || ' → ' || s.scheduled_item),
        ('CANCELED', s.canceled_at, s.item),
        ('ENDED', s.ended_at, s.item)) AS moment (what, at, item)
    WHERE s.account = $1
    UNION ALL
    SELECT moment.at, 'contract:' || c.id || ':' || moment.what, moment.what, c.reference, c.amount,
        NULL, c.account::text
    FROM enterprise_contract c CROSS JOIN LATERAL (VALUES
        ('ENTERED', c.created_at), ('ENDED', c.ended_at)) AS moment (what, at)
    WHERE c.account = $1
"""
_PAYMENTS = """
    SELECT coalesce(paid_at, issued_at, created_at) AS at, 'invoice:' || id AS ref, status AS what,
        number AS words, total AS amount, stripe_invoice_id AS stripe_id, id::text AS page_id
    FROM invoice WHERE account = $1
    UNION ALL
    SELECT f.refunded_at, 'invoice_refund:' || f.id,
        CASE WHEN f.failed_at IS NULL THEN 'RETURNED' ELSE 'FAILED' END, i.number, f.amount,
        f.stripe_refund_id, i.id::text
    FROM invoice i JOIN invoice_refund f ON f.invoice = i.id WHERE i.account = $1
    UNION ALL
    SELECT n.created_at, 'credit_note:' || n.id, n.status, n.number, n.total, n.stripe_id,
        i.id::text
    FROM invoice i JOIN credit_note n ON n.invoice = i.id WHERE i.account = $1
    UNION ALL
    SELECT moment.at, 'dispute:' || d.id || ':' || moment.place, moment.what, d.reason, d.amount,
        d.stripe_dispute_id, NULL
    FROM dispute d CROSS JOIN LATERAL (VALUES
        (1, 'OPENED', d.created_at), (2, d.status, d.closed_at)) AS moment (place, what, at)
    WHERE d.account = $1
    UNION ALL
    SELECT created_at, 'fraud_warning:' || id, state, fraud_type, amount, stripe_id, NULL
    FROM fraud_warning WHERE account = $1
"""


async def list_subscription_lines(account_id: AccountId, page: PageRequest) -> list[Line]:
    """Where what is to come has its day already, that is in the future."""
    return await fetch_lines(_SUBSCRIPTIONS, page, account_id)


async def list_invoice_lines(account_id: AccountId, page: PageRequest) -> list[Line]:
    """Invoices with their refunds and credit notes, disputes, and warnings of fraud."""
    return await fetch_lines(_PAYMENTS, page, account_id)
