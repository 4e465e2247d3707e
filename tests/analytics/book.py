"""Six months of 20 customers, February to July 2027, lived through sandbox and product.

Each day begins at six (UTC): its acts, then whatever follows of them. What the amounts are is
computed by hand in test_book_of_movements.py. Prices by the month: STARTER 900, PRO 2900, BUSINESS
9900, API BASIC 4900; by the year ten times as much.
"""

import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from chenu.accounts.actor import AccountId, Staff
from chenu.billing.contracts import list_contracts
from chenu.billing.coupon_rules import CouponDuration
from chenu.billing.invoices import list_invoices
from chenu.billing.recurring import BillingInterval
from chenu.core.clock import CLOCK, business_now
from chenu.core.money import Cents
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from chenu.flows.subscriptions.change import ChangeInput, change_plan
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan
from chenu.flows.subscriptions.contracts import (
    ContractInput,
    apply_due_contracts,
    end_contract,
    enter_contract,
)
from chenu.flows.subscriptions.refund_requests import RefundInput, request_refund
from chenu.tiers.catalogue import TierCode
from tests.database import OwnedDatabase
from tests.faults.market_world import CARD, World, open_world
from tests.flows.api_plans import start_api
from tests.flows.coupons import make_coupon
from tests.flows.plans import plan_of, start
from tests.people import Person, make_person

STARTER, PRO, BUSINESS = TierCode.STARTER, TierCode.PRO, TierCode.BUSINESS
MONTH, YEAR = BillingInterval
FIRST, LAST = date(2027, 2, 1), date(2027, 7, 31)
CUSTOMERS = (
    *("ada", "bob", "cara", "dan", "eve", "fay", "gil", "hana", "ivan", "jade"),
    *("karl", "lea", "max", "nina", "omar", "pia", "quin", "rosa", "sam", "tess"),
)
STAFF = {"fin": Staff.FINANCE, "clerk": Staff.SUPPORT}


@dataclass
class Book:
    """What people, staff and Stripe's dashboard do; `people` are customers and staff by name."""

    world: World
    people: dict[str, Person] = field(default_factory=dict)
    keys: int = 0

    @property
    def services(self) -> Services:
        return self.world.services

    def key(self) -> str:
        self.keys += 1
        return f"book-{self.keys}"

    def account(self, name: str) -> AccountId:
        account_id = self.people[name].actor.account_id
        assert account_id is not None
        return account_id

    async def open(self) -> None:
        for name in CUSTOMERS:
            self.people[name] = await make_person(f"{name}-{name}", TierCode.FREE)
        for name, role in STAFF.items():
            self.people[name] = await make_person(f"{name}-{name}", staff=(role,))
        await make_coupon(self.services, "LAUNCH50", percent_off=50)
        forever, repeating = CouponDuration.FOREVER, CouponDuration.REPEATING
        await make_coupon(self.services, "CHENU20", percent_off=20, duration=forever)
        await make_coupon(
            self.services, "Q1DEAL", percent_off=30, duration=repeating, duration_in_months=3
        )

    async def settle(self) -> None:
        await apply_due_contracts()
        await self.world.settle(random.Random(0))

    # acts of customers

    async def subscribe(
        self,
        name: str,
        tier: TierCode,
        interval: BillingInterval = MONTH,
        coupon: str | None = None,
    ) -> None:
        await self._start(name, tier, interval, CARD, coupon=coupon)

    async def try_out(self, name: str, card: str) -> None:
        """PRO for 14 days; without a card it lapses."""
        await self._start(name, PRO, MONTH, card, trial=True)

    async def _start(
        self,
        name: str,
        tier: TierCode,
        interval: BillingInterval,
        card: str,
        *,
        trial: bool = False,
        coupon: str | None = None,
    ) -> None:
        order = await start(
            self.services,
            self.people[name].actor,
            tier,
            interval,
            trial=trial,
            key=self.key(),
            coupon=coupon,
        )
        assert order.checkout_url is not None
        await self.world.pay(order.checkout_url, card)

    async def buy_api(self, name: str) -> None:
        order = await start_api(self.services, self.people[name].actor, key=self.key())
        assert order.checkout_url is not None
        await self.world.pay(order.checkout_url)

    async def change(self, name: str, tier: TierCode, interval: BillingInterval = MONTH) -> None:
        wanted = ChangeInput(tier, interval)
        await change_plan(self.services, self.people[name].actor, wanted, self.key())

    async def cancel(self, name: str) -> None:
        await cancel_plan(self.services, self.people[name].actor, CancelInput(), self.key())

    # Stripe's dashboard and the bank

    async def pause(self, name: str) -> None:
        form = {"pause_collection[behavior]": "void"}
        await self.world.stripe.change(await self._path(name), **form)

    async def go_on(self, name: str) -> None:
        await self.world.stripe.change(await self._path(name), pause_collection="")

    async def set_card(self, name: str, *, works: bool) -> None:
        path, token = await self._path(name), "pm_card_visa" if works else FAILING
        customer = str((await self.world.stripe.get(path))["customer"])
        card = await self.world.stripe.save_card(customer, token)
        await self.world.stripe.change(path, default_payment_method=card)

    async def _path(self, name: str) -> str:
        plan = await plan_of(self.people[name])
        assert plan is not None
        return f"/v1/subscriptions/{plan.stripe_subscription_id}"

    # staff

    async def refund(self, name: str, amount: int) -> None:
        [invoice] = (await list_invoices(self.account(name), PageRequest(10))).rows
        request = RefundInput(invoice.id, Cents(amount), "It did not fit.")
        await request_refund(self.services, self.people["clerk"].actor, request, self.key())

    async def sign_contract(self, name: str, amount: int) -> None:
        """For a year, from now on."""
        now = business_now()
        contract = ContractInput(
            reference="C-2027-1",
            amount=Cents(amount),
            billing_interval=YEAR,
            seats=40,
            api_calls=None,
            api_rate=None,
            starts_at=now,
            ends_at=now + timedelta(days=365),
        )
        await enter_contract(self.people["fin"].actor, self.account(name), contract)

    async def end_contract(self, name: str) -> None:
        [contract] = await list_contracts(self.account(name))
        await end_contract(self.people["fin"].actor, contract.id, "By agreement.")


