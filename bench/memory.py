"""How much larger a web process is that has served a million mixed requests than one that served
50,000.
"""

import asyncio
import sys

from bench.callers import make_callers
from bench.load import Expected, ask, measure
from bench.mixture import Kind, make_kinds
from bench.processes import resident_kib
from bench.spending import fill_wallets
from bench.stand import SECRET, STORE, Stand, settle
from chenu.accounts.service_keys import create_service_key
from chenu.core import db

FEW = 50_000
MOST_GROWTH = 1.10
_SECONDS = 2
_ATTEMPTS = 100


async def measure_memory(stand: Stand, count: int) -> str:
    """Over HTTP; the process's memory after few requests and after all. Prints it as it goes."""
    url = stand.database(STORE)
    await fill_wallets(url)
    callers = await make_callers(url)
    port = stand.serve_product()
    pid = stand.children[-1].pid
    kinds = await make_kinds(url, callers, await _make_service_key(url))
    for kind in kinds:
        await _expect(port, kind)
    answered = await _ask_until(FEW, 0, port, kinds, pid, url)
    before = resident_kib(pid)
    answered = await _ask_until(count, answered, port, kinds, pid, url)
    after = resident_kib(pid)
    met = "met" if after <= before * MOST_GROWTH else "NOT met"
    return (
        f"A web process after {FEW:,} requests of {len(kinds)} kinds: {before:,} KiB; after"
        f" {answered:,.0f}: {after:,} KiB, {after / before:.3f} of that"
        f" (goal: {MOST_GROWTH:g} at most, {met})."
    )


async def _make_service_key(url: str) -> str:
    db.configure(url, application="bench")
    await db.start(pool_size=2)
    try:
        return await create_service_key("bench", SECRET.encode())
    finally:
        await db.stop()


async def _expect(port: int, kind: Kind) -> None:
    """Asked once, by itself. The port accepts before the server does: the first may be cut off."""
    for _ in range(_ATTEMPTS):
        try:
            status, body = await ask(port, kind.make())
            break
        except (ConnectionError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.2)
    else:
        raise RuntimeError("the server does not answer")
    assert status == kind.status, (kind.name, status, body[:500])
    assert (b'"errors":[' in body) == kind.has_errors or status != 200, (kind.name, body[:500])


async def _ask_until(
    count: int, answered: float, port: int, kinds: list[Kind], pid: int, url: str
) -> float:
    """A moment of each kind in turn; how many were answered, a few of which are not counted."""
    while answered < count:
        for kind in kinds:
            rate = await measure(port, kind.make, Expected(kind.status, None), _SECONDS)
            answered += rate * _SECONDS
        print(f"{answered:,.0f} requests: {resident_kib(pid):,} KiB", file=sys.stderr, flush=True)
        await settle(url)
    return answered
