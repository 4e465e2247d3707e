"""Asks web processes, database and queue whether they work; no answer in time is a no."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog

from chenu.availability.samples import Sample
from chenu.availability.slots import start_of_slot
from chenu.availability.web_processes import WebProcess, list_web_processes
from chenu.core import queue

log = structlog.get_logger(__name__)

_PATIENCE_SECONDS = 2.0
_WEB_SECONDS = 5.0
"""`/readyz` gives two seconds each to database and cache, of which the latter may be away."""
QUEUE_SECONDS = 120
"""A job that has waited longer for a worker means that the queue does not work."""


class Probes:
    """`public_url` is named as the host that is asked for; `seconds` is how long a slot is."""

    def __init__(self, public_url: str, seconds: int) -> None:
        self._seconds = seconds
        self._patience = min(_PATIENCE_SECONDS, seconds / 2)
        self._known: Sequence[WebProcess] = ()
        self._http = httpx.AsyncClient(
            timeout=min(_WEB_SECONDS, seconds / 2),
            trust_env=False,
            headers={"Host": urlsplit(public_url).netloc, "User-Agent": "CHENU-Sampler/1"},
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def take(self, now: datetime) -> Sample:
        """Never raises. While the database is away, processes that were known last are asked."""
        database = await self._answers(self._ask_database(now))
        queue_works, ready = await asyncio.gather(
            self._answers(_ask_queue()), asyncio.gather(*map(self._is_ready, self._known))
        )
        return Sample(
            at=start_of_slot(now, self._seconds),
            seconds=self._seconds,
            web=any(ready),
            database=database,
            queue=queue_works,
            web_ready=sum(ready),
            web_known=len(ready),
        )

    async def _ask_database(self, now: datetime) -> bool:
        self._known = await list_web_processes(now)
        return True

    async def _answers(self, asking: Coroutine[Any, Any, bool]) -> bool:
        try:
            async with asyncio.timeout(self._patience):
                return await asking
        except Exception as error:
            log.warning("sample_without_answer", error=type(error).__name__)
            return False

    async def _is_ready(self, process: WebProcess) -> bool:
        try:
            answer = await self._http.get(f"{process.url}/readyz")
        except httpx.HTTPError as error:
            log.warning("web_process_not_ready", url=process.url, error=type(error).__name__)
            return False
        if answer.status_code != httpx.codes.OK:
            log.warning("web_process_not_ready", url=process.url, status=answer.status_code)
        return answer.status_code == httpx.codes.OK


async def _ask_queue() -> bool:
    return await queue.seconds_behind() <= QUEUE_SECONDS
