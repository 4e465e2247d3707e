"""The list of public pages for search engines: the same for everybody, and the largest answer.

Reading and writing 45,000 agents takes a quarter of a second, so it is done once for many requests,
and in portions, between which others are answered.
"""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice
from xml.sax.saxutils import escape

from chenu.agents.queries import PublicAddress, list_public_addresses
from chenu.core.caches import SingleFlight

_LIMIT = 45_000
"""A sitemap may have 50,000 locations: https://www.sitemaps.org/protocol.html"""
_PORTION = 500
_OLDER = 600
"""So many times as old as a list it may be: search engines read it about once a day."""
_STARTS = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{space}">\n'
_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PAGES = ("/", "/agents", "/pricing", "/developers")


class Sitemap:
    """`base` is the URL of our own site. `cache_seconds`: as a list of agents; 0 turns it off."""

    def __init__(self, base: str, cache_seconds: float) -> None:
        self._base = escape(base)
        self._single_flight: SingleFlight[str, bytes] = SingleFlight(cache_seconds * _OLDER)

    async def get_document(self) -> bytes:
        """The public pages and every agent on sale, the latest changed first."""
        return await self._single_flight.get(self._base, self._write)

    async def _write(self) -> bytes:
        entries = self._entries(await list_public_addresses(limit=_LIMIT))
        written = [_STARTS.format(space=_SPACE).encode()]
        while portion := "".join(islice(entries, _PORTION)):
            written.append(portion.encode())
            await asyncio.sleep(0)
        return b"".join([*written, b"</urlset>\n"])

    def _entries(self, agents: Sequence[PublicAddress]) -> Iterator[str]:
        for path in _PAGES:
            yield f"<url><loc>{self._base}{path}</loc></url>\n"
        for agent in agents:
            location = f"<loc>{self._base}/agents/{escape(agent.slug)}</loc>"
            yield f"<url>{location}<lastmod>{agent.updated_at.date()}</lastmod></url>\n"
