"""The demo's people over three months, and the subscribers over two years: who does what on which
day. history.py says what for.
"""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from chenu.accounts.billing_details import BillingDetailsInput
from chenu.billing.recurring import BillingInterval
from chenu.core.money import Cents
from chenu.demo.acts import (
    DECLINED_LATER,
    NO_CARD,
    AskForOffer,
    AskSupport,
    Buy,
    Cancel,
    Change,
    Contract,
    FillInBilling,
    Refund,
    Resume,
    SignUp,
    Subscribe,
    Withdraw,
    own_card,
)
from chenu.demo.agent_lives import agent_entries
from chenu.demo.catalogue import Creator, load_creators, load_platform_agents
from chenu.demo.dispute_lives import dispute_entries
from chenu.demo.entries import Entry
from chenu.demo.opening import Arrive, OpenStore
from chenu.demo.people import BUYERS, CUSTOMERS, PEOPLE
from chenu.demo.runs import Runs, WorkDay
from chenu.demo.seed import sellers
from chenu.demo.subscriber_lives import subscriber_entries
from chenu.demo.subscribers import TWO_YEARS, list_subscribers
from chenu.demo.token_lives import run_bought_agents, token_entries
from chenu.demo.trade import trade_entries
from chenu.support.inquiries import InquiryInput
from chenu.tiers.catalogue import TierCode

DAYS = 92.0
_COMPANY = BillingDetailsInput(
    name="Atelier Benali SARL",
    line1="12 rue de la Paix",
    postal_code="75002",
    city="Paris",
    country="FR",
    tax_id="FR12000000000",
)
_INQUIRY = InquiryInput(
    name="Nora Keller",
    company="Keller SA",
    email="nora@keller.example",
    seats=60,
    message="We would like Enterprise for sixty people, with single sign-on.",
    locale="en",
)
_REQUEST = AskSupport(
    "business",
    "Factures au format Factur-X",
    "Notre comptable demande vos factures au format Factur-X. Est-ce prévu ?",
)
_STARTER, _PRO, _BUSINESS = TierCode.STARTER, TierCode.PRO, TierCode.BUSINESS


class Lives(msgspec.Struct, frozen=True):
    """`days` from the first entry to the end of the history; `entries` in order."""

    days: float
    entries: Sequence[Entry]


_FIRST = Entry(0, SignUp(next(person for person in PEOPLE if person.staff)))
"""The desk is there before anybody asks it."""


def two_years() -> Lives:
    """The whole history, the same every time: subscribers come, and at last the store opens."""
    opens_on = TWO_YEARS - DAYS
    subscribers = subscriber_entries(list_subscribers())
    later = [Entry(opens_on + entry.day, entry.act) for entry in three_months().entries]
    return Lives(TWO_YEARS, _until(TWO_YEARS, [_FIRST, *subscribers, *later]))


def choose_lives(days: float | None, subscribers: int | None) -> Lives:
    """The whole history; the first days since the store opened; or some subscribers alone."""
    if subscribers is not None:
        return some_subscribers(subscribers, days or TWO_YEARS)
    return three_months(min(days, DAYS)) if days else two_years()


def some_subscribers(count: int, days: float) -> Lives:
    """The first few of them alone, as they live in the first days of the whole history."""
    entries = [_FIRST, *subscriber_entries(list_subscribers()[:count])]
    return Lives(days, _until(days, entries))


def three_months(days: float | None = None) -> Lives:
    """From the day on which the store opens; or the first days of it only."""
    creators = load_creators()
    others = sellers(creators, PEOPLE)
    people = [*PEOPLE, *CUSTOMERS, *others, *BUYERS]
    cards = {person.role: own_card(number) for number, person in enumerate(people, start=1)}
    founders = [
        Subscribe(creator.email, _STARTER, cards[creator.email], _interval(number))
        for number, creator in enumerate(creators)
    ]
    purchases, questioned = _trade(cards, creators), dispute_entries(cards)
    entries = [
        Entry(0, Arrive(people)),
        *(Entry(0, founder) for founder in founders),
        Entry(0, OpenStore(creators, timedelta(days=days or DAYS))),
        *_printed(cards),
        *_customers(cards),
        *(Entry(day, purchase) for day, purchase in purchases),
        *_work(),
        *run_bought_agents(purchases),
        *token_entries(cards),
        *agent_entries(cards),
        *_join(cards),
        *questioned,
        *trade_entries(cards, creators, [*BUYERS, *others], questioned),
    ]
    return Lives(days or DAYS, _until(days or DAYS, entries))


def _until(end: float, entries: Sequence[Entry]) -> list[Entry]:
    return sorted((each for each in entries if each.day < end), key=lambda each: each.day)


def _interval(number: int) -> BillingInterval:
    return BillingInterval.YEAR if number % 4 == 3 else BillingInterval.MONTH


