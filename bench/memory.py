"""How much larger a web process is that has served a million spends than one that served few."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

from bench.load import Expected, ask, measure
from bench.requests import post
from bench.spending import fill_wallets
from bench.stand import SECRET, STORE, Stand
from chenu.accounts.service_keys import create_service_key
from chenu.core import db
from chenu.core.global_id import encode_id
from chenu.core.ids import new_id

FEW = 10_000
MOST_GROWTH = 1.05
_SECONDS = 2
_ATTEMPTS = 100
_SPEND = """mutation($input: TokenSpendInput!) {
    tokenSpend(input: $input) { entry { id } userErrors { code } } }"""


async def measure_memory(stand: Stand, spends: int) -> str:
    """Over HTTP, as an app does it; the process's memory after few spends and after all."""
    url = stand.database(STORE)
    await fill_wallets(url)
    port = stand.serve_product()
    db.configure(url, application="bench")
    await db.start(pool_size=2)
    try:
        headers = await _sign_in()
        expected = await _expect(port, headers)
        pid = stand.children[-1].pid
        await _spend_until(FEW, port, headers, expected)
        before = _resident_kib(pid)
        await _spend_until(spends, port, headers, expected)
        after = _resident_kib(pid)
    finally:
        await db.stop()
    met = "met" if after <= before * MOST_GROWTH else "NOT met"
    return (
        f"A web process after {FEW:,} spends: {before:,} KiB; after {spends:,}: {after:,} KiB,"
        f" {after / before:.3f} of that (goal: {MOST_GROWTH:g} at most, {met})."
    )


async def _sign_in() -> tuple[str, str]:
    """A service key, for one of the accounts."""
    secret = await create_service_key("bench", SECRET.encode())
    account = encode_id("Account", UUID(int=1))
    return f"authorization: Bearer {secret}", f"chenu-account: {account}"


def _request(headers: tuple[str, str]) -> bytes:
    sent = {"amount": 1, "reason": "A use", "idempotencyKey": str(new_id())}
    body = json.dumps({"query": _SPEND, "variables": {"input": sent}}).encode()
    return post("/graphql", body, *headers)


async def _expect(port: int, headers: tuple[str, str]) -> Expected:
    """The port accepts before the server does: the first requests may be cut off."""
    for _ in range(_ATTEMPTS):
        try:
            status, body = await ask(port, _request(headers))
            break
        except (ConnectionError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.2)
    else:
        raise RuntimeError("the server does not answer")
    assert json.loads(body)["data"]["tokenSpend"]["entry"], body
    return Expected(status, len(body))


async def _spend_until(
    spends: int, port: int, headers: tuple[str, str], expected: Expected
) -> None:
    while await _count_spends() < spends:
        await measure(port, lambda: _request(headers), expected, _SECONDS)


async def _count_spends() -> int:
    sql = "SELECT count(*) FROM ledger_transaction WHERE kind = 'TOKEN_SPEND'"
    return int(await db.fetch_value(sql))


def _resident_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    [line] = [line for line in lines if line.startswith("VmRSS:")]
    return int(line.split()[1])
