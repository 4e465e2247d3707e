"""A person sees what they have changed at once, by every web process, whatever replica it reads."""

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass

import httpx

from bench.scale.places import IPS, URL
from bench.scale.world import Writer

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
_BY = '<p class="by">{name}'


@dataclass
class OwnWrites:
    """`reads` are answers after an acknowledged change, `missed` those without it."""

    http: httpx.AsyncClient
    writes: int = 0
    reads: int = 0
    missed: int = 0

    async def rename(self, writer: Writer, name: str) -> httpx.Response:
        """The answer to the change. Raises httpx.HTTPError."""
        body = {"query": _RENAME, "variables": {"input": {"displayName": name}}}
        return await self.http.post(f"{URL}/graphql", json=body, headers=writer.headers)

    async def look(self, writer: Writer, name: str, webs: Iterable[str]) -> None:
        """By GraphQL and by page, of every web process that answers."""
        self.writes += 1
        looks: list[Awaitable[bool | None]] = []
        for web in webs:
            origin = f"http://{IPS[web]}:8000"
            looks += [self._by_graphql(origin, writer, name), self._by_page(origin, writer, name)]
        seen = [found for found in await asyncio.gather(*looks) if found is not None]
        self.reads += len(seen)
        self.missed += seen.count(False)

    async def _by_graphql(self, origin: str, writer: Writer, name: str) -> bool | None:
        body = {"query": _NAME, "variables": {"handle": writer.handle}}
        answer = await self._ask("POST", f"{origin}/graphql", writer, body)
        if answer is None or "errors" in answer.json():
            return None
        creator = answer.json()["data"]["creator"]
        shown = [edge["node"]["creator"]["displayName"] for edge in creator["agents"]["edges"]]
        return [creator["displayName"], *shown] == [name] * 2

    async def _by_page(self, origin: str, writer: Writer, name: str) -> bool | None:
        """The cards of their agents."""
        answer = await self._ask("GET", f"{origin}/creators/{writer.handle}", writer)
        return None if answer is None else _BY.format(name=name) in answer.text

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
