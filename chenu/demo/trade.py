"""Who buys which agents in the demo's history, and what the buyers say of them.

Each sale is paid on Stripe's page, so that installs, earnings and balances add up.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from math import isqrt

import msgspec

from chenu.demo.acts import Buy
from chenu.demo.agent_acts import CancelAgent
from chenu.demo.catalogue import Creator, MarketplaceAgent
from chenu.demo.catalogue.reviews import SeedReview, load_reviews
from chenu.demo.entries import Entry
from chenu.demo.people import DemoPerson
from chenu.demo.review_acts import Reply, Review

_FIRST_DAY, _LAST_DAY = 5, 90
_MONTHLY_FROM = 31
"""Whoever pays by the month came later: each month of theirs is an invoice."""
_READ_AFTER = (3, 8, 2, 6)
"""Days from buying to reviewing, in turn."""
_EVERY_TWELFTH = 12
_STAYING = 4
_STRIDE = 7
"""From one buyer of an agent to the next: it divides no number of people that there are."""


class Sale(msgspec.Struct, frozen=True):
    """`day` as in Entry."""

    day: float
    agent: MarketplaceAgent
    seller: Creator
    buyer: DemoPerson


def plan_sales(
    creators: Sequence[Creator], buyers: Sequence[DemoPerson], taken: Container[tuple[str, str]]
) -> list[Sale]:
    """Every agent that is on sale is bought, some by nearly everybody; nobody buys their own.

    `taken`: buyers with the agents that they buy at some other time.
    """
    agents = [(creator, agent) for creator in creators for agent in creator.agents]
    return [
        Sale(_day_of(agent, number, turn), agent, creator, buyer)
        for number, (creator, agent) in enumerate(agents)
        for turn, buyer in enumerate(_choose(creator, buyers, number))
        if (buyer.role, agent.slug) not in taken
    ]


def _choose(creator: Creator, buyers: Sequence[DemoPerson], number: int) -> list[DemoPerson]:
    able = [person for person in buyers if person.role != creator.email]
    places = (number * 5 + turn * _STRIDE for turn in range(_popularity(number)))
    return [able[place % len(able)] for place in places]


def _popularity(number: int) -> int:
    """From a few buyers to most of them, the same in every history."""
    return 5 + (number * number + 3 * number) % 7 + 13 * (number % _EVERY_TWELFTH == 0)


def _day_of(agent: MarketplaceAgent, number: int, turn: int) -> float:
    """After the agent was published, more often towards the end."""
    first = max(_FIRST_DAY, _MONTHLY_FROM * agent.monthly, 93 - agent.published_days_ago)
    span = _LAST_DAY - first
    step = (number * 311 + turn * 1777) % (span * span)
    return first + isqrt(step) + (number * 37 + turn * 23) % 60 / 100 + 0.3


def trade_entries(
    cards: Mapping[str, str],
    creators: Sequence[Creator],
    buyers: Sequence[DemoPerson],
    others: Iterable[Entry],
) -> list[Entry]:
    """Besides what those buyers do in the other entries."""
    acts = (entry.act for entry in others)
    taken = {(act.role, act.slug) for act in acts if isinstance(act, Buy)}
    sales = plan_sales(creators, buyers, taken)
    bought = [Entry(each.day, _buy(each, cards)) for each in sales]
    return [*bought, *_leave(sales), *_review(sales)]


def _buy(sale: Sale, cards: Mapping[str, str]) -> Buy:
    return Buy(sale.buyer.role, sale.agent.slug, cards[sale.buyer.role])


def _leave(sales: Iterable[Sale]) -> list[Entry]:
    """Three of four who pay by the month end it soon, and have it until the end of their month.

    So that a demo whose time is moved on by months renews a few, not hundreds.
    """
    by_month = sorted((sale for sale in sales if sale.agent.monthly), key=lambda each: each.day)
    leaving = [sale for number, sale in enumerate(by_month) if number % _STAYING]
    return [
        Entry(min(sale.day + 6, _LAST_DAY + 1.4), CancelAgent(sale.buyer.role, sale.agent.slug))
        for sale in leaving
    ]


def _review(sales: Sequence[Sale]) -> list[Entry]:
    """Each review by another of the agent's buyers, if possible one who speaks its language."""
    entries: list[Entry] = []
    written: set[tuple[str, str]] = set()
    for number, review in enumerate(load_reviews()):
        sale = _find_author(sales, review, written)
        written.add((sale.agent.slug, sale.buyer.role))
        day = min(sale.day + _READ_AFTER[number % len(_READ_AFTER)], _LAST_DAY + 1.3)
        act = Review(sale.buyer.role, review.agent, review.stars, review.text)
        entries.append(Entry(day, act))
        if review.reply:
            reply = Reply(sale.seller.email, sale.buyer.role, review.agent, review.reply)
            entries.append(Entry(day + 0.6, reply))
    return entries


def _find_author(sales: Iterable[Sale], review: SeedReview, written: set[tuple[str, str]]) -> Sale:
    able = [
        sale
        for sale in sales
        if sale.agent.slug == review.agent and (sale.agent.slug, sale.buyer.role) not in written
    ]
    return min(able, key=lambda sale: sale.buyer.locale != review.language)
