"""Packs for tests: bought on Stripe's page, spent, and everything that follows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chenu.accounts.actor import AccountId, Actor, ApiScope
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.flows.packs.buy import BuyPackInput, buy_pack
from chenu.flows.services import Services
from chenu.ledger.amounts import Tokens
from chenu.tiers.catalogue import TierCode
from chenu.tokens.holds import HoldId, NewHold, get_hold, hold_tokens, settle_hold
from chenu.tokens.pack_orders import PackOrderRow, get_pack_order
from tests.flows.plans import catch_up, put_plans
from tests.people import Person, make_person, pay
from tests.prepared import prepare

CARD = "4242424242424242"
FAILS = "4000000000005126"
"""A refund to this card comes back an hour later."""


async def open_packs(services: Services, name: str = "zoe") -> Person:
    """Somebody on FREE, and the packs as products and prices at Stripe."""

    async def build() -> Person:
        await put_plans(services, "pack_")
        return await make_person(name, TierCode.FREE)

    return await prepare(services, ("packs", name), build)


async def order_pack(
    services: Services, actor: Actor, code: str = "pack_1k", key: str = "pack-1"
) -> PackOrderRow:
    return await buy_pack(services, actor, BuyPackInput(code, "fr"), key)


async def buy(
    services: Services, actor: Actor, code: str = "pack_1k", card: str = CARD, key: str = "pack-1"
) -> PackOrderRow:
    """Paid on Stripe's page; then everything that follows from it here."""
    order = await order_pack(services, actor, code, key)
    assert order.checkout_url is not None
    answer = await pay(order.checkout_url, card)
    assert answer.status_code == 303, answer.text
    await catch_up(services)
    return await get_pack_order(order.id)


async def spend(person: Person, amount: int) -> None:
    """So much of packs, by a run that is held and settled."""
    run = await hold(person, amount)
    account_id = person.actor.require_account(ApiScope.READ)
    held = (await get_hold(account_id, run)).held
    await db.run_in_transaction(lambda: settle_hold(account_id, run, held))


async def hold(person: Person, amount: int) -> HoldId:
    """By a run that goes on, which takes whatever else is in the wallet first."""
    account_id, run = person.actor.account_id, HoldId(new_id())
    assert account_id is not None
    new = NewHold(
        account_id=account_id,
        most=Tokens(amount + await _count_others(account_id)),
        hold_id=run,
        reason="test",
        expires_at=business_now() + timedelta(hours=1),
    )
    await db.run_in_transaction(lambda: hold_tokens(new))
    return run


async def _count_others(account_id: AccountId) -> int:
    sql = """
        SELECT coalesce(sum(remaining), 0)::bigint FROM token_grant
        WHERE account = $1 AND kind NOT IN ('PACK', 'PACK_BONUS') AND agent IS NULL
    """
    return int(await db.fetch_value(sql, account_id))


@dataclass(frozen=True)
class Grants:
    """Of one pack: what is left of base and bonus, and what is owed."""

    base: int
    bonus: int
    debt: int = 0


async def grants_of(order: PackOrderRow) -> Grants:
    sql = """
        SELECT coalesce(sum(remaining) FILTER (WHERE kind = 'PACK'), 0)::bigint AS base,
            coalesce(sum(remaining) FILTER (WHERE kind = 'PACK_BONUS'), 0)::bigint AS bonus,
            coalesce(sum(debt), 0)::bigint AS debt
        FROM token_grant WHERE source_id = $1
    """
    found = await db.find_one(Grants, sql, order.id)
    assert found is not None
    return found


async def charge_of(order: PackOrderRow) -> str:
    sql = "SELECT stripe_charge_id FROM invoice_payment WHERE id = $1"
    return str(await db.fetch_value(sql, order.payment_id))


async def return_at_stripe(stripe_side: Any, order: PackOrderRow, amount: int) -> str:
    """As somebody does in Stripe's dashboard."""
    charge = await charge_of(order)
    made = await stripe_side.change("/v1/refunds", charge=charge, amount=amount)
    return str(made["id"])
