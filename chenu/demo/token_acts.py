"""What people do about tokens and ROI in the demo's history, each through the product's flows."""

import httpx
import msgspec

from chenu.accounts.actor import Actor, ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.sessions import find_actor, open_session, revoke_sessions
from chenu.billing.invoices import InvoicePaymentRow, get_invoice_payment
from chenu.core.money import Cents
from chenu.demo.acts import pay
from chenu.demo.runs import get_agent
from chenu.demo.seed import act_as
from chenu.flows.executions.page_runs import find_run_offer, run_once
from chenu.flows.executions.requests import AuthorizeInput
from chenu.flows.executions.token_limits import LimitInput, set_token_limit
from chenu.flows.packs.buy import BuyPackInput, buy_pack
from chenu.flows.packs.refunds import RefundPackInput, get_pack_offer, refund_own_pack
from chenu.flows.services import Services
from chenu.flows.spends import SpendInput, spend
from chenu.flows.subscriptions.refund_requests import RefundInput, request_refund
from chenu.roi.settings import RoiSettingsInput, update_settings
from chenu.tokens.pack_orders import PackOrderRow, list_paid_pack_orders

_TIMEOUT_SECONDS = 30


class BuyPack(msgspec.Struct, frozen=True):
    """On Stripe's page."""

    role: str
    pack: str
    card: str

    async def __call__(self, services: Services) -> None:
        actor = await act_as(self.role)
        request = BuyPackInput(self.pack, actor.locale)
        order = await buy_pack(services, actor, request, f"history-{self.pack}")
        await pay(order.checkout_url, self.card)


class GiveBackPack(msgspec.Struct, frozen=True):
    """The buyer has the money of what is unspent, within 14 days."""

    role: str

    async def __call__(self, services: Services) -> None:
        actor, order = await act_as(self.role), await _get_last_order(self.role)
        offer = await get_pack_offer(order)
        request = RefundPackInput(order.id, offer.amount)
        await refund_own_pack(services, actor, request, "history-pack")


class RefundPack(msgspec.Struct, frozen=True):
    """The support desk returns what is unspent of the last pack."""

    role: str
    reason: str

    async def __call__(self, services: Services) -> None:
        order = await _get_last_order(self.role)
        offer, payment = await get_pack_offer(order), await _get_payment(order)
        request = RefundInput(payment.invoice_id, offer.amount, self.reason)
        await request_refund(services, await act_as("staff"), request, f"history-{self.role}")


class RefundAtStripe(msgspec.Struct, frozen=True):
    """Somebody returns the whole price of the last pack in Stripe's dashboard."""

    role: str

    async def __call__(self, services: Services) -> None:
        payment = await _get_payment(await _get_last_order(self.role))
        settings = services.settings.stripe
        async with httpx.AsyncClient(
            base_url=str(settings.api_base), auth=(settings.key, ""), timeout=_TIMEOUT_SECONDS
        ) as stripe:
            answer = await stripe.post("/v1/refunds", data={"charge": payment.stripe_charge_id})
        answer.raise_for_status()


async def _get_last_order(role: str) -> PackOrderRow:
    account_id = (await act_as(role)).require_account(ApiScope.READ)
    orders = await list_paid_pack_orders(account_id)
    if not orders:
        raise RuntimeError(f"{role} has bought no pack")
    return orders[0]


async def _get_payment(order: PackOrderRow) -> InvoicePaymentRow:
    if order.payment_id is None:
        raise RuntimeError(f"{order.pack} is not paid")
    return await get_invoice_payment(order.payment_id)


class Spend(msgspec.Struct, frozen=True):
    """A simple use of tokens; `number` makes the uses of one person differ."""

    role: str
    amount: int
    reason: str
    number: int = 1

    async def __call__(self, services: Services) -> None:
        request = SpendInput(self.amount, self.reason)
        await spend(services, await act_as(self.role), request, f"history-spend-{self.number}")


