"""What the partial templates about packs show: those on sale, and the account's own."""

from typing import Any

from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.roles import Right
from chenu.core.i18n import Locale
from chenu.core.ids import new_id
from chenu.flows.packs.refunds import list_pack_offers
from chenu.tiers.catalogue import Feature
from chenu.tokens.pack_orders import list_paid_pack_orders
from chenu.tokens.pack_terms import pack_terms
from chenu.tokens.packs import TOKEN_PACKS


async def pack_values(actor: Actor, account_id: AccountId, locale: Locale) -> dict[str, Any]:
    """For `tokens/_packs.html` and `tokens/_orders.html`."""
    may_buy = actor.has_right(Right.BUY_PACKS)
    orders = await list_paid_pack_orders(account_id) if may_buy else []
    return {
        "packs": TOKEN_PACKS,
        "needs_no_pack": actor.entitlements.grant(Feature.TOKENS).is_unlimited,
        "pack_terms": pack_terms(locale),
        "may_buy_packs": may_buy,
        "own_packs": await list_pack_offers(orders),
        "pack_key": new_id().hex,
    }
