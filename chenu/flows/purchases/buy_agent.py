"""Buying an agent: the offer is checked and frozen, then the payment page is opened.

Nothing is charged here. What a payment changes stands in settle_purchase.py.
"""

import msgspec

from chenu.accounts import idempotency
from chenu.accounts.actor import AccountId, Actor, ApiScope, UserId
from chenu.accounts.idempotency import ClientKey
from chenu.agents.access import has_usable_grant
from chenu.agents.consent import CURRENT_VERSION
from chenu.agents.errors import AlreadyOwned, price_changed
from chenu.agents.model import AgentId, PriceType, PurchaseId, PurchaseStatus
from chenu.agents.pricing import CREATOR_RATE, SPLIT_RULE
from chenu.agents.purchases import (
    PurchaseRow,
    find_pending,
    get_purchase,
    insert_purchase,
)
from chenu.agents.queries import get_visible_agent, is_own, lock_agent
from chenu.agents.rows import AgentRow
from chenu.agents.sale import find_sale_refusal
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.subscriptions import has_live_subscription
from chenu.branding.allowed import require_allowed
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.crash_points import crash_point
from chenu.core.errors import ChenuError, Invalid, reject_if_any
from chenu.core.i18n import Locale, mark
from chenu.core.ids import new_id
from chenu.flows.purchases.checkout import open_checkout
from chenu.flows.purchases.outdated_pages import is_page_current, may_continue
from chenu.flows.purchases.pages import PURCHASE_PAGES
from chenu.flows.purchases.settle_purchase import fulfil_free
from chenu.flows.return_urls import check_return_url
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import require_feature


class BuyAgentInput(msgspec.Struct, frozen=True):
    """`expected_amount` (cents) is what the buyer saw; `locale` that of the consent they read."""

    agent_id: AgentId
    expected_amount: int
    accept_immediate_supply: bool
    locale: Locale
    success_url: str | None = None
    cancel_url: str | None = None


async def buy_agent(
    services: Services, actor: Actor, request: BuyAgentInput, idempotency_key: str
) -> PurchaseRow:
    """The purchase: paid when free, else pending with its payment page; a second request finds it.

    Raises the refusals of docs/money.md, "Who may buy"; ProviderUnavailable when Stripe is away,
    with the purchase pending and nothing charged.
    """
    account_id, user_id = actor.require_spender(ApiScope.MARKETPLACE), actor.require_user()
    await _require_entitled(actor, account_id, request.agent_id)
    key = idempotency.client_key(account_id, idempotency_key, "agentPurchase", request)
    reject_if_any(_check_input(services, request))
    agent = await get_visible_agent(actor, request.agent_id)
    await _close_stale(services, account_id, agent)
    crash_point("purchase.before_intent")
    purchase_id = await _claim(actor, account_id, user_id, request, key)
    crash_point("purchase.after_intent")
    purchase = await get_purchase(purchase_id)
    if purchase.is_pending:
        await open_checkout(services, purchase, request.success_url, request.cancel_url)
    crash_point("purchase.before_answer")
    return await get_purchase(purchase_id)


async def find_offer_refusal(actor: Actor, agent: AgentRow) -> ChenuError | None:
    """Why the actor could not buy the agent at its price of now; None when they could.

    What nobody can lift comes first: nobody signs in, or pays for a plan, to be refused after it.
    For the page that has the button: buying asks again, in its transaction.
    """
    try:
        account_id = actor.require_spender(ApiScope.MARKETPLACE)
        await _require_offer(actor, account_id, agent, agent.price_amount)
    except ChenuError as refusal:
        return refusal
    return _find_missing(actor)


def _find_missing(actor: Actor) -> ChenuError | None:
    """What the buyer could do something about: the plan, then the proof of the address."""
    try:
        require_feature(actor.entitlements, Feature.MARKETPLACE)
        actor.require_verified()
    except ChenuError as refusal:
        return refusal
    return None


