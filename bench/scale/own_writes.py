"""A person sees what they have changed at once, by every web process, whatever replica it reads."""

import asyncio
import re
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field

import httpx

from bench.scale.places import IPS, URL
from bench.scale.world import Writer
from chenu.core.clock import system_now

_RENAME = """
mutation Rename($input: CreatorUpdateInput!) {
  creatorUpdate(input: $input) { creator { displayName } userErrors { code message } }
}
"""
_NAME = """
query Name($handle: String!) {
  creator(handle: $handle) {
    displayName agents(first: 1) { edges { node { creator { displayName } } } }
  }
}
"""
_BY = re.compile(r'<p class="by">([^<·@]*) ·')


@dataclass
class OwnWrites:
    """`reads` are answers after an acknowledged change, `missed` says when, where and what those
    without it showed.
    """

    http: httpx.AsyncClient
    writes: int = 0
    reads: int = 0
    missed: list[str] = field(default_factory=list)

    async def rename(self, writer: Writer, name: str) -> httpx.Response:
        """The answer to the change. Raises httpx.HTTPError."""
        body = {"query": _RENAME, "variables": {"input": {"displayName": name}}}
        return await self.http.post(f"{URL}/graphql", json=body, headers=writer.headers)

    async def look(self, writer: Writer, name: str, webs: Iterable[str]) -> None:
        """By GraphQL and by page, of every web process that answers."""
        self.writes += 1
        looks: list[Awaitable[None]] = []
        for web in webs:
            origin = f"http://{IPS[web]}:8000"
            looks += [self._by_graphql(origin, writer, name), self._by_page(origin, writer, name)]
        await asyncio.gather(*looks)

    async def _by_graphql(self, origin: str, writer: Writer, name: str) -> None:
        body = {"query": _NAME, "variables": {"handle": writer.handle}}
        answer = await self._ask("POST", f"{origin}/graphql", writer, body)
        if answer is None or "errors" in answer.json():
            return
        creator = answer.json()["data"]["creator"]
        shown = [edge["node"]["creator"]["displayName"] for edge in creator["agents"]["edges"]]
        self._count(f"{origin}/graphql", name, [creator["displayName"], *shown])

    async def _by_page(self, origin: str, writer: Writer, name: str) -> None:
        """The cards of their agents."""
        url = f"{origin}/creators/{writer.handle}"
        answer = await self._ask("GET", url, writer)
        if answer is not None:
            self._count(url, name, _BY.findall(answer.text))

    def _count(self, url: str, name: str, shown: list[str]) -> None:
        self.reads += 1
        if not shown or set(shown) != {name}:
            when = f"{system_now():%H:%M:%S.%f}"
            self.missed.append(f"{when} {url}: {', '.join(shown)} and not {name}")

    async def _ask(
        self, method: str, url: str, writer: Writer, body: object = None
    ) -> httpx.Response | None:
        """None if the process is away or refuses: nothing was read."""
        headers = {**writer.headers, "host": IPS["edge"]}
        try:
            answer = await self.http.request(method, url, json=body, headers=headers)
        except httpx.HTTPError:
            return None
        return answer if answer.status_code == 200 else None
