"""Banks that ask about a sale, for tests that have no control of the sandbox."""

from typing import Any
from uuid import UUID

import httpx

from chenu.agents.model import PurchaseId
from chenu.agents.payments import list_payments
from chenu.core import db
from chenu.flows.disputes.follow import follow_dispute
from chenu.flows.disputes.warnings import follow_warning
from chenu.flows.services import Services


async def let_bank_ask(services: Services, purchase_id: PurchaseId) -> None:
    """An inquiry, which moves nothing, and waits for an answer."""
    made = await _act(services, purchase_id, "dispute", {"kind": "inquiry"})
    assert await follow_dispute(services, made["id"])


async def let_bank_warn(services: Services, purchase_id: PurchaseId) -> UUID:
    """An early fraud warning; the id of its row."""
    made = await _act(services, purchase_id, "warning", {})
    assert await follow_warning(services, made["id"])
    found: UUID = await db.fetch_value("SELECT id FROM fraud_warning")
    return found


async def _act(
    services: Services, purchase_id: PurchaseId, action: str, body: dict[str, str]
) -> dict[str, Any]:
    [payment] = await list_payments([purchase_id])
    base = services.settings.stripe.api_base or ""
    async with httpx.AsyncClient(base_url=base, timeout=30) as http:
        path = f"/_sandbox/charges/{payment.stripe_charge_id}/{action}"
        answer = await http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def let_bank_take(services: Services, purchase_id: PurchaseId) -> None:
    """A dispute: the whole payment goes back to the bank."""
    made = await _act(services, purchase_id, "dispute", {"kind": "dispute"})
    assert await follow_dispute(services, made["id"])
