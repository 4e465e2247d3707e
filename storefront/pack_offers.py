"""What the partial templates about packs show: those on sale, and the account's own."""

from dataclasses import dataclass
from typing import Any

from chenu.accounts.actor import AccountId, Actor
from chenu.accounts.roles import Right
from chenu.billing.refunds import list_refunds_of_payment
from chenu.core.i18n import Locale
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.packs.refunds import PackOffer, get_pack_offer
from chenu.tiers.catalogue import Feature
from chenu.tokens.pack_orders import PackOrderRow, list_paid_pack_orders
from chenu.tokens.pack_terms import pack_terms
from chenu.tokens.packs import TOKEN_PACKS


@dataclass(frozen=True, slots=True)
class OwnPack:
    """A pack that was paid: what went back of it, and what would."""

    offer: PackOffer
    returned: Cents

    @property
    def order(self) -> PackOrderRow:
        return self.offer.order


async def list_own_packs(account_id: AccountId) -> list[OwnPack]:
    """The newest first."""
    return [await _describe(order) for order in await list_paid_pack_orders(account_id)]


async def _describe(order: PackOrderRow) -> OwnPack:
    refunds = await list_refunds_of_payment(order.payment_id) if order.payment_id else []
    return OwnPack(await get_pack_offer(order), Cents(sum(each.amount for each in refunds)))


async def pack_values(actor: Actor, account_id: AccountId, locale: Locale) -> dict[str, Any]:
    """For `tokens/_packs.html` and `tokens/_orders.html`."""
    may_buy = actor.has_right(Right.BUY_PACKS)
    return {
        "packs": TOKEN_PACKS,
        "needs_no_pack": actor.entitlements.grant(Feature.TOKENS).is_unlimited,
        "pack_terms": pack_terms(locale),
        "may_buy_packs": may_buy,
        "own_packs": await list_own_packs(account_id) if may_buy else [],
        "pack_key": new_id().hex,
    }
