"""What people do in the demo's history, each through the product's flows and Stripe's pages."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import msgspec

from chenu.accounts.actor import ANONYMOUS, AccountId
from chenu.accounts.billing_details import BillingDetailsInput, save_billing_details
from chenu.agents.queries import find_agent_by_slug
from chenu.billing.invoices import list_subscription_invoices
from chenu.billing.recurring import BillingInterval
from chenu.billing.subscriptions import find_plan
from chenu.core.clock import business_now
from chenu.core.money import Cents
from chenu.demo.people import DemoPerson
from chenu.demo.seed import act_as, insert_people
from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu.flows.services import Services
from chenu.flows.subscriptions.change import ChangeInput, change_plan
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan, resume_plan
from chenu.flows.subscriptions.contracts import ContractInput, enter_contract
from chenu.flows.subscriptions.portal import open_billing_portal
from chenu.flows.subscriptions.refund_requests import RefundInput, request_refund
from chenu.flows.subscriptions.start import StartInput, start_subscription
from chenu.flows.withdrawals.declare import declare_own
from chenu.support.inquiries import InquiryInput, ask_for_offer
from chenu.support.requests import ask_support
from chenu.tiers.catalogue import TierCode

Act = Callable[[Services], Awaitable[None]]

DECLINED_LATER = "4000000000000341"
"""Can be stored, and every later charge of it fails."""

NO_CARD = ""


def own_card(number: int) -> str:
    """A card of one person: every number that begins 4242 42 and passes Luhn's check pays."""
    digits = f"424242{number:09d}"
    weighed = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    total = sum(sum(divmod(each, 10)) for each in weighed)
    return f"{digits}{-total % 10}"


class SignUp(msgspec.Struct, frozen=True):
    """Somebody opens an account."""

    person: DemoPerson

    async def __call__(self, services: Services) -> None:
        await insert_people([self.person])


class Subscribe(msgspec.Struct, frozen=True):
    """Starts a plan on Stripe's page; `card` may be empty in a trial."""

    role: str
    tier: TierCode
    card: str
    interval: BillingInterval = BillingInterval.MONTH
    trial: bool = False
    code: str | None = None

    async def __call__(self, services: Services) -> None:
        actor = await act_as(self.role)
        request = StartInput(
            self.tier, self.interval, actor.locale, trial=self.trial, coupon_code=self.code
        )
        key = f"history-{self.tier}-{business_now():%Y-%m-%d}"
        order = await start_subscription(services, actor, request, key)
        await pay(order.checkout_url, self.card)


class Buy(msgspec.Struct, frozen=True):
    """Buys an agent for its price of then."""

    role: str
    slug: str
    card: str

    async def __call__(self, services: Services) -> None:
        actor, agent = await act_as(self.role), await find_agent_by_slug(self.slug)
        if agent is None:
            raise RuntimeError(f"there is no agent {self.slug}")
        request = BuyAgentInput(agent.id, agent.price_amount, True, actor.locale)
        purchase = await buy_agent(services, actor, request, f"history-{self.slug}")
        if purchase.checkout_url is not None:
            await pay(purchase.checkout_url, self.card)


class Change(msgspec.Struct, frozen=True):
    """Another plan: now with its difference, or less from the end of the period on."""

    role: str
    tier: TierCode
    interval: BillingInterval = BillingInterval.MONTH

    async def __call__(self, services: Services) -> None:
        request = ChangeInput(self.tier, self.interval)
        key = f"history-change-{self.tier}-{self.interval}"
        await change_plan(services, await act_as(self.role), request, key)


class Refund(msgspec.Struct, frozen=True):
    """The support desk returns something of the last invoice."""

    role: str
    amount: Cents
    reason: str

    async def __call__(self, services: Services) -> None:
        plan = await find_plan(await _account_of(self.role))
        if plan is None:
            raise RuntimeError(f"{self.role} has no plan")
        last = (await list_subscription_invoices(plan.stripe_subscription_id))[-1]
        request = RefundInput(last.id, self.amount, self.reason)
        await request_refund(services, await act_as("staff"), request, f"history-plan-{self.role}")


class Withdraw(msgspec.Struct, frozen=True):
    """From the plan, within 14 days of its first payment."""

    role: str

    async def __call__(self, services: Services) -> None:
        actor, plan = await act_as(self.role), await find_plan(await _account_of(self.role))
        if plan is None:
            raise RuntimeError(f"{self.role} has no plan")
        await declare_own(services, actor, plan.id)


class NewCard(msgspec.Struct, frozen=True):
    """Another card in the billing portal, from which an overdue invoice is paid."""

    role: str
    card: str

    async def __call__(self, services: Services) -> None:
        actor = await act_as(self.role)
        url = await open_billing_portal(services, actor, actor.locale)
        await pay(url, self.card, action="card")


class FillInBilling(msgspec.Struct, frozen=True):
    """Whom the invoices are made out to."""

    role: str
    details: BillingDetailsInput

    async def __call__(self, services: Services) -> None:
        await save_billing_details(await act_as(self.role), self.details)


class AskForOffer(msgspec.Struct, frozen=True):
    """Somebody who has no account."""

    data: InquiryInput

    async def __call__(self, services: Services) -> None:
        await ask_for_offer(ANONYMOUS, self.data)


class AskSupport(msgspec.Struct, frozen=True):
    """The plan's support desk; nobody has answered yet."""

    role: str
    subject: str
    body: str

    async def __call__(self, services: Services) -> None:
        await ask_support(await act_as(self.role), self.subject, self.body)


class Cancel(msgspec.Struct, frozen=True):
    """The plan ends with its period."""

    role: str
    reason: str

    async def __call__(self, services: Services) -> None:
        await cancel_plan(
            services, await act_as(self.role), CancelInput(reason=self.reason), "history"
        )


class Resume(msgspec.Struct, frozen=True):
    """The plan is renewed after all."""

    role: str

    async def __call__(self, services: Services) -> None:
        await resume_plan(services, await act_as(self.role))


class Contract(msgspec.Struct, frozen=True):
    """Staff enter a contract for ENTERPRISE, of a year from now on."""

    role: str
    amount: Cents
    seats: int

    async def __call__(self, services: Services) -> None:
        account_id, now = await _account_of(self.role), business_now()
        data = ContractInput(
            reference="CHN-1",
            amount=self.amount,
            billing_interval=BillingInterval.YEAR,
            seats=self.seats,
            api_calls=None,
            api_rate=None,
            starts_at=now,
            ends_at=now + timedelta(days=365),
        )
        await enter_contract(await act_as("staff"), account_id, data)


async def _account_of(role: str) -> AccountId:
    account_id = (await act_as(role)).account_id
    if account_id is None:
        raise RuntimeError(f"{role} has no account")
    return account_id


async def pay(url: str | None, card: str, **pressed: str) -> None:
    """As a browser without JavaScript does; raises RuntimeError unless the page is content."""
    form = {"card": card, "exp": "12/34", "cvc": "123", "name": "Demo", **pressed}
    async with httpx.AsyncClient(timeout=30) as browser:
        answer = await browser.post(str(url), data=form)
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise RuntimeError(f"the page of {url} answered {answer.status_code} to the card {card}")
