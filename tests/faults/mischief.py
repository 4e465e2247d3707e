"""Faults of the sandbox beyond single failing calls: deliveries and time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx

from chenu.core.business_clock import advance_clock
from chenu.flows.services import Services
from chenu.settings import SANDBOX_KEY
from tests.stripe_side import Json, StripeSide
from tests.waiting import until

_HONEST: Json = {
    "mode": "ordered", "duplicate": 0, "max_copies": 2, "drop": 0, "paused": False, "seed": 0,
    "max_concurrent": 8, "delay_ms": 0,
}  # fmt: skip


PATIENT = httpx.Limits(keepalive_expiry=2)
"""Connections are closed here before the server would close them in the middle of a request."""


class Mischief(StripeSide):
    """The webhooks and the clock of the sandbox's control room."""

    async def deliver(self, **modes: object) -> None:
        """From now on webhooks are dropped, doubled or shuffled as given."""
        await self._post("/_sandbox/webhooks", modes)

    async def deliver_honestly(self) -> None:
        await self.deliver(**_HONEST)

    async def wait_delivered(self) -> None:
        """Waits until no delivery is due."""
        await self._post("/_sandbox/deliveries/flush", {"timeout": 60})

    async def deliveries(self, event_type: str) -> list[Json]:
        """Of the latest thousand, newest first."""
        listed = await self.get("/_sandbox/deliveries", limit="1000")
        return [one for one in listed["data"] if one["type"] == event_type]

    async def has_failed_delivery(self) -> bool:
        """Whether our endpoint has refused one, which is tried again later."""
        listed = await self.get("/_sandbox/deliveries", limit="1000")
        return any(one["attempts"] and one["status"] == "pending" for one in listed["data"])

    async def pass_time(self, by: timedelta) -> None:
        """For Stripe and for every process of ours."""
        await advance_clock(by)
        await self._post("/_sandbox/clock", {"advance": f"PT{int(by.total_seconds())}S"})

    async def made(self, kind: str) -> int:
        """The number of objects of this kind at Stripe."""
        counts: dict[str, int] = (await self.get("/_sandbox/state"))["counts"]
        return counts.get(kind, 0)

    async def wait_made(self, kind: str, count: int) -> None:
        """Waits until Stripe has that many: the caller may not know yet of the last one."""

        async def is_there() -> bool:
            return await self.made(kind) >= count

        await until(is_there)


@asynccontextmanager
async def open_mischief(services: Services) -> AsyncIterator[Mischief]:
    base = services.settings.stripe.api_base
    assert base is not None
    headers = {"authorization": f"Bearer {SANDBOX_KEY}"}
    async with httpx.AsyncClient(
        base_url=base, headers=headers, timeout=90, limits=PATIENT
    ) as http:
        yield Mischief(http)
