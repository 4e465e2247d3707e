"""What people, banks and Stripe do in a life of a market, done to the product and to its model."""

from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta

from chenu.accounts.actor import AccountId, ApiScope
from chenu.agents.payments import PaymentRow, list_payments
from chenu.agents.purchases import get_purchase
from chenu.billing.coupon_rules import CouponDuration, CouponRejected
from chenu.billing.coupons import insert_coupon
from chenu.billing.subscription_orders import OrderRow
from chenu.billing.subscriptions import find_subscription_by_stripe_id
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError
from chenu.core.money import Cents
from chenu.flows.agent_subscriptions.renewal import cancel_purchase, resume_purchase
from chenu.flows.api_plans.change import cancel_api_plan, resume_api_plan
from chenu.flows.packs.refunds import RefundPackInput, refund_own_pack
from chenu.flows.purchases.refund_plans import RefundSaleInput
from chenu.flows.purchases.refunds import refund_sale
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan, resume_plan
from chenu.tokens.pack_orders import get_pack_order
from tests.faults.market_found import list_plan_charges
from tests.faults.market_life import Life
from tests.faults.market_model import (
    AGENT_PRICE,
    AGENT_SHARE,
    MONTHLY_PRICE,
    MONTHLY_SHARE,
    PLAN_DISCOUNT,
    PLAN_PRICES,
    Charge,
    Coupon,
    Pack,
    Plan,
    Purchase,
    Term,
)
from tests.faults.market_world import BUYERS
from tests.flows.api_plans import api_plan_of, start_api
from tests.flows.coupons import coupon_input
from tests.flows.packs import charge_of, order_pack
from tests.flows.plans import plan_of, start
from tests.flows.sales import start_buying
from tests.people import Person

CUSTOMERS = ("cleo", "dan")


