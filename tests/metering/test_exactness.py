"""Limits hold exactly over four processes and two hundred clients at once.

Between any two served calls there are never more than the burst and what came back meanwhile: so no
minute, wherever it begins, sees more than rate and burst.
"""

import asyncio
import multiprocessing

from chenu.accounts.actor import AccountId
from chenu.core import redis
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.months import month_of
from chenu.flows.services import Services
from chenu.metering.allowances import Allowance, allow_account
from chenu.metering.decisions import Outcome
from chenu.metering.plans import API_PLANS, ApiPlan, ApiPlanCode
from chenu.metering.script import KnownUsage, TakeScript

PROCESSES, CLIENTS = 4, 50
SECONDS = 2.5
MINUTE = 60_000_000
LIMITED = [plan for plan in API_PLANS if plan.calls_per_minute]


def run_clients(url: str, allowances: list[Allowance], seconds: float) -> list[list[int]]:
    """Of each allowance the times, by Valkey's clock, at which a call was served."""
    return asyncio.run(_run_clients(url, allowances, seconds))


async def _run_clients(url: str, allowances: list[Allowance], seconds: float) -> list[list[int]]:
    valkey = redis.connect(url)
    script = TakeScript(valkey, patience_seconds=60)
    served: list[list[int]] = [[] for _ in allowances]
    end = asyncio.get_running_loop().time() + seconds

    async def ask() -> None:
        while asyncio.get_running_loop().time() < end:
            for number, allowance in enumerate(allowances):
                taken = await script.take(allowance, 1, KnownUsage(month_of(business_now()), 0))
                if taken.outcome is Outcome.SERVED:
                    served[number].append(taken.at)

    await asyncio.gather(*(ask() for _ in range(CLIENTS)))
    await valkey.aclose()
    return served


def run_processes(url: str, plans: list[ApiPlan], seconds: float) -> list[list[int]]:
    """The times of each plan's calls, over all processes."""
    allowances = [allow_account(AccountId(new_id()), plan) for plan in plans]
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["tests.imported_product"])
    with forks.Pool(PROCESSES) as pool:
        each = [(url, allowances, seconds)] * PROCESSES
        found = pool.starmap(run_clients, each, chunksize=1)
    return [sorted(at for times in found for at in times[number]) for number in range(len(plans))]


def test_rates_hold_exactly_over_all_processes(engines: object, services: Services) -> None:
    found = run_processes(services.settings.redis_url, LIMITED, SECONDS)

    for plan, served in zip(LIMITED, found, strict=True):
        assert plan.calls_per_minute is not None
        interval, burst = MINUTE // plan.calls_per_minute, plan.calls_per_minute // 5
        assert all(
            served[after] - served[first] >= (after - first - burst + 1) * interval
            for first in range(len(served))
            for after in range(first + burst, len(served))
        ), plan
        possible = burst + (served[-1] - served[0]) // interval
        assert len(served) == possible, (plan, len(served), possible)


def test_the_quota_ends_at_exactly_a_thousand_calls(engines: object, services: Services) -> None:
    free = ApiPlan(ApiPlanCode.FREE, 1_000, None, None)

    [served] = run_processes(services.settings.redis_url, [free], 1)

    assert len(served) == 1_000
