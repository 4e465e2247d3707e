"""Disputes and warnings in the demo's history: answers of creators, decisions of banks and staff.

They begin with a purchase by one of Stripe's cards for that.
"""

import httpx
import msgspec

from chenu.billing.disputes import list_disputes_of_purchases
from chenu.billing.fraud_warnings import list_open_warnings
from chenu.demo.agent_acts import get_bought
from chenu.demo.seed import act_as
from chenu.flows.disputes.evidence import EvidenceInput, submit_evidence
from chenu.flows.disputes.warnings import decide_warning
from chenu.flows.services import Services

FRAUDULENT = "4000000000000259"
NOT_RECEIVED = "4000000000002685"
INQUIRY = "4000000000001976"
WARNED = "4000000000005423"

_TIMEOUT_SECONDS = 30


class AnswerBank(msgspec.Struct, frozen=True):
    """By the agent's creator, about what `buyer` bought."""

    role: str
    buyer: str
    slug: str
    text: str

    async def __call__(self, services: Services) -> None:
        request = EvidenceInput((await get_bought(self.buyer, self.slug)).id, self.text)
        key = f"history-evidence-{self.slug}"
        await submit_evidence(services, await act_as(self.role), request, key)


class BankDecides(msgspec.Struct, frozen=True):
    """`status` of the dispute, as at Stripe."""

    buyer: str
    slug: str
    status: str

    async def __call__(self, services: Services) -> None:
        purchase = await get_bought(self.buyer, self.slug)
        [dispute] = await list_disputes_of_purchases([purchase.id])
        async with httpx.AsyncClient(
            base_url=str(services.settings.stripe.api_base), timeout=_TIMEOUT_SECONDS
        ) as sandbox:
            path = f"/_sandbox/disputes/{dispute.stripe_dispute_id}"
            answer = await sandbox.post(path, json={"status": self.status})
        answer.raise_for_status()


class DecideWarning(msgspec.Struct, frozen=True):
    """By the support desk, about the only one that is open."""

    decision: str

    async def __call__(self, services: Services) -> None:
        [warning] = await list_open_warnings()
        await decide_warning(await act_as("staff"), warning.id, self.decision)
