"""The steps of a life: whom they concern, and what is compared after each."""

import random
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from chenu.accounts.actor import ApiScope
from chenu.core.clock import business_now
from chenu.flows.withdrawal_terms import may_withdraw
from chenu.tokens.grants import GrantKind
from tests.faults.market_acts import Acts, is_refused
from tests.faults.market_found import (
    Found,
    list_left,
    list_plans,
    list_purchases,
    read_books,
    read_uses,
    require_everything,
)
from tests.faults.market_life import Trouble
from tests.faults.market_model import Market, Purchase
from tests.faults.market_world import World
from tests.tokens.granting import give, spend

T = TypeVar("T")
Act = Coroutine[Any, Any, None]


class Steps:
    """One life; `pick` chooses among what there is, None where there is nothing."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.chance = random.Random(number)
        self.is_whole = True

    async def begin(self) -> None:
        await self.world.begin()
        self.market = Market(business_now())
        self.acts = Acts(self.world, self.market, self.chance)
        self.before = await read_books()
        self.zoe = self.world.people["zoe"].actor.require_account(ApiScope.READ)

    async def take(self, trouble: Trouble, act: Act) -> None:
        self.is_whole = False
        await self.acts.arm(trouble)
        await act
        await self.acts.follow()
        await self.compare()
        self.is_whole = True

    async def end(self) -> None:
        """What every hour is checked, after a life in which nothing was amiss."""
        if self.is_whole:
            await require_everything(self.world.services)

    # what the steps do

    def buy(self, buyer: int, kind: str) -> Act | None:
        bought = self.market.purchases.get((buyer, kind), [])
        can_buy = not bought or bought[-1].status in ("REFUNDED", "ENDED")
        return self.acts.buy(buyer, kind) if can_buy else None

    async def advance(self, days: int) -> None:
        await self.world.advance(timedelta(days=days))

    def refund(self, pick: int, amount: int | None, who: str) -> Act | None:
        can = [
            (purchase, place)
            for purchase in self.market.all_purchases()
            for place, charge in enumerate(purchase.charges)
            if charge.is_free and not purchase.is_disputed
        ]
        if not can:
            return None
        purchase, place = _pick(can, pick)
        left = purchase.charges[place].left
        return self.acts.refund(purchase, place, min(amount or left, left), who)

    def give_back(self, pick: int) -> Act | None:
        can = [
            (purchase, buyer)
            for (buyer, _), bought in self.market.purchases.items()
            for purchase in bought
            if not purchase.is_disputed and purchase.charges[-1].is_free
        ]
        return self._give_back(*_pick(can, pick)) if can else None

    async def _give_back(self, purchase: Purchase, buyer: int) -> None:
        if may_withdraw(purchase.paid_at, business_now()):
            await self.acts.give_back(purchase, buyer)
        else:
            assert await is_refused(self.acts.give_back(purchase, buyer))

    def dispute(self, pick: int) -> Act | None:
        of_agents = [
            self.acts.dispute(purchase, place)
            for purchase in self.market.all_purchases()
            for place, charge in enumerate(purchase.charges)
            if charge.is_free and not (purchase.is_disputed or purchase.is_returned)
        ]
        packs = [each for each in self.market.packs if not each.charge.refunded]
        of_packs = [self.acts.dispute_pack(each) for each in packs if each.charge.is_free]
        return _take(of_agents + of_packs, pick)

    def refund_plan(self, pick: int, amount: int | None) -> Act | None:
        can = self._list_plan_charges()
        if not can:
            return None
        customer, kind, place = _pick(can, pick)
        left = self.market.plan_charges(customer, kind)[place].left
        return self.acts.refund_plan(customer, kind, place, min(amount or left, left))

    def dispute_plan(self, pick: int) -> Act | None:
        can = self._list_plan_charges()
        return self.acts.dispute_plan(*_pick(can, pick)) if can else None

    def _list_plan_charges(self) -> list[tuple[int, str, int]]:
        """Customers, kinds of plan, and which of their charges can go back."""
        return [
            (customer, kind, place)
            for customer, kind in self.market.plans
            for place, charge in enumerate(self.market.plan_charges(customer, kind))
            if charge.is_free
        ]

    def decide(self, pick: int, end: str) -> Act | None:
        opened = [charge for charge, _ in self.acts.disputes if charge.dispute == "open"]
        return self.acts.decide(_pick(opened, pick), end) if opened else None

    def change_renewal(self, pick: int, what: str) -> Act | None:
        acts = list[Act]()
        for (buyer, _), bought in self.market.purchases.items():
            if bought[-1].term and bought[-1].is_usable:
                acts.append(self._change_purchase(bought[-1], buyer, what))
        for (customer, kind), plans in self.market.plans.items():
            if plans[-1].term.is_live:
                acts.append(self._change_plan(customer, kind, what))
        return _take(acts, pick)

    async def _change_purchase(self, purchase: Purchase, buyer: int, what: str) -> None:
        assert purchase.term is not None
        if what != "card":
            await self.acts.set_renewal(purchase, buyer, ends=what == "cancel")
        elif not purchase.term.attempts:
            found = await self.acts.subscription_of(purchase)
            await self.acts.set_card(purchase.term, found, works=not purchase.term.card_works)

    async def _change_plan(self, customer: int, kind: str, what: str) -> None:
        term = self.market.plans[customer, kind][-1].term
        if what != "card":
            await self.acts.renew_plan(customer, kind, ends=what == "cancel")
        elif not term.attempts:
            found = await self.acts.plan_subscription(customer, kind)
            await self.acts.set_card(term, found, works=not term.card_works)

    def add_coupon(self, most: int, days: int, is_forever: bool) -> Act:
        return self.acts.add_coupon(most, days, is_forever=is_forever)

    def begin_plan(self, customer: int, pick: int, pays: bool) -> Act | None:
        if self._has_plan(customer, "tier"):
            return None
        number = pick % (len(self.market.coupons) + 1)
        return self.acts.begin_plan(customer, None if not number else number - 1, pays=pays)

    def begin_api_plan(self, customer: int, pays: bool) -> Act | None:
        is_had = self._has_plan(customer, "api")
        return None if is_had else self.acts.begin_api_plan(customer, pays=pays)

    def _has_plan(self, customer: int, kind: str) -> bool:
        return any(plan.term.is_live for plan in self.market.plans.get((customer, kind), []))

    def return_pack(self, pick: int) -> Act | None:
        can = [
            each
            for each in self.market.packs
            if not each.charge.dispute and each.worth and may_withdraw(each.paid_at, business_now())
        ]
        return self.acts.return_pack(_pick(can, pick)) if can else None

    async def spend(self, amount: int) -> None:
        self.market.pass_time(business_now())
        expected = self.market.wallet.spend(amount, None)
        assert ((await spend(self.zoe, amount)).status == "DONE") == expected

    async def grant(self, amount: int, days: int | None) -> None:
        """Half hours, at which nothing else happens."""
        self.market.pass_time(business_now())
        wallet = self.market.wallet
        hours = None if days is None else wallet.now + days * 24 + 0.5
        wallet.grant(amount, agent=None, is_paid=False, expires_at=hours)
        moment = None if hours is None else self.market.began + timedelta(hours=hours)
        await give(self.zoe, amount, GrantKind.PROMOTION, expires_at=moment)

    # what is compared

    async def compare(self) -> None:
        await self._compare_sales()
        wallet = self.market.wallet
        left, debt = await list_left(self.zoe)
        expected = sorted(each.left for each in wallet.grants if each.left)
        owed = sum(each.debt for each in wallet.grants)
        assert (sorted(left), debt) == (expected, owed), (left, debt, wallet)
        uses, used = await read_uses(), [len(each.users) for each in self.market.coupons]
        assert uses == used, (uses, used)
        await self._compare_money()

    async def _compare_sales(self) -> None:
        found = await list_purchases()
        for purchase, purchase_id in self.acts.ids:
            charges = [each.row() for each in purchase.charges]
            expected = Found(purchase.status, purchase.is_usable, charges)
            assert found[purchase_id] == expected, (found[purchase_id], expected)
        for (customer, kind), plans in self.market.plans.items():
            found_plan = await list_plans(self.acts.account_of(customer), kind)
            paid = [each.paid for plan in plans for each in plan.charges]
            assert found_plan == (plans[-1].name, paid), (found_plan, plans)

    async def _compare_money(self) -> None:
        books = await read_books()
        since = books.less(self.before)
        expected = (self.market.net_paid, self.market.shares, self.market.commissions)
        assert (since.paid, since.shares, since.commissions) == expected, (since, expected)
        found = await self.world.balances()
        assert found == (books.at_stripe, books.transferred), (found, books)


def _pick(choices: Sequence[T], pick: int) -> T:
    return choices[pick % len(choices)]


def _take(acts: list[Act], pick: int) -> Act | None:
    """One of them; the others never begin."""
    chosen = _pick(acts, pick) if acts else None
    for act in acts:
        if act is not chosen:
            act.close()
    return chosen
