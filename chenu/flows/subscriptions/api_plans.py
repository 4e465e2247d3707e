"""API plans: what the states of their subscriptions mean, and the plan that follows from them."""

from collections.abc import Sequence

from chenu.accounts.actor import AccountId
from chenu.accounts.api_plans import set_api_plan
from chenu.billing.recurring import InvoiceState, SubscriptionKind
from chenu.billing.subscription_orders import OrderId, OrderStatus, end_order
from chenu.billing.subscriptions import SubscriptionRow, list_live_subscriptions
from chenu.core.ids import find_id
from chenu.flows.plan_kinds import API_PLANS_SOLD
from chenu.flows.subscription_kinds import StateChange, SubscriptionRules
from chenu.flows.subscriptions.mails import mail_failed_payment, mail_plan_changes
from chenu.tiers.api_plan_codes import ApiPlanCode


class ApiPlanRules(SubscriptionRules):
    kind = SubscriptionKind.API_PLAN

    def find_item(self, product_id: str) -> str | None:
        return API_PLANS_SOLD.find_item(product_id)

    async def adopt(self, change: StateChange) -> Sequence[SubscriptionRow]:
        """Two pages that were completed at once: the first subscription stays."""
        state = change.fetched.value
        order_id = find_id(state.metadata.get("order_id"))
        if order_id is not None:
            await end_order(OrderId(order_id), OrderStatus.COMPLETED, subscription_id=state.id)
        live = await list_live_subscriptions(change.account_id, self.kind)
        await _grant_plan(change.account_id, live)
        if not live or live[0].id == change.after.id:  # a second one ends unnoticed
            number, is_unpaid = change.fetched.number, state.is_ended_unpaid
            await mail_plan_changes(change.before, change.after, number, is_unpaid=is_unpaid)
        return live[1:]

    async def mail_failed_payment(self, row: SubscriptionRow, invoice: InvoiceState) -> None:
        await mail_failed_payment(row, invoice)


API_PLAN_RULES = ApiPlanRules()


async def _grant_plan(account_id: AccountId, live: list[SubscriptionRow]) -> None:
    """What the subscription gives that gives access, else FREE."""
    plan = next((each for each in live if each.gives_access), None)
    await set_api_plan(account_id, ApiPlanCode(plan.item) if plan else ApiPlanCode.FREE)