class Acts(Life):
    """Each act is done to the product and to the model."""

    # buyers

    async def buy(self, buyer: int, kind: str) -> None:
        person, agent = self.world.people[BUYERS[buyer]], self.world.agents[kind]
        key, services = self.key(), self.world.services
        row = await self.insist(lambda: start_buying(services, person, agent, key))
        assert row.checkout_url is not None
        await self.world.pay(row.checkout_url)
        now = business_now()
        if kind == "once":
            bought = Purchase(now, [Charge(AGENT_PRICE, AGENT_SHARE)])
        else:
            bought = Purchase(now, [Charge(MONTHLY_PRICE, MONTHLY_SHARE)], Term(now))
        self.market.purchases.setdefault((buyer, kind), []).append(bought)
        self.ids.append((bought, row.id))

    async def set_renewal(self, purchase: Purchase, buyer: int, *, ends: bool) -> None:
        assert purchase.term is not None
        act = cancel_purchase if ends else resume_purchase
        person, key, purchase_id = (
            self.world.people[BUYERS[buyer]],
            self.key(),
            self.id_of(purchase),
        )
        await self.insist(lambda: act(self.world.services, person.actor, purchase_id, key))
        purchase.term.is_ending = ends

    async def refund(self, purchase: Purchase, place: int, amount: int, who: str) -> None:
        """By its creator, or at Stripe's dashboard."""
        payment = await self._payment(purchase, place)
        if who == "dashboard":
            form = {"charge": payment.stripe_charge_id, "amount": str(amount)}
            async with self.undisturbed() as stripe:
                await stripe.change("/v1/refunds", **form)
        else:
            data = RefundSaleInput(
                self.id_of(purchase), payment.id, Cents(amount), "It does not fit"
            )
            await self._refund(self.world.people["creator"], data)
        purchase.refund(purchase.charges[place], amount)

    async def give_back(self, purchase: Purchase, buyer: int) -> None:
        """By its buyer, whole, who may do so for 14 days and is refused afterwards."""
        data = RefundSaleInput(self.id_of(purchase), None, None, "")
        await self._refund(self.world.people[BUYERS[buyer]], data)
        purchase.refund(purchase.charges[-1], purchase.charges[-1].left)

    async def _refund(self, person: Person, data: RefundSaleInput) -> None:
        key = self.key()
        await self.insist(lambda: refund_sale(self.world.services, person.actor, data, key))

    async def _payment(self, purchase: Purchase, place: int) -> PaymentRow:
        payments = await list_payments([self.id_of(purchase)])
        return sorted(payments, key=lambda each: each.paid_at)[place]

    # banks

    async def dispute(self, purchase: Purchase, place: int) -> None:
        charge = purchase.charges[place]
        await self._dispute(charge, (await self._payment(purchase, place)).stripe_charge_id)
        purchase.open_dispute(charge)

    async def dispute_pack(self, pack: Pack) -> None:
        order_id = next(found for each, found in self.packs if each is pack)
        await self._dispute(pack.charge, await charge_of(await get_pack_order(order_id)))
        pack.open_dispute(self.market.wallet)

    async def _dispute(self, charge: Charge, stripe_charge_id: str) -> None:
        """Answered, because one that is not is lost by itself some days later."""
        answer = {"evidence[uncategorized_text]": "It was used for a week.", "submit": "true"}
        async with self.undisturbed() as stripe:
            dispute = await stripe.dispute(stripe_charge_id)
            await stripe.change(f"/v1/disputes/{dispute}", **answer)
        self.disputes.append((charge, dispute))

    async def decide(self, charge: Charge, end: str) -> None:
        dispute = next(found for each, found in self.disputes if each is charge)
        async with self.undisturbed() as stripe:
            await stripe.end_dispute(dispute, end)
        for pack in self.market.packs:
            if pack.charge is charge and end == "won":
                self.market.win_pack(pack)
        for purchase in self.market.all_purchases():
            if any(each is charge for each in purchase.charges):
                purchase.end_dispute(charge, end)
        charge.end_dispute(end)

    async def set_card(self, term: Term, subscription_id: str, *, works: bool) -> None:
        row = await find_subscription_by_stripe_id(subscription_id)
        assert row is not None
        path = f"/v1/subscriptions/{subscription_id}"
        token = "pm_card_visa" if works else "pm_card_chargeCustomerFail"
        async with self.undisturbed() as stripe:
            customer = str((await stripe.get(path))["customer"])
            card = await stripe.save_card(customer, token)
            await stripe.change(path, default_payment_method=card)
        term.card_works = works

    # plans and packs

    async def add_coupon(self, most: int, days: int, *, is_forever: bool) -> None:
        duration = CouponDuration.FOREVER if is_forever else CouponDuration.ONCE
        redeem_by = business_now() + timedelta(days=days, minutes=30)
        code = f"LIFE-{len(self.market.coupons)}"
        given = coupon_input(code, duration=duration, max_redemptions=most, redeem_by=redeem_by)
        await insert_coupon(given, None)
        self.market.coupons.append(Coupon(most, redeem_by, is_forever))

    async def begin_plan(self, customer: int, number: int | None, *, pays: bool) -> None:
        """With a coupon, which is refused when the model says so; or the page is left."""
        coupon = None if number is None else self.market.coupons[number]
        is_allowed = coupon is None or coupon.allows(customer, business_now())
        try:
            order = await self._start(customer, number)
        except CouponRejected:
            assert not is_allowed
            return
        assert is_allowed, "a coupon that has no use left was taken"
        if not pays:
            await self._leave(order)
            return
        plan = await self._pay_plan(order, customer, "tier")
        if coupon:
            plan.charges[0].paid -= PLAN_DISCOUNT
            plan.is_discounted = coupon.is_forever
            coupon.users.append(customer)

    async def begin_api_plan(self, customer: int, *, pays: bool) -> None:
        """BASIC, beside whatever else the customer has; or the page is left."""
        actor, key = self.world.people[CUSTOMERS[customer]].actor, self.key()
        order = await self.insist(lambda: start_api(self.world.services, actor, key=key))
        await (self._pay_plan(order, customer, "api") if pays else self._leave(order))

    async def _pay_plan(self, order: OrderRow, customer: int, kind: str) -> Plan:
        assert order.checkout_url is not None
        await self.world.pay(order.checkout_url)
        plan = Plan(kind, Term(business_now()), [Charge(PLAN_PRICES[kind])])
        self.market.plans.setdefault((customer, kind), []).append(plan)
        return plan

    async def _leave(self, order: OrderRow) -> None:
        async with self.undisturbed() as stripe:
            await stripe.expire(order.checkout_session_id or "")

    async def _start(self, customer: int, number: int | None) -> OrderRow:
        key, code = self.key(), None if number is None else f"LIFE-{number}"
        person = self.world.people[CUSTOMERS[customer]]
        return await self.insist(
            lambda: start(self.world.services, person.actor, key=key, coupon=code)
        )

    async def renew_plan(self, customer: int, kind: str, *, ends: bool) -> None:
        actor, key = self.world.people[CUSTOMERS[customer]].actor, self.key()
        services = self.world.services
        if kind == "api":
            act = cancel_api_plan if ends else resume_api_plan
            await self.insist(lambda: act(services, actor, key))
        elif ends:
            await self.insist(lambda: cancel_plan(services, actor, CancelInput(), key))
        else:
            await self.insist(lambda: resume_plan(services, actor))
        self.market.plans[customer, kind][-1].term.is_ending = ends

    async def refund_plan(self, customer: int, kind: str, place: int, amount: int) -> None:
        """At Stripe's dashboard; the plan goes on."""
        form = {"charge": await self._plan_charge(customer, kind, place), "amount": str(amount)}
        async with self.undisturbed() as stripe:
            await stripe.change("/v1/refunds", **form)
        self.market.plan_charges(customer, kind)[place].refunded += amount

    async def dispute_plan(self, customer: int, kind: str, place: int) -> None:
        charge = self.market.plan_charges(customer, kind)[place]
        await self._dispute(charge, await self._plan_charge(customer, kind, place))
        charge.open_dispute()

    async def _plan_charge(self, customer: int, kind: str, place: int) -> str:
        return (await list_plan_charges(self.account_of(customer), kind))[place]

    def account_of(self, customer: int) -> AccountId:
        return self.world.people[CUSTOMERS[customer]].actor.require_account(ApiScope.READ)

    async def subscription_of(self, purchase: Purchase) -> str:
        return (await get_purchase(self.id_of(purchase))).stripe_subscription_id or ""

    async def plan_subscription(self, customer: int, kind: str) -> str:
        person = self.world.people[CUSTOMERS[customer]]
        plan = await (api_plan_of(person) if kind == "api" else plan_of(person))
        assert plan is not None
        return plan.stripe_subscription_id

    async def buy_pack(self) -> None:
        actor, key = self.world.people["zoe"].actor, self.key()
        order = await self.insist(lambda: order_pack(self.world.services, actor, "pack_1k", key))
        assert order.checkout_url is not None
        await self.world.pay(order.checkout_url)
        self.market.add_pack(business_now())
        self.packs.append((self.market.packs[-1], order.id))

    async def return_pack(self, pack: Pack) -> None:
        order_id = next(found for each, found in self.packs if each is pack)
        data, actor = RefundPackInput(order_id, Cents(pack.worth)), self.world.people["zoe"].actor
        key = self.key()
        await self.insist(lambda: refund_own_pack(self.world.services, actor, data, key))
        pack.refund(self.market.wallet)


async def is_refused(request: Awaitable[object]) -> bool:
    with suppress(ChenuError):
        await request
        return False
    return True
