"""What each of the subscribers does, and when: two years of the demo's history."""

from collections.abc import Iterable, Iterator

from chenu.core.money import Cents
from chenu.demo.acts import (
    DECLINED_LATER,
    Act,
    Cancel,
    Change,
    NewCard,
    Refund,
    SignUp,
    Subscribe,
)
from chenu.demo.api_plan import BuyApiPlan
from chenu.demo.entries import Entry
from chenu.demo.subscribers import Ending, Subscriber
from chenu.demo.token_acts import BuyPack

_MONTH = 30.4
_TRIAL = 14.0
_THINKS = 0.02
"""Days from signing up to choosing a plan."""
_PACKS = ("pack_1k", "pack_100", "pack_10k")
_REASONS = ("too dear", "not enough time", "another tool", "the project has ended")
_GOODWILL = Cents(450)


def subscriber_entries(subscribers: Iterable[Subscriber]) -> list[Entry]:
    """All that they do, in no order."""
    return [entry for number, each in enumerate(subscribers) for entry in _live(number, each)]


def _live(number: int, one: Subscriber) -> Iterator[Entry]:
    begins = one.arrives + _THINKS
    pays = begins + _TRIAL * one.trial
    yield Entry(one.arrives, SignUp(one.person))
    yield Entry(begins, _begin(one))
    yield from _end(number, one, pays)
    if one.becomes is not None:
        yield Entry(pays + _MONTH * one.months - 6, Change(one.role, one.becomes, one.interval))
    if one.api_plan is not None:
        yield Entry(pays + 12, BuyApiPlan(one.role, one.api_plan, one.card))
    yield from _extras(number, one, pays)


def _begin(one: Subscriber) -> Act:
    return Subscribe(one.role, one.tier, one.first_card, one.interval, one.trial, one.code)


def _end(number: int, one: Subscriber, pays: float) -> Iterator[Entry]:
    if one.second_card_is_refused:
        yield Entry(pays + 20, NewCard(one.role, DECLINED_LATER))
    if one.ending is Ending.RECOVERS:
        yield Entry(pays + _MONTH + 2.4, NewCard(one.role, one.card))
    if one.ending in (Ending.LEAVES, Ending.RETURNS):
        leaves = pays + _MONTH * one.months - 4
        yield Entry(leaves, Cancel(one.role, _REASONS[number % len(_REASONS)]))
    if one.ending is Ending.RETURNS:
        yield Entry(pays + _MONTH * (one.months + 3), Subscribe(one.role, one.tier, one.card))


def _extras(number: int, one: Subscriber, pays: float) -> Iterator[Entry]:
    """A pack of tokens, or something back from the desk, now and then."""
    if one.ending is not Ending.STAYS:
        return
    if number % 9 == 7:
        yield Entry(pays + 20, BuyPack(one.role, _PACKS[number % len(_PACKS)], one.card))
    if number % 41 == 12:
        yield Entry(pays + 5, Refund(one.role, _GOODWILL, "Two days without an answer."))
