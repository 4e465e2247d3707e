"""Takes a sample in each slot, and writes it as soon as the database lets it."""

import asyncio
import contextlib
from datetime import timedelta

import structlog

from chenu.availability.pending import PendingSamples
from chenu.availability.probes import Probes
from chenu.availability.slots import start_of_slot
from chenu.core.clock import system_now

log = structlog.get_logger(__name__)

_WRITE_SECONDS = 5.0
_LAST_SECONDS = 1.0


class Sampler:
    def __init__(self, probes: Probes, seconds: int) -> None:
        self.pending = PendingSamples()
        self._probes = probes
        self._seconds = seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, whatever fails. Begins with the slot that it starts in, so that a worker
        that is restarted within one leaves no gap.
        """
        while not stop.is_set():
            try:
                self.pending.add(await self._probes.take(system_now()))
            except Exception:
                log.exception("sample_broke")
            await self._write(_WRITE_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._until_next_slot())
        await self._write(_LAST_SECONDS)
        await self._probes.close()

    async def _write(self, patience: float) -> None:
        try:
            async with asyncio.timeout(min(patience, self._seconds)):
                await self.pending.write()
        except Exception as error:
            log.warning("samples_wait", error=type(error).__name__, waiting=len(self.pending))

    def _until_next_slot(self) -> float:
        now = system_now()
        slot = timedelta(seconds=self._seconds)
        return (start_of_slot(now, self._seconds) + slot - now).total_seconds()
