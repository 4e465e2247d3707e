"""What stands in the way of a person's deletion, and how they get it out of the way."""

import msgspec

from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.customers import list_owned_accounts
from chenu.accounts.members import count_members, get_seated_account
from chenu.affiliates.affiliates import find_affiliate_of
from chenu.affiliates.commissions import get_commission_sums
from chenu.affiliates.model import MINIMUM_PAYOUT
from chenu.agents.queries import find_creator_of
from chenu.billing.recurring import SubscriptionKind, SubscriptionStatus
from chenu.billing.subscriptions import list_live_subscriptions
from chenu.core.errors import ChenuError, InvalidState
from chenu.core.i18n import Locale, mark
from chenu.core.money import Cents, format_cents
from chenu.ledger.accounts import creator_payable, creator_receivable, customer_receivable
from chenu.ledger.journal import get_cents, get_refunds_due
from chenu.ledger.open_operations import has_open
from chenu.tiers.catalogue import TierCode

_UNPAID = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)

_STAFF = mark("You work for CHE·NU: an administrator has to take your staff roles away first")
_MEMBERS = mark("“{account}” has other members: hand it over to one of them, or remove them first")
_CONTRACT = mark("“{account}” has a contract with us: write to us to end it first")
_PAST_DUE = mark(
    "The last invoice of the plan of “{account}” is not paid: pay it, or end the plan first"
)
_WE_OWE = mark(
    "We owe you {amount} for sales: complete your payouts, so that we can send it to you first"
)
_WE_OWE_COMMISSIONS = mark(
    "We owe you {amount} of commissions: complete your payouts, so that we can send it to you first"
)
_YOU_OWE = mark("You owe us {amount} for a payment that was taken back: write to us first")
_REFUND_DUE = mark("We owe you a refund of {amount}, which did not reach you yet: write to us")
_OPEN = mark(
    "The payment service has not confirmed everything yet: please try again in a few minutes"
)


class Obstacle(msgspec.Struct, frozen=True):
    """`url` is the page on which the person removes it, with its name."""

    error: ChenuError
    url: str
    words: str


_MEMBERS_PAGE = ("/account/members", mark("Members"))
_PLAN_PAGES = {
    SubscriptionKind.TIER: ("/account/plan", mark("Your plan")),
    SubscriptionKind.API_PLAN: ("/account/api-plan", mark("Your API plan")),
}
_PAYOUTS_PAGE = ("/creator", mark("Your sales and payouts"))
_AFFILIATE_PAGE = ("/affiliate", mark("Your commissions"))
_SUPPORT_PAGE = ("/support", mark("Write to us"))
_PURCHASES_PAGE = ("/account#purchases", mark("Your purchases"))


async def find_obstacles(actor: Actor) -> list[Obstacle]:
    """In no way changed by asking; empty when the person can be deleted at once."""
    user_id, found = actor.require_user(), list[Obstacle]()
    if actor.is_staff:
        found.append(Obstacle(InvalidState(_STAFF), *_SUPPORT_PAGE))
    accounts = await list_owned_accounts(user_id)
    for account_id in accounts:
        found += await _of_account(account_id, actor.locale)
    found += await _of_sales(actor)
    found += await _of_commissions(actor)
    if await has_open((user_id,), accounts):
        found.append(Obstacle(InvalidState(_OPEN), *_PURCHASES_PAGE))
    return found


async def _of_account(account_id: AccountId, locale: Locale) -> list[Obstacle]:
    account, found = await get_seated_account(account_id), list[Obstacle]()
    if await count_members(account_id) > 1:
        error = InvalidState(_MEMBERS, account=account.name)
        found.append(Obstacle(error, *_MEMBERS_PAGE))
    if account.tier == TierCode.ENTERPRISE:
        found.append(Obstacle(InvalidState(_CONTRACT, account=account.name), *_SUPPORT_PAGE))
    for kind, page in _PLAN_PAGES.items():
        plans = await list_live_subscriptions(account_id, kind)
        if any(plan.status in _UNPAID for plan in plans):
            found.append(Obstacle(InvalidState(_PAST_DUE, account=account.name), *page))
    return found + await _of_payments(account_id, locale)


async def _of_payments(account_id: AccountId, locale: Locale) -> list[Obstacle]:
    debt = await get_cents(customer_receivable(account_id))
    refund = await get_refunds_due(account_id)
    return [
        *([_owing(_YOU_OWE, Cents(-debt), locale, _SUPPORT_PAGE)] if debt else []),
        *([_owing(_REFUND_DUE, refund, locale, _SUPPORT_PAGE)] if refund else []),
    ]


async def _of_sales(actor: Actor) -> list[Obstacle]:
    creator = await find_creator_of(actor.require_user())
    if creator is None:
        return []
    payable = await get_cents(creator_payable(creator.id))
    debt = await get_cents(creator_receivable(creator.id))
    return [
        *([_owing(_WE_OWE, payable, actor.locale, _PAYOUTS_PAGE)] if payable else []),
        *([_owing(_YOU_OWE, Cents(-debt), actor.locale, _SUPPORT_PAGE)] if debt else []),
    ]


async def _of_commissions(actor: Actor) -> list[Obstacle]:
    """What a payout will pay. Less than the least payout would never be paid, and lapses; so does
    what is held, and what is owed to us, which only later commissions would have paid.
    """
    affiliate = await find_affiliate_of(actor.require_user())
    if affiliate is None or not affiliate.is_active:
        return []
    sums = await get_commission_sums(affiliate.id)
    owed = Cents(sums.pending + sums.due)
    is_payable = owed >= MINIMUM_PAYOUT
    return [_owing(_WE_OWE_COMMISSIONS, owed, actor.locale, _AFFILIATE_PAGE)] if is_payable else []


def _owing(message: str, amount: Cents, locale: Locale, page: tuple[str, str]) -> Obstacle:
    return Obstacle(InvalidState(message, amount=format_cents(amount, locale)), *page)
