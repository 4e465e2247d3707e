"""Mails of the outbox as staff see them: never what is written in one, which may be a secret."""

from collections.abc import Collection

from chenu.core.paging import PageRequest
from chenu.core.time_line import Line, fetch_lines

_LINES = """
    SELECT created_at AS at, 'mail:' || id AS ref, state AS what, kind AS words, NULL AS amount,
        NULL::text AS stripe_id, id::text AS page_id
    FROM outbox_mail WHERE to_address = ANY($1)
"""


async def list_mail_lines(addresses: Collection[str], page: PageRequest) -> list[Line]:
    return await fetch_lines(_LINES, page, list(addresses))
