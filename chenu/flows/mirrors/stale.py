"""Finds copies at Stripe that differ from our rows although the job that follows a change is gone.

For the schedule: like all jobs, those of a change only hurry things along.
"""

from uuid import UUID

import msgspec

from chenu.core import db, queue

_MOST = 200

_PEOPLE = """
    SELECT u.id FROM account a
    JOIN app_user u ON u.id = a.owner
    LEFT JOIN billing_details b ON b.account = a.id
    JOIN LATERAL (SELECT state, params FROM operation
        WHERE subject_id = a.id AND kind IN ('CUSTOMER', 'CUSTOMER_UPDATE')
        ORDER BY id DESC LIMIT 1) sent ON sent.state = 'SETTLED'
    WHERE a.stripe_customer_id IS NOT NULL AND a.closed_at IS NULL
        AND ((sent.params ->> 'email', sent.params ->> 'locale', sent.params ->> 'name') <>
                (u.email, u.locale, coalesce(nullif(b.name, ''),
                    CASE a.kind WHEN 'PERSONAL' THEN u.display_name ELSE a.name END))
            OR b.country <> '' AND sent.params -> 'postal_address' IS DISTINCT FROM
                jsonb_build_object('line1', b.line1, 'line2', b.line2,
                    'postal_code', b.postal_code, 'city', b.city, 'country', b.country))
    UNION
    SELECT a.owner FROM billing_details b
    JOIN account a ON a.id = b.account AND a.stripe_customer_id IS NOT NULL
        AND a.closed_at IS NULL
    LEFT JOIN LATERAL (SELECT params FROM operation
        WHERE subject_id = a.id AND kind = 'CUSTOMER_TAX_ID'
        ORDER BY id DESC LIMIT 1) sent ON true
    WHERE coalesce(sent.params ->> 'value', '') <> b.tax_id
    UNION
    SELECT u.id FROM connect_account k
    JOIN app_user u ON u.id = k.owner
    JOIN creator c ON c.owner = k.owner
    JOIN LATERAL (SELECT state, params FROM operation
        WHERE subject_id = k.owner AND kind IN ('CONNECT_ACCOUNT', 'CONNECT_UPDATE')
        ORDER BY id DESC LIMIT 1) sent ON sent.state = 'SETTLED'
    WHERE NOT k.is_closed AND (sent.params ->> 'email', sent.params ->> 'name')
        <> (u.email, c.display_name)
    LIMIT $1
"""
_AGENTS = """
    SELECT a.id FROM agent a
    JOIN LATERAL (SELECT params FROM operation
        WHERE subject_id = a.id AND state = 'SETTLED'
            AND kind IN ('AGENT_PRICE', 'PRODUCT_UPDATE')
        ORDER BY kind = 'PRODUCT_UPDATE' DESC,
            CASE kind WHEN 'PRODUCT_UPDATE' THEN id END DESC, settled_at LIMIT 1) sent
        ON sent.params ->> 'name' <> a.name
            OR (a.status NOT IN ('ARCHIVED', 'SUSPENDED'))
                <> coalesce((sent.params ->> 'is_active')::boolean, true)
    WHERE a.kind = 'MARKETPLACE'
    LIMIT $1
"""


class _Id(msgspec.Struct, frozen=True):
    id: UUID


async def sync_stale() -> None:
    """Asks for the job again; one job too many does no harm."""
    for job, sql in ((queue.Job.SYNC_PERSON, _PEOPLE), (queue.Job.SYNC_AGENT, _AGENTS)):
        for row in await db.fetch_all(_Id, sql, _MOST):
            await queue.enqueue_again(job, str(row.id))
