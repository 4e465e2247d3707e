"""Orders of plans: frozen terms, one open page at a time, and the page that Stripe opens for them.

The same for tiers and API plans; what may be ordered, each of them checks itself.
"""

from collections.abc import Awaitable, Callable

import msgspec

from chenu.accounts.actor import AccountId, UserId
from chenu.billing.coupon_redemptions import find_coupon_of_order
from chenu.billing.recurring import BillingInterval, SubscriptionKind
from chenu.billing.subscription_orders import OrderId, OrderRow, OrderStatus
from chenu.core.clock import business_now, system_now
from chenu.core.errors import ChenuError, InvalidState
from chenu.core.i18n import Locale, mark
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.checkout_pages import not_opened, with_tax
from chenu.flows.mirrors.sync import sync_coupon, sync_customer
from chenu.flows.plan_kinds import PLAN_KINDS
from chenu.flows.return_urls import check_return_url
from chenu.flows.services import Services
from chenu.flows.subscriptions.checkout import PageOffer, PageUrls, page_operation
from chenu.flows.subscriptions.pages import SUBSCRIPTION_PAGES
from chenu.ledger.operations import OperationRow, create_operation_after

HAS_PLAN = mark("This account has a plan already: it has to end before another one can begin")

_MOST_CLOSED = 3
"""How many open pages of other terms one request closes: other tabs may open more meanwhile."""

_OTHER_PAGES = mark("Other pages for a plan are being opened in this account: please try again")


class OrderTerms(msgspec.Struct, frozen=True):
    """What the order freezes. `starts_now`: see StartInput."""

    kind: SubscriptionKind
    item: str
    interval: BillingInterval
    price: Cents
    trial_days: int = 0
    starts_now: bool = False

    def are_those_of(self, order: OrderRow) -> bool:
        """On an open page on which just this is bought."""
        expires_at = order.checkout_expires_at
        if expires_at is not None and expires_at <= system_now():
            return False
        wanted = (self.item, self.interval, self.price, self.trial_days, self.starts_now)
        found = (order.item, order.billing_interval, order.price, order.trial_days)
        return (*found, order.starts_now) == wanted


class ReturnUrls(msgspec.Struct, frozen=True):
    """Where the buyer's browser returns to; None: our own page of the order."""

    success: str | None
    cancel: str | None


def check_return_urls(services: Services, urls: ReturnUrls) -> list[ChenuError]:
    errors: list[ChenuError] = []
    for field, url in (("success_url", urls.success), ("cancel_url", urls.cancel)):
        if url is not None:
            errors += check_return_url(services.settings, url, field)
    return errors


class FoundOrder(msgspec.Struct, frozen=True):
    """`is_claimed` False: an open page of other terms, which has to close first."""

    order: OrderRow
    is_claimed: bool


async def claim_order(services: Services, claim: Callable[[], Awaitable[FoundOrder]]) -> OrderRow:
    """A page for another plan, or one that ran out, closes before a new one opens.

    Raises InvalidState, ProviderUnavailable.
    """
    for _ in range(_MOST_CLOSED):
        found = await claim()
        if found.is_claimed:
            return found.order
        await SUBSCRIPTION_PAGES.close(services, found.order)
    raise InvalidState(_OTHER_PAGES)


def make_order(account_id: AccountId, user_id: UserId, terms: OrderTerms) -> OrderRow:
    return OrderRow(
        id=OrderId(new_id()),
        account_id=account_id,
        buyer_id=user_id,
        kind=terms.kind,
        item=terms.item,
        billing_interval=terms.interval,
        price=terms.price,
        trial_days=terms.trial_days,
        starts_now=terms.starts_now,
        status=OrderStatus.PENDING,
        checkout_session_id=None,
        checkout_url=None,
        checkout_expires_at=None,
        stripe_subscription_id=None,
        failure_code=None,
        created_at=business_now(),
        updated_at=system_now(),
    )


async def open_page(
    services: Services, order: OrderRow, urls: ReturnUrls, locale: Locale
) -> OrderRow:
    """Raises PaymentFailed, ProviderUnavailable."""

    async def ask_anew(refused: OperationRow | None) -> OperationRow:
        return await _ask_anew(services, order, urls, locale, refused)

    return await SUBSCRIPTION_PAGES.open(services, order, ask_anew)


async def _ask_anew(
    services: Services,
    order: OrderRow,
    urls: ReturnUrls,
    locale: Locale,
    refused: OperationRow | None,
) -> OperationRow:
    """The operation that opens the page, for customer and price as they are now."""
    owner = await sync_customer(services, order.account_id)
    sold = PLAN_KINDS[order.kind]
    key = sold.lookup_key(order.item, order.billing_interval)
    price_id = await services.subscriptions.find_price_by_key(key)
    if owner.customer_id is None or price_id is None:
        raise not_opened()
    page = services.url(f"{sold.page}/orders/{order.id}")
    coupon = await find_coupon_of_order(order.id)
    if coupon is not None and not await sync_coupon(services, coupon):
        raise not_opened()
    offered = PageOffer(price_id, coupon.stripe_id if coupon else None)
    page_urls = PageUrls(urls.success or page, urls.cancel or page)
    new = page_operation(order, owner.customer_id, offered, page_urls, locale)
    new = with_tax(new, is_on=services.settings.stripe.automatic_tax)
    return await create_operation_after(new, refused)
