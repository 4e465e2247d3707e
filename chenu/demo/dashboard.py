"""What the demo's staff do at Stripe's dashboard, where the product follows."""

from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from chenu.billing.recurring import BillingInterval
from chenu.billing.subscriptions import find_plan
from chenu.demo.seed import act_as
from chenu.flows.services import Services
from chenu.flows.subscriptions.plans import lookup_key
from chenu.settings import SANDBOX_KEY
from chenu.tiers.catalogue import TierCode


class _Named(msgspec.Struct):
    id: str


class _Prices(msgspec.Struct):
    data: list[_Named]


class _Item(msgspec.Struct):
    price: str


class _Phase(msgspec.Struct):
    start_date: int
    end_date: int
    items: list[_Item]


class _Schedule(msgspec.Struct):
    id: str
    phases: list[_Phase]


@dataclass(frozen=True, slots=True)
class Downgrade:
    """Another plan with the same interval, from the end of the period on."""

    role: str
    tier: TierCode
    interval: BillingInterval = BillingInterval.MONTH

    async def __call__(self, services: Services) -> None:
        account_id = (await act_as(self.role)).account_id
        plan = None if account_id is None else await find_plan(account_id)
        if plan is None:
            raise RuntimeError(f"{self.role} has no plan")
        headers = {"authorization": f"Bearer {SANDBOX_KEY}"}
        base = services.settings.stripe.api_base or ""
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=30) as stripe:
            await self._schedule(stripe, plan.stripe_subscription_id)

    async def _schedule(self, stripe: httpx.AsyncClient, subscription_id: str) -> None:
        keys = {"lookup_keys[0]": lookup_key(self.tier, self.interval)}
        [price] = _read(await stripe.get("/v1/prices", params=keys), _Prices).data
        begun = {"from_subscription": subscription_id}
        answer = await stripe.post("/v1/subscription_schedules", data=begun)
        schedule = _read(answer, _Schedule)
        path = f"/v1/subscription_schedules/{schedule.id}"
        form = _phases(schedule.phases[0], price.id, self.interval)
        _read(await stripe.post(path, data=form), _Schedule)


def _phases(now: _Phase, price_id: str, interval: BillingInterval) -> dict[str, str]:
    return {
        "end_behavior": "release",
        "phases[0][items][0][price]": now.items[0].price,
        "phases[0][start_date]": str(now.start_date),
        "phases[0][end_date]": str(now.end_date),
        "phases[0][proration_behavior]": "none",
        "phases[1][items][0][price]": price_id,
        "phases[1][duration][interval]": interval.lower(),
        "phases[1][proration_behavior]": "none",
    }


def _read(answer: httpx.Response, kind: type[Any]) -> Any:
    """Raises RuntimeError with Stripe's words."""
    if answer.status_code != httpx.codes.OK:
        raise RuntimeError(f"Stripe answered {answer.status_code}: {answer.text}")
    return msgspec.json.decode(answer.content, type=kind)