def _printed(cards: dict[str, str]) -> list[Entry]:
    return [
        Entry(0.6, Contract("enterprise", Cents(1_200_000), 40)),
        Entry(90.4, AskForOffer(_INQUIRY)),
        Entry(91.65, _REQUEST),
        Entry(12.5, FillInBilling("business", _COMPANY)),
        Entry(0.4, Subscribe("staff", _STARTER, cards["staff"])),
        Entry(2.3, Subscribe("pro", _PRO, cards["pro"])),
        Entry(4.5, Subscribe("starter", _STARTER, cards["starter"], trial=True)),
        Entry(8.4, Subscribe("left", _STARTER, cards["left"], trial=True)),
        Entry(10.6, Subscribe("business", _BUSINESS, cards["business"])),
        Entry(20.4, Subscribe("affiliate", _STARTER, cards["affiliate"])),
        Entry(40.4, Change("affiliate", _STARTER, BillingInterval.YEAR)),
        Entry(30.7, Cancel("left", "not for me")),
        Entry(33.6, Subscribe("downgrade", _PRO, cards["downgrade"])),
        Entry(45.4, Change("downgrade", _BUSINESS)),
        Entry(88.5, Change("downgrade", _PRO)),
        Entry(41.5, Subscribe("leaving", _PRO, cards["leaving"])),
        Entry(74.4, Subscribe("past-due", _STARTER, DECLINED_LATER, trial=True)),
        Entry(84.6, Subscribe("trial", _PRO, NO_CARD, trial=True)),
        Entry(80.5, Subscribe("withdrew", _PRO, cards["withdrew"], code="LAUNCH50")),
        Entry(85.5, Withdraw("withdrew")),
        Entry(87.5, Cancel("leaving", "a colleague has it")),
    ]


_CODES = {0: "CHENU20", 4: "Q1DEAL", 6: "LAUNCH50"}
"""Which of the customers typed a code."""


def _customers(cards: dict[str, str]) -> list[Entry]:
    """They come over the months; some begin with a trial, one wavers, one leaves."""
    plans = (_STARTER, _STARTER, _PRO, _STARTER, _PRO, _BUSINESS, _STARTER, _PRO)
    begun = [
        Entry(
            3.35 + 9 * number,
            Subscribe(
                person.role,
                plan,
                cards[person.role],
                trial=number % 3 == 1,
                code=_CODES.get(number),
            ),
        )
        for number, (person, plan) in enumerate(zip(CUSTOMERS, plans, strict=True))
    ]
    return [
        *begun,
        Entry(40.5, Change("basile", _PRO)),
        Entry(60.5, Refund("basile", Cents(500), "Two days without an answer.")),
        Entry(53.5, Cancel("chiara", "too dear")),
        Entry(55.5, Resume("chiara")),
        Entry(64.5, Cancel("david", "the project has ended")),
    ]


def _join(cards: dict[str, str]) -> list[Entry]:
    """Buyers pay for a plan by the year before they buy their first agent."""
    return [
        Entry(
            0.5 + number / 10,
            Subscribe(person.role, _STARTER, cards[person.role], BillingInterval.YEAR),
        )
        for number, person in enumerate(BUYERS)
    ]


_BUYERS = {person.role: 4 + 9 * number for number, person in enumerate(CUSTOMERS)}
"""From which day on; david, who leaves, buys nothing."""
del _BUYERS["david"]

_OLD_ENOUGH = 95
"""Sold are agents that were published before the history begins."""


def _trade(cards: dict[str, str], creators: Sequence[Creator]) -> list[tuple[float, Buy]]:
    """Customers buy agents that are paid once, one every day or so, on these days."""
    agents = [
        agent.slug
        for creator in creators
        for agent in creator.agents
        if agent.price_cents and not agent.monthly and agent.published_days_ago > _OLD_ENOUGH
    ]
    chosen: dict[tuple[str, str], float] = {}
    for day in range(5, 91):
        present = [role for role, since in _BUYERS.items() if since < day]
        role, slug = present[day * 5 % len(present)], agents[day * 7 % len(agents)]
        chosen.setdefault((role, slug), day + (day * 37 % 60) / 100)
    return [(day, Buy(role, slug, cards[role])) for (role, slug), day in chosen.items()]


_WORKERS = {
    "amina": (4, "L0"),
    "pro": (3, "L2"),
    "starter": (5, "L1"),
    "business": (11, "L3"),
    "chiara": (22, "L2"),
    "esther": (41, "L1"),
    "fabio": (50, "L3"),
    "enterprise": (2, "L3"),
    "affiliate": (21, "L1"),
    "downgrade": (34, "L2"),
}
"""From which day on they run agents, and up to which level."""
_WEEK = 7
_WORK_DAYS = 5
_AGENTS_EACH = 6


def _work() -> list[Entry]:
    """Agents of their plans, on five days of seven, more often as the months go by."""
    entries = []
    for day in range(3, int(DAYS)):
        people = [
            Runs(role, _choose(day, number, level))
            for number, (role, (since, level)) in enumerate(_WORKERS.items())
            if since < day
        ]
        if people and day % _WEEK < _WORK_DAYS:
            entries.append(Entry(day + 0.72, WorkDay(day, people)))
    return entries


def _choose(day: int, number: int, level: str) -> list[str]:
    """One to six runs; each person has a few agents of their own."""
    able = [agent.slug for agent in load_platform_agents() if agent.level == level]
    own = [able[(number * 11 + place * 3) % len(able)] for place in range(_AGENTS_EACH)]
    count = 1 + (day * 5 + number * 3) % 4 + day // 40
    return [own[(day + place * place) % _AGENTS_EACH] for place in range(count)]
