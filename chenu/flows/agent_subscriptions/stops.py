"""Agents that are suspended, or whose creator has left: nobody pays for another month.

The subscriptions of their buyers end with the period that is paid, and a mail says so.
"""

from uuid import UUID

from chenu.agents.model import PurchaseId
from chenu.agents.purchases import PurchaseRow, list_renewed_off_sale
from chenu.agents.queries import find_agent
from chenu.billing.subscriptions import find_subscription_by_stripe_id
from chenu.flows.operations.repair import repair_one
from chenu.flows.purchases.stopped_agents import is_stopped
from chenu.flows.services import Services
from chenu.flows.subscriptions.changes import set_renewal


async def stop_renewals(services: Services) -> None:
    """One that fails stands before no other, and is tried again the next time."""
    last = PurchaseId(UUID(int=0))
    while found := await list_renewed_off_sale(after=last):
        for purchase in found:
            await repair_one(_stop(services, purchase), purchase=str(purchase.id))
        last = found[-1].id


async def _stop(services: Services, purchase: PurchaseRow) -> None:
    agent = await find_agent(purchase.agent_id)
    row = await find_subscription_by_stripe_id(purchase.stripe_subscription_id or "")
    if agent is None or row is None or not row.is_live or row.cancel_at_period_end:
        return
    if await is_stopped(agent):
        await set_renewal(services, row, cancel=True, reason="The agent is not offered any more")