class TryAgent(msgspec.Struct, frozen=True):
    """From the agent's page, without having it; `number` makes the tries of one agent differ."""

    role: str
    slug: str
    number: int = 1

    async def __call__(self, services: Services) -> None:
        actor, agent = await act_as(self.role), await get_agent(self.slug)
        offer = await find_run_offer(actor, agent)
        if offer is None:
            raise RuntimeError(f"{self.role} may not run {self.slug}")
        request = AuthorizeInput(agent.id, offer.proposed)
        await run_once(services, actor, request, f"history-try-{self.slug}-{self.number}")


class LimitAgent(msgspec.Struct, frozen=True):
    """`soft` and `hard`: tokens of a calendar month."""

    role: str
    slug: str
    soft: int
    hard: int

    async def __call__(self, services: Services) -> None:
        agent = await get_agent(self.slug)
        limit = LimitInput(agent_id=agent.id, soft=self.soft, hard=self.hard)
        await set_token_limit(await act_as(self.role), limit)


class ValueHours(msgspec.Struct, frozen=True):
    """What an hour is worth to the account, and how long a run would have taken by hand."""

    role: str
    hourly_rate: Cents
    minutes: float

    async def __call__(self, services: Services) -> None:
        values = RoiSettingsInput(self.hourly_rate, self.minutes)
        await update_settings(await act_as(self.role), values)


class Program:
    """A program of an account, with an API key that only this history's processes know."""

    def __init__(self, role: str, name: str) -> None:
        self.role = role
        self.name = name
        self.secret = ""


class MakeKey(msgspec.Struct, frozen=True):
    """The key of a program, with its limits of tokens."""

    program: Program
    soft: int
    hard: int

    def __str__(self) -> str:
        return f"key {self.program.name} of {self.program.role}"

    async def __call__(self, services: Services) -> None:
        actor = await _sign_in(self.program.role)
        scopes = (ApiScope.READ, ApiScope.EXECUTIONS)
        pepper = services.settings.secret
        made = await create_api_key(actor, self.program.name, scopes, None, pepper)
        limit = LimitInput(api_key_id=made.key.id, soft=self.soft, hard=self.hard)
        await set_token_limit(actor, limit)
        await revoke_sessions(actor.require_user())
        self.program.secret = made.secret


async def _sign_in(role: str) -> Actor:
    """With a session that lasts: a key is made by somebody who has just signed in."""
    session = await open_session((await act_as(role)).require_user(), "demo history", "")
    actor = await find_actor(session.token, "")
    if actor is None:
        raise RuntimeError(f"{role} cannot sign in")
    return actor


_SPEND = """
    mutation Spend($input: TokenSpendInput!) {
      tokenSpend(input: $input) { userErrors { code message } }
    }
"""


class _Outcome(msgspec.Struct):
    user_errors: list[dict[str, str]] = msgspec.field(name="userErrors")


class _Data(msgspec.Struct):
    spent: _Outcome = msgspec.field(name="tokenSpend")


class _Answer(msgspec.Struct):
    data: _Data


class ProgramSpends(msgspec.Struct, frozen=True):
    """Over HTTP, as programs outside do."""

    program: Program
    amount: int
    reason: str
    number: int

    def __str__(self) -> str:
        return f"{self.program.name} of {self.program.role} spends {self.amount}"

    async def __call__(self, services: Services) -> None:
        key = f"{self.program.name}-{self.number}"
        request = {"amount": self.amount, "reason": self.reason, "idempotencyKey": key}
        body = {"query": _SPEND, "variables": {"input": request}}
        headers = {"authorization": f"Bearer {self.program.secret}"}
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, headers=headers) as http:
            answer = await http.post(services.url("/graphql"), json=body)
        outcome = msgspec.json.decode(answer.content, type=_Answer).data.spent
        if outcome.user_errors:
            raise RuntimeError(f"{self.program.name} could not spend: {outcome.user_errors}")
