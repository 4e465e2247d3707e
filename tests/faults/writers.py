"""Clients that write all the time, and remember which writes were acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import httpx

from tests.faults.stand import Buyer, Stand
from tests.waiting import until


@dataclass
class Writer:
    """Each write is an agentPurchase with its own key, which the server must remember.

    `odd` collects answers that are neither successful nor "not available right now".
    """

    stand: Stand
    buyer: Buyer
    done: list[str] = field(default_factory=list)
    refused: int = 0
    odd: list[str] = field(default_factory=list)

    async def write_until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await self._write(uuid4().hex):
                await asyncio.sleep(0.02)

    async def _write(self, key: str) -> bool:
        try:
            answer = await self.stand.ask(self.buyer, key)
        except httpx.HTTPError as error:
            self.odd.append(repr(error))
            return False
        if answer.status_code == 200 and _is_done(answer):
            self.done.append(key)
            return True
        self._judge(answer)
        return False

    def _judge(self, answer: httpx.Response) -> None:
        is_clear = answer.status_code == 503 and "retry-after" in answer.headers
        if is_clear and '"code":"UNAVAILABLE"' in answer.text:
            self.refused += 1
        else:
            self.odd.append(f"{answer.status_code}: {answer.text[:300]}")


@asynccontextmanager
async def writing(writers: Sequence[Writer]) -> AsyncIterator[None]:
    """All of them at once; at the end each completes its current write."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(writer.write_until(stop)) for writer in writers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def all_go_on(writers: Sequence[Writer]) -> None:
    """Waits until each has written once more."""
    before = [len(writer.done) for writer in writers]

    async def have_written() -> bool:
        return all(len(one.done) > done for one, done in zip(writers, before, strict=True))

    await until(have_written)


def _is_done(answer: httpx.Response) -> bool:
    bought = (answer.json().get("data") or {}).get("agentPurchase") or {}
    return bought.get("userErrors") == [] and bought["checkout"] is not None
