"""What people do about agents that were bought by acts.Buy: ended, overdue, given back."""

import httpx
import msgspec

from chenu.accounts.actor import ApiScope
from chenu.agents.purchases import PurchaseRow, list_paid_purchases
from chenu.core.money import Cents
from chenu.demo.runs import get_agent
from chenu.demo.seed import act_as
from chenu.flows.agent_subscriptions.renewal import cancel_purchase
from chenu.flows.purchases.refund_plans import RefundSaleInput
from chenu.flows.purchases.refunds import refund_sale
from chenu.flows.services import Services

_DECLINED = "pm_card_chargeCustomerFail"
"""Stripe's test card that can be stored, and whose charges all fail."""
_TIMEOUT_SECONDS = 30


class CancelAgent(msgspec.Struct, frozen=True):
    """It ends with its period."""

    role: str
    slug: str

    async def __call__(self, services: Services) -> None:
        actor, purchase = await act_as(self.role), await get_bought(self.role, self.slug)
        await cancel_purchase(services, actor, purchase.id, f"history-cancel-{self.slug}")


class LoseCard(msgspec.Struct, frozen=True):
    """From now on the card of an agent's subscription is declined."""

    role: str
    slug: str

    async def __call__(self, services: Services) -> None:
        purchase = await get_bought(self.role, self.slug)
        settings = services.settings.stripe
        path = f"/v1/subscriptions/{purchase.stripe_subscription_id}"
        async with httpx.AsyncClient(
            base_url=str(settings.api_base), auth=(settings.key, ""), timeout=_TIMEOUT_SECONDS
        ) as stripe:
            subscription = (await stripe.get(path)).raise_for_status().json()
            attached = await stripe.post(
                f"/v1/payment_methods/{_DECLINED}/attach",
                data={"customer": subscription["customer"]},
            )
            card = attached.raise_for_status().json()["id"]
            changed = await stripe.post(path, data={"default_payment_method": card})
            changed.raise_for_status()


class GiveAgentBack(msgspec.Struct, frozen=True):
    """By its buyer: whole, within 14 days and before the first use."""

    role: str
    slug: str

    async def __call__(self, services: Services) -> None:
        actor, purchase = await act_as(self.role), await get_bought(self.role, self.slug)
        request = RefundSaleInput(purchase.id, None, None, "")
        await refund_sale(services, actor, request, f"history-back-{self.slug}")


class RefundSale(msgspec.Struct, frozen=True):
    """By the agent's creator or staff: `amount` of what `buyer` paid, or all that is left."""

    role: str
    slug: str
    buyer: str
    amount: Cents | None
    reason: str

    async def __call__(self, services: Services) -> None:
        purchase = await get_bought(self.buyer, self.slug)
        request = RefundSaleInput(purchase.id, None, self.amount, self.reason)
        key = f"history-refund-{self.slug}-{self.buyer}"
        await refund_sale(services, await act_as(self.role), request, key)


async def get_bought(role: str, slug: str) -> PurchaseRow:
    """The last one, whatever became of it."""
    agent, account_id = await get_agent(slug), (await act_as(role)).require_account(ApiScope.READ)
    for purchase in await list_paid_purchases(account_id):
        if purchase.agent_id == agent.id:
            return purchase
    raise RuntimeError(f"{role} has not bought {slug}")
