"""How much larger a web process is that has served a million mixed requests than one that served
50,000: pages, the list by GraphQL, and spends of tokens.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from bench import requests
from bench.load import Expected, ask, measure
from bench.spending import fill_wallets
from bench.stand import SECRET, STORE, Stand
from chenu.accounts.service_keys import create_service_key
from chenu.core import db
from chenu.core.global_id import encode_id
from chenu.core.ids import new_id

FEW = 50_000
MOST_GROWTH = 1.10
_SECONDS = 2
_ATTEMPTS = 100
_SPEND = """mutation($input: TokenSpendInput!) {
    tokenSpend(input: $input) { entry { id } userErrors { code } } }"""


@dataclass(frozen=True)
class _Kind:
    make: Callable[[], bytes]
    expected: Expected


async def measure_memory(stand: Stand, count: int) -> str:
    """Over HTTP; the process's memory after few requests and after all."""
    url = stand.database(STORE)
    await fill_wallets(url)
    port = stand.serve_product()
    db.configure(url, application="bench")
    await db.start(pool_size=2)
    try:
        kinds = await _make_kinds(port)
        pid = stand.children[-1].pid
        answered = await _ask_until(FEW, 0, port, kinds)
        before = _resident_kib(pid)
        await _ask_until(count, answered, port, kinds)
        after = _resident_kib(pid)
    finally:
        await db.stop()
    met = "met" if after <= before * MOST_GROWTH else "NOT met"
    return (
        f"A web process after {FEW:,} mixed requests: {before:,} KiB; after {count:,}: {after:,}"
        f" KiB, {after / before:.3f} of that (goal: {MOST_GROWTH:g} at most, {met})."
    )


async def _make_kinds(port: int) -> list[_Kind]:
    """Each asked for once. Bodies and URLs that no cache has seen are the worst for memory."""
    headers = await _sign_in()
    makers = (
        requests.pages_never_twice(),
        requests.same(requests.get("/agents/agent-7")),
        requests.never_twice(),
        lambda: _request(headers),
    )
    return [_Kind(make, await _expect(port, make)) for make in makers]


async def _sign_in() -> tuple[str, str]:
    """A service key, for one of the accounts."""
    secret = await create_service_key("bench", SECRET.encode())
    account = encode_id("Account", UUID(int=1))
    return f"authorization: Bearer {secret}", f"chenu-account: {account}"


def _request(headers: tuple[str, str]) -> bytes:
    sent = {"amount": 1, "reason": "A use", "idempotencyKey": str(new_id())}
    body = json.dumps({"query": _SPEND, "variables": {"input": sent}}).encode()
    return requests.post("/graphql", body, *headers)


async def _expect(port: int, make: Callable[[], bytes]) -> Expected:
    """The port accepts before the server does: the first requests may be cut off."""
    for _ in range(_ATTEMPTS):
        try:
            status, body = await ask(port, make())
            break
        except (ConnectionError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.2)
    else:
        raise RuntimeError("the server does not answer")
    assert status == 200, body
    assert b'"userErrors":[{' not in body, body
    return Expected(status, len(body))


async def _ask_until(count: int, answered: float, port: int, kinds: list[_Kind]) -> float:
    """A moment of each kind in turn; how many were answered, a few of which are not counted."""
    while answered < count:
        for kind in kinds:
            rate = await measure(port, kind.make, kind.expected, _SECONDS)
            answered += rate * _SECONDS
    return answered


def _resident_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith("VmRSS:")]
    return int(line.split()[1])