async def _require_entitled(actor: Actor, account_id: AccountId, agent_id: AgentId) -> None:
    """Nobody is sent for a plan to buy what could not be bought with it."""
    missing = _find_missing(actor)
    if missing is not None:
        agent = await get_visible_agent(actor, agent_id)
        await _require_offer(actor, account_id, agent, agent.price_amount)
        raise missing


def _check_input(services: Services, request: BuyAgentInput) -> list[ChenuError]:
    errors: list[ChenuError] = []
    if not request.accept_immediate_supply:
        message = mark("Please agree to immediate supply first: the agent is yours at once")
        errors.append(Invalid(message, path=("accept_immediate_supply",)))
    for field in ("success_url", "cancel_url"):
        url = getattr(request, field)
        if url is not None:
            errors += check_return_url(services.settings, url, field)
    return errors


async def _close_stale(services: Services, account_id: AccountId, agent: AgentRow) -> None:
    """A page that ran out, or shows what is not true any more, closes before a new one opens."""
    pending = await find_pending(account_id, agent.id)
    if pending is None:
        return
    if not may_continue(pending, agent) or not await is_page_current(services, pending):
        await PURCHASE_PAGES.close(services, pending)


@db.transactional
async def _claim(
    actor: Actor, account_id: AccountId, user_id: UserId, request: BuyAgentInput, key: ClientKey
) -> PurchaseId:
    """One transaction: the purchase of this request, of this key's first use, or the open one."""
    await db.lock_until_commit(f"buy:{account_id}:{request.agent_id}")
    known = await idempotency.find_result(key)
    if known is not None:
        return PurchaseId(known)
    await lock_agent(request.agent_id)
    agent = await get_visible_agent(actor, request.agent_id)
    await _require_offer(actor, account_id, agent, request.expected_amount)
    pending = await find_pending(account_id, agent.id)
    if pending is not None and pending.price != agent.price:
        raise price_changed()  # since _close_stale looked: its page must not be shown
    purchase = pending or _make_purchase(account_id, user_id, agent, request)
    if pending is None:
        await insert_purchase(purchase)
    await idempotency.remember_result(key, purchase.id)
    if agent.price.type is PriceType.FREE:
        await fulfil_free(purchase, agent)
    return purchase.id


async def _require_offer(
    actor: Actor, account_id: AccountId, agent: AgentRow, expected_amount: int
) -> None:
    """The price shown is the price charged, by a seller who can be paid, to somebody without it."""
    if is_own(actor, agent):
        raise AlreadyOwned("You made this agent: it is yours already")
    if await has_usable_grant(account_id, agent.id):
        raise AlreadyOwned("This agent is in your library already")
    if await has_live_subscription(account_id, SubscriptionKind.AGENT, str(agent.id)):
        raise AlreadyOwned("Your subscription to this agent has not ended yet")
    if refusal := find_sale_refusal(agent):
        raise refusal
    await require_allowed(actor, account_id, agent.id)
    if expected_amount != agent.price_amount:
        raise price_changed()


def _make_purchase(
    account_id: AccountId, user_id: UserId, agent: AgentRow, request: BuyAgentInput
) -> PurchaseRow:
    if agent.creator_id is None:
        raise RuntimeError(f"agent {agent.id} on sale has no creator")
    now = business_now()
    return PurchaseRow(
        id=PurchaseId(new_id()),
        account_id=account_id,
        buyer_id=user_id,
        agent_id=agent.id,
        creator_id=agent.creator_id,
        price_type=agent.price_type,
        price_amount=agent.price_amount,
        status=PurchaseStatus.PENDING,
        creator_basis_points=CREATOR_RATE,
        split_rule=SPLIT_RULE,
        consent_version=CURRENT_VERSION,
        consent_locale=request.locale,
        consent_at=now,
        checkout_session_id=None,
        checkout_url=None,
        checkout_expires_at=None,
        stripe_subscription_id=None,
        failure_code=None,
        created_at=now,
        updated_at=system_now(),
        paid_at=None,
    )