FAILING = "pm_card_chargeCustomerFail"
Act = Callable[[Book], Awaitable[None]]

ACTS: Mapping[str, Act] = {
    # February: six begin to pay, and one tries PRO without a card, until 3 March
    "02-03 ada": lambda book: book.subscribe("ada", STARTER),
    "02-05 bob": lambda book: book.subscribe("bob", PRO),
    "02-08 cara": lambda book: book.subscribe("cara", BUSINESS, YEAR),
    "02-10 dan": lambda book: book.subscribe("dan", STARTER, YEAR),
    "02-12 eve": lambda book: book.try_out("eve", CARD),
    "02-17 fay": lambda book: book.try_out("fay", ""),
    "02-18 gil": lambda book: book.subscribe("gil", STARTER, coupon="LAUNCH50"),
    # March: seven more
    "03-04 hana": lambda book: book.subscribe("hana", PRO, coupon="CHENU20"),
    "03-06 ivan": lambda book: book.subscribe("ivan", PRO, coupon="Q1DEAL"),
    "03-08 jade": lambda book: book.subscribe("jade", STARTER),
    "03-09 karl": lambda book: book.subscribe("karl", BUSINESS),
    "03-10 lea": lambda book: book.subscribe("lea", PRO),
    "03-11 max": lambda book: book.subscribe("max", STARTER),
    "03-12 nina": lambda book: book.subscribe("nina", PRO),
    # April: max's and nina's renewals fail, of which only max's is paid on the third day
    "04-05 omar": lambda book: book.subscribe("omar", STARTER),
    "04-06 pia": lambda book: book.subscribe("pia", PRO),
    "04-09 max": lambda book: book.set_card("max", works=False),
    "04-10 nina": lambda book: book.set_card("nina", works=False),
    "04-12 jade": lambda book: book.change("jade", PRO),
    "04-13 max": lambda book: book.set_card("max", works=True),
    "04-15 karl": lambda book: book.change("karl", PRO),
    "04-20 lea": lambda book: book.pause("lea"),
    "04-21 pia": lambda book: book.cancel("pia"),
    "04-25 omar": lambda book: book.refund("omar", 900),
    # May: karl's change and pia's end take effect
    "05-05 quin": lambda book: book.buy_api("quin"),
    "05-10 rosa": lambda book: book.sign_contract("rosa", 120_000),
    "05-12 sam": lambda book: book.try_out("sam", ""),
    "05-20 lea": lambda book: book.go_on("lea"),
    # June: ivan pays without a discount
    "06-03 sam": lambda book: book.subscribe("sam", STARTER),
    "06-08 tess": lambda book: book.subscribe("tess", PRO, YEAR),
    "06-10 quin": lambda book: book.subscribe("quin", STARTER),
    # July
    "07-08 pia": lambda book: book.subscribe("pia", STARTER),
    "07-09 tess": lambda book: book.change("tess", BUSINESS, YEAR),
    "07-15 rosa": lambda book: book.end_contract("rosa"),
}


async def _play(book: Book) -> None:
    await book.open()
    begin = datetime(FIRST.year, FIRST.month, FIRST.day, 6, tzinfo=UTC)
    await book.world.advance(begin - business_now())
    by_day = defaultdict[str, list[Act]](list)
    for name, act in ACTS.items():
        by_day[name.partition(" ")[0]].append(act)
    for day in range((LAST - FIRST).days + 1):
        for act in by_day.pop((FIRST + timedelta(days=day)).strftime("%m-%d"), []):
            await act(book)
            await book.settle()
        await book.world.advance(timedelta(days=1))
        await book.settle()
    assert not by_day


@dataclass(frozen=True)
class _Lived:
    rows: str
    offset: timedelta
    people: Mapping[str, Person]


_LIVED: list[_Lived] = []
"""Lived once in a process; each test begins with its rows."""


async def read_book(services: Services, database: OwnedDatabase) -> Mapping[str, Person]:
    """The people, over a database with the book's rows on 1 August 2027."""
    if not _LIVED:
        async with open_world(services, database) as world:
            book = Book(world)
            await _play(book)
            _LIVED.append(_Lived(await database.dump(), CLOCK.offset, book.people))
        await database.empty()
    lived = _LIVED[0]
    await database.load(lived.rows)
    CLOCK.reset()
    CLOCK.move_to_offset(lived.offset)
    return lived.people
