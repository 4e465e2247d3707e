"""Controls the Stripe sandbox for tests, and reads its state without the product's code."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.settings import SANDBOX_KEY

Json = dict[str, Any]

AWAY = "503_no_retry"
"""The effect of an unavailable Stripe, for which the SDK does not retry."""


@dataclass(frozen=True)
class Asker:
    """Identifies an operation to the gateway, without a row."""

    id: UUID = field(default_factory=new_id)
    created_at: datetime = field(default_factory=business_now)

    @property
    def idempotency_key(self) -> str:
        return f"test:{self.id}"


class StripeSide:
    """The sandbox's control room and its plain API, called without any code of the product."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def fail(self, effect: str, path: str = "/v*", **rule: object) -> None:
        """Makes the next matching call fail; times=None for all of them."""
        await self._post("/_sandbox/faults", {"effect": effect, "path": path, **rule})

    async def watch(self, path: str = "/v*", **rule: object) -> None:
        """Counts matching calls without changing them; see `hits`."""
        await self.fail("latency", path, times=None, seconds=0, **rule)

    async def heal(self) -> None:
        (await self._http.delete("/_sandbox/faults")).raise_for_status()

    async def hits(self) -> list[int]:
        """How many calls each fault rule matched, in the order of the rules."""
        rules = (await self._http.get("/_sandbox/faults")).json()["data"]
        return [rule["hits"] for rule in rules]

    async def reset(self, at: datetime | None = None) -> None:
        """Empties the sandbox, so that its totals contain no charge of an earlier test.

        Its clock begins `at` that time, or with the machine's.
        """
        await self._post("/_sandbox/reset", {} if at is None else {"clock": int(at.timestamp())})

    async def set_capability(self, account: str, status: str) -> None:
        await self._post(f"/_sandbox/accounts/{account}/capability", {"status": status})

    async def expire(self, session: str) -> None:
        answer = await self._http.post(f"/v1/checkout/sessions/{session}/expire")
        answer.raise_for_status()

    async def change(self, path: str, **form: str) -> Json:
        """A change as in Stripe's dashboard: archive, rename, refund."""
        answer = await self._http.post(path, data=form)
        assert answer.status_code == 200, answer.text
        changed: Json = answer.json()
        return changed

    async def advance(self, seconds: int) -> None:
        """Moves Stripe's clock, and whatever is due there happens."""
        await self._post("/_sandbox/clock", {"advance": f"PT{seconds}S"})

    async def save_card(self, customer: str, token: str) -> str:
        """One of Stripe's test cards; returns its id."""
        card = await self.change(f"/v1/payment_methods/{token}/attach", customer=customer)
        return str(card["id"])

    async def delete(self, path: str) -> None:
        answer = await self._http.delete(path)
        assert answer.status_code == 200, answer.text

    async def close_account(self, account: str) -> None:
        await self._post(f"/v2/core/accounts/{account}/close", {})

    async def change_bank(self, account: str, number: str) -> None:
        """Where its owner is paid out to from now on."""
        await self._post(f"/_sandbox/accounts/{account}/bank_account", {"number": number})

    async def deauthorize(self, account: str) -> None:
        await self._post(f"/_sandbox/accounts/{account}/deauthorize", {})

    async def fail_payout(self, account: str) -> None:
        """The bank refuses the account's next payout."""
        await self._post(f"/_sandbox/accounts/{account}/fail_next_payout", {})

    async def dispute(self, charge: str, kind: str = "dispute") -> str:
        """The cardholder's bank takes a payment back, or asks; returns the dispute's id."""
        answer = await self._http.post(f"/_sandbox/charges/{charge}/dispute", json={"kind": kind})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    async def warn(self, charge: str) -> None:
        """The cardholder's bank suspects fraud."""
        await self._post(f"/_sandbox/charges/{charge}/warning", {})

    async def end_dispute(self, dispute: str, status: str) -> None:
        await self._post(f"/_sandbox/disputes/{dispute}", {"status": status})

    async def get(self, path: str, **params: str) -> Json:
        answer = await self._http.get(path, params=params)
        answer.raise_for_status()
        found: Json = answer.json()
        return found

    async def list_all(self, path: str, **params: str) -> list[Json]:
        found: list[Json] = (await self.get(path, limit="100", **params))["data"]
        return found

    async def list_accounts(self) -> list[str]:
        """The ids of all Connect accounts."""
        return [account["id"] for account in (await self.get("/v2/core/accounts"))["data"]]

    async def charges_of(self, purchase_id: object) -> list[Json]:
        """Every attempted charge of a purchase, declined ones included."""
        return await self.list_all("/v1/charges", transfer_group=f"order_{purchase_id}")

    async def transfers_of(self, purchase_id: object) -> list[Json]:
        return await self.list_all("/v1/transfers", transfer_group=f"order_{purchase_id}")

    async def refunds_of(self, charge: str) -> list[Json]:
        return await self.list_all("/v1/refunds", charge=charge)

    async def _post(self, path: str, body: Json) -> None:
        answer = await self._http.post(path, json=body)
        assert answer.status_code == 200, answer.text


@asynccontextmanager
async def open_stripe_side(services: Services) -> AsyncIterator[StripeSide]:
    """Faults end with the test."""
    base = services.settings.stripe.api_base
    assert base is not None
    headers = {"authorization": f"Bearer {SANDBOX_KEY}"}
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=10) as http:
        side = StripeSide(http)
        try:
            yield side
        finally:
            await side.heal()
