"""What an agent's buy panel offers to this visitor, as the business decided."""

from enum import StrEnum
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId, Actor, ActorKind
from chenu.agents.access import AgentAccess, GrantRow, decide_access, list_usable_grants
from chenu.agents.model import AgentKind, PriceType
from chenu.agents.pricing import Split, split_sale
from chenu.agents.purchases import PurchaseRow, find_pending
from chenu.agents.queries import is_own
from chenu.agents.rows import AgentRow
from chenu.agents.sale import find_sale_refusal
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Unverified
from chenu.flows.purchases.buy_agent import find_offer_refusal
from chenu.flows.withdrawal_terms import may_withdraw
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import find_refusal


class OfferState(StrEnum):
    """REFUSED: `refusal` is the reason why it cannot be bought now.

    SIGN_IN: `refusal` is what a new account would lack, if anything. PREVIEW: shown to the maker
    as buyers will see it.
    """

    OWN = "OWN"
    OWNED = "OWNED"
    INCLUDED = "INCLUDED"
    NOT_INCLUDED = "NOT_INCLUDED"
    OFF_SALE = "OFF_SALE"
    SIGN_IN = "SIGN_IN"
    VERIFY = "VERIFY"
    REFUSED = "REFUSED"
    ADD = "ADD"
    BUY = "BUY"
    PREVIEW = "PREVIEW"


class Offer(msgspec.Struct, frozen=True):
    """`split` is how the price would be divided.

    `pending` is a purchase with an open payment page. `may_withdraw`: until the first use.
    """

    state: OfferState
    grant: GrantRow | None = None
    refusal: ChenuError | None = None
    pending: PurchaseRow | None = None
    split: Split | None = None
    may_withdraw: bool = False

    @property
    def is_open(self) -> bool:
        return self.state in (OfferState.ADD, OfferState.BUY)


_NEWCOMER = Actor(ActorKind.SESSION, account_id=AccountId(UUID(int=0)))
"""An actor as after sign-up, with nothing bought."""


def preview_offer(agent: AgentRow) -> Offer:
    split = split_sale(agent.price_amount) if agent.price_amount else None
    return Offer(OfferState.PREVIEW, split=split)


async def make_offer(actor: Actor, agent: AgentRow) -> Offer:
    grant = await _find_grant(actor, agent)
    access = decide_access(actor, agent, grant)
    if agent.kind is AgentKind.PLATFORM:
        return _platform_offer(actor, agent, access)
    split = split_sale(agent.price_amount) if agent.price_amount else None
    if is_own(actor, agent):
        return Offer(OfferState.OWN, split=split)
    if grant is not None:
        return Offer(
            OfferState.OWNED, grant, split=split, may_withdraw=_is_returnable(agent, grant)
        )
    if not agent.is_on_sale:
        return Offer(OfferState.OFF_SALE)
    if actor.user_id is None:
        return _offer_to_nobody(agent, split)
    refusal = await find_offer_refusal(actor, agent)
    pending = await find_pending(actor.account_id, agent.id) if actor.account_id else None
    return Offer(_open_state(agent, refusal), None, refusal, pending, split)


def _is_returnable(agent: AgentRow, grant: GrantRow) -> bool:
    is_unused = grant.first_used_at is None and agent.price_amount > 0
    return is_unused and may_withdraw(grant.starts_at, business_now())


async def _find_grant(actor: Actor, agent: AgentRow) -> GrantRow | None:
    if actor.account_id is None:
        return None
    grants = await list_usable_grants(actor.account_id, [agent.id])
    return grants[0] if grants else None


def _platform_offer(actor: Actor, agent: AgentRow, access: AgentAccess) -> Offer:
    if access.can_use:
        return Offer(OfferState.INCLUDED, access.grant)
    if actor.user_id is None:
        return Offer(OfferState.SIGN_IN, refusal=decide_access(_NEWCOMER, agent, None).refusal)
    return Offer(OfferState.NOT_INCLUDED, refusal=access.refusal)


def _offer_to_nobody(agent: AgentRow, split: Split | None) -> Offer:
    """Shown before sign-in, so that nobody signs up for an agent that they could not buy then."""
    refusal = find_sale_refusal(agent)
    if refusal is not None:
        return Offer(OfferState.REFUSED, refusal=refusal, split=split)
    missing = find_refusal(_NEWCOMER.entitlements, Feature.MARKETPLACE)
    return Offer(OfferState.SIGN_IN, refusal=missing, split=split)


def _open_state(agent: AgentRow, refusal: ChenuError | None) -> OfferState:
    if refusal is not None:
        needs_proof = isinstance(refusal, Unverified)
        return OfferState.VERIFY if needs_proof else OfferState.REFUSED
    return OfferState.ADD if agent.price.type is PriceType.FREE else OfferState.BUY
