"""Buying a pack of tokens: the offer is frozen in an order, then its payment page is opened.

Nothing is charged here; what a payment changes stands in pack_tokens.py. docs/money.md.
"""

import msgspec

from chenu.accounts import idempotency
from chenu.accounts.actor import AccountId, Actor, UserId
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.roles import Right
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.crash_points import crash_point
from chenu.core.errors import ChenuError, Invalid, InvalidState, reject_if_any
from chenu.core.i18n import Locale, mark
from chenu.core.ids import new_id
from chenu.flows.checkout_pages import not_opened, with_tax
from chenu.flows.mirrors.sync import sync_customer
from chenu.flows.packs.checkout import page_operation
from chenu.flows.packs.pages import PACK_PAGES
from chenu.flows.return_urls import check_return_url
from chenu.flows.services import Services
from chenu.ledger.operations import OperationRow, create_operation_after
from chenu.tiers.catalogue import Feature
from chenu.tokens.pack_orders import (
    PackOrderId,
    PackOrderRow,
    PackOrderStatus,
    find_pending_pack_order,
    get_pack_order,
    insert_pack_order,
    lock_pack_orders,
)
from chenu.tokens.pack_terms import CURRENT_TERMS
from chenu.tokens.packs import TOKEN_PACKS, TokenPack, find_pack, price_key

_UNLIMITED = mark("The tokens of this account are unlimited: it needs no pack")


class BuyPackInput(msgspec.Struct, frozen=True):
    """`locale` is that of the terms that the buyer read, of the page and of the receipt."""

    pack_code: str
    locale: Locale
    success_url: str | None = None
    cancel_url: str | None = None


async def buy_pack(
    services: Services, actor: Actor, request: BuyPackInput, idempotency_key: str
) -> PackOrderRow:
    """The order with its payment page; a second request finds it while it is open.

    Raises Forbidden, EmailNotVerified, Invalid, InvalidState where tokens are unlimited;
    ProviderUnavailable when Stripe is away, with the order pending and nothing charged.
    """
    account_id, user_id = actor.require_right(Right.BUY_PACKS), actor.require_user()
    actor.require_verified()
    reject_if_any(_check_input(services, request))
    if actor.entitlements.grant(Feature.TOKENS).is_unlimited:
        raise InvalidState(_UNLIMITED)
    pack = _get_pack(request.pack_code)
    key = idempotency.client_key(account_id, idempotency_key, "tokenPackBuy", request)
    if not await _is_known(key):
        await _close_other(services, account_id, pack)
    crash_point("pack.before_intent")
    order = await get_pack_order(await _claim(user_id, pack, request, key))
    crash_point("pack.after_intent")
    if order.is_pending:
        order = await _open_page(services, order, request)
    crash_point("pack.before_answer")
    return order


def _check_input(services: Services, request: BuyPackInput) -> list[ChenuError]:
    errors: list[ChenuError] = []
    if find_pack(request.pack_code) is None:
        message = mark("There is no such pack. These are sold: {codes}")
        codes = ", ".join(pack.code for pack in TOKEN_PACKS)
        errors.append(Invalid(message, path=("pack_code",), codes=codes))
    for field in ("success_url", "cancel_url"):
        url = getattr(request, field)
        if url is not None:
            errors += check_return_url(services.settings, url, field)
    return errors


def _get_pack(code: str) -> TokenPack:
    pack = find_pack(code)
    if pack is None:
        raise RuntimeError(f"{code} was checked")
    return pack


@db.transactional
async def _is_known(key: ClientKey) -> bool:
    """A repeated request only finds its order: it closes nothing."""
    return await idempotency.find_result(key) is not None


async def _close_other(services: Services, account_id: AccountId, pack: TokenPack) -> None:
    """A page for another pack, or one that ran out, closes before a new one opens."""
    pending = await find_pending_pack_order(account_id)
    if pending is None:
        return
    expires_at = pending.checkout_expires_at
    is_over = expires_at is not None and expires_at <= system_now()
    if is_over or (pending.pack, pending.price) != (pack.code, pack.price):
        await PACK_PAGES.close(services, pending)


@db.transactional
async def _claim(
    user_id: UserId, pack: TokenPack, request: BuyPackInput, key: ClientKey
) -> PackOrderId:
    """One transaction: the order of this key's first use, the open one, or a new one."""
    known = await idempotency.find_result(key)
    if known is not None:
        return PackOrderId(known)
    await lock_pack_orders(key.account_id)
    order = await find_pending_pack_order(key.account_id)
    if order is None:
        order = _make_order(key.account_id, user_id, pack, request.locale)
        await insert_pack_order(order)
    elif order.pack != pack.code:  # somebody else of the account was quicker
        raise InvalidState("Another pack is being bought for this account: please try again")
    await idempotency.remember_result(key, order.id)
    return order.id


def _make_order(
    account_id: AccountId, user_id: UserId, pack: TokenPack, locale: Locale
) -> PackOrderRow:
    return PackOrderRow(
        id=PackOrderId(new_id()),
        account_id=account_id,
        buyer_id=user_id,
        pack=pack.code,
        base_tokens=pack.base_tokens,
        bonus_tokens=pack.bonus_tokens,
        price=pack.price,
        locale=locale,
        terms_version=CURRENT_TERMS,
        status=PackOrderStatus.PENDING,
        checkout_session_id=None,
        checkout_url=None,
        checkout_expires_at=None,
        failure_code=None,
        payment_id=None,
        paid_at=None,
        created_at=business_now(),
        updated_at=system_now(),
    )


async def _open_page(
    services: Services, order: PackOrderRow, request: BuyPackInput
) -> PackOrderRow:
    """Raises PaymentFailed, ProviderUnavailable."""

    async def ask_anew(refused: OperationRow | None) -> OperationRow:
        return await _ask_anew(services, order, request, refused)

    return await PACK_PAGES.open(services, order, ask_anew)


async def _ask_anew(
    services: Services, order: PackOrderRow, request: BuyPackInput, refused: OperationRow | None
) -> OperationRow:
    """The operation that opens the page, for customer and price as they are now."""
    owner = await sync_customer(services, order.account_id)
    price_id = await services.subscriptions.find_price_by_key(price_key(order.pack))
    if owner.customer_id is None or price_id is None:
        raise not_opened()
    page = services.url(f"/tokens/orders/{order.id}")
    urls = request.success_url or page, request.cancel_url or page
    new = page_operation(order, owner.customer_id, price_id, *urls)
    new = with_tax(new, is_on=services.settings.stripe.automatic_tax)
    return await create_operation_after(new, refused)
