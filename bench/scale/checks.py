"""After the faults: each acknowledged write is there once, and what must hold holds."""

import asyncio
import time
from dataclasses import dataclass

import asyncpg
import httpx

from bench.scale.acknowledged import Losses, Record, compare
from bench.scale.load import EVENT_HEAD
from bench.scale.places import DIRECT_URL, STRIPE_URL
from chenu.settings import SANDBOX_KEY

_CONVERGED_SECONDS = 120
_STORED = {
    "spends": "SELECT reason FROM token_entry WHERE kind = 'SPEND' AND reason LIKE 'scale %'",
    "purchases": "SELECT id FROM purchase",
    "payments": """
        SELECT purchase.id FROM purchase
        JOIN purchase_payment payment ON payment.purchase = purchase.id
        WHERE purchase.status IN ('PAID', 'ACTIVE') AND payment.stripe_transfer_id IS NOT NULL
    """,
    "granted": "SELECT purchase FROM access_grant WHERE purchase IS NOT NULL",
    "webhooks": f"SELECT id FROM stripe_event WHERE id LIKE '{EVENT_HEAD}%'",  # noqa: S608 - ours
}
"""Each names a write as often as it is there."""
_WAITING = """
    SELECT (SELECT count(*) FROM operation WHERE state IN ('INTENT', 'UNKNOWN'))
        + (SELECT count(*) FROM stripe_event WHERE state = 'RECEIVED')
        + (SELECT count(*) FROM outbox_mail WHERE state = 'QUEUED')
        + (SELECT count(*) FROM pgqueuer)
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """`writes`: how many were acknowledged."""

    kind: str
    writes: int
    losses: Losses


async def wait_converged() -> None:
    """Until the workers have nothing to do. Raises TimeoutError."""
    async with httpx.AsyncClient(timeout=90) as http:
        headers = {"authorization": f"Bearer {SANDBOX_KEY}"}
        await http.post(
            f"{STRIPE_URL}/_sandbox/deliveries/flush", json={"timeout": 60}, headers=headers
        )
    deadline = time.monotonic() + _CONVERGED_SECONDS
    connection = await asyncpg.connect(DIRECT_URL)
    try:
        while waiting := await connection.fetchval(_WAITING):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{waiting} things still wait for a worker")
            await asyncio.sleep(0.5)
    finally:
        await connection.close()


async def check_writes(records: dict[str, Record]) -> list[Checked]:
    connection = await asyncpg.connect(DIRECT_URL)
    try:
        checked = []
        for kind, sql in _STORED.items():
            record = records["payments" if kind == "granted" else kind]
            rows = await connection.fetch(sql)
            stored = [str(row[0]) for row in rows]
            checked.append(
                Checked(kind, len(record.acknowledged), compare(record.acknowledged, stored))
            )
        return checked
    finally:
        await connection.close()
