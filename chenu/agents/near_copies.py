"""Listings whose text is nearly that of another creator's agent on sale, for who reviews them.

Compared by trigrams: the share of three-letter parts that both texts have in common.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from chenu.agents.model import AgentId
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.core.text import storable

NEAR_COPY = 0.55
"""Texts with a quarter of their words exchanged are still above it, different ones below.

docs/decisions/0053.
"""
_MOST = 5


_ON_SALE = "a.status = 'PUBLISHED' AND a.kind <> 'CUSTOM'"
_TEXT = "agent_prose(a.name, a.tagline, a.description)"
_OTHER_TEXT = "agent_prose(t.value ->> 'name', t.value ->> 'tagline', t.value ->> 'description')"
_SIMILAR = f"""
    WITH similar_text AS (
        SELECT a.id, similarity({_TEXT}, fold($1)) AS share FROM agent a
        WHERE {_TEXT} % fold($1) AND {_ON_SALE}
        UNION ALL
        SELECT a.id, similarity({_OTHER_TEXT}, fold($1)) FROM agent a, jsonb_each(a.translations) t
        WHERE {_OTHER_TEXT} % fold($1) AND {_ON_SALE} AND a.translations <> '{{}}'
    )
    SELECT a.id, a.slug, a.name, c.display_name AS creator_name,
        round(100 * max(s.share))::integer AS percent
    FROM similar_text s JOIN agent a ON a.id = s.id LEFT JOIN creator c ON c.id = a.creator
    WHERE a.creator IS DISTINCT FROM $2 AND a.id <> $3
    GROUP BY a.id, c.id ORDER BY percent DESC, a.id LIMIT $4
"""  # noqa: S608 - own fragments
"""In each language of an agent. Only the platform's few have more than one, so that these are read
one by one."""


class NearCopy(msgspec.Struct, frozen=True):
    """An agent on sale whose text is like another one's; `percent` of the trigrams are shared."""

    id: AgentId
    slug: str
    name: str
    creator_name: str | None
    percent: int


@db.transactional
async def list_near_copies(agent: AgentRow, edited: Mapping[str, Any]) -> list[NearCopy]:
    """Of other creators, and of the platform, the most alike first.

    `edited` are the columns of a waiting change, which are compared instead of what is on sale.
    """
    prose = " ".join(
        str(edited.get(name, before))
        for name, before in (
            ("name", agent.name),
            ("tagline", agent.tagline),
            ("description", agent.description),
        )
    )
    threshold = "SELECT set_config('pg_trgm.similarity_threshold', $1, true)"
    await db.fetch_value(threshold, str(NEAR_COPY))  # until the transaction ends
    values = (storable(prose), agent.creator_id, agent.id, _MOST)
    return await db.fetch_all(NearCopy, _SIMILAR, *values)
