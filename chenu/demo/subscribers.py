"""The many who come to plans over two years of the demo's history; nobody of them is printed."""

from enum import StrEnum
from math import isqrt

import msgspec

from chenu.billing.recurring import BillingInterval
from chenu.demo.acts import NO_CARD, own_card
from chenu.demo.people import DemoPerson
from chenu.metering.plans import ApiPlanCode
from chenu.tiers.catalogue import TierCode

TWO_YEARS = 730.0
COUNT = 320
_LAST_ARRIVAL = 718
_FIRST_CARD = 2_000
_FIRST_NAMES = (
    *("Adèle", "Alban", "Anouk", "Aurélien", "Blanche", "Bastien", "Capucine", "Cédric"),
    *("Colette", "Damien", "Elina", "Fabrice", "Flavie", "Gabin", "Garance", "Guillaume"),
    *("Héloïse", "Ilyes", "Jade", "Joachim", "Justine", "Killian", "Lison", "Loïc"),
    *("Maëlle", "Marius", "Ninon", "Octave", "Romane", "Soline", "Thibault", "Valentin"),
    *("Yasmine", "Zoé", "Ambre", "Côme", "Denis", "Emma", "Faustine", "Gaspard"),
)
_LAST_NAMES = ("Aubert", "Blin", "Carlier", "Delmas", "Evrard", "Fleury", "Guyot", "Humbert")
_ASCII = str.maketrans("àâäçéèêëîïôöùûü", "aaaceeeeiioouuu")
_STARTER, _PRO, _BUSINESS = TierCode.STARTER, TierCode.PRO, TierCode.BUSINESS
_PLANS = (_STARTER, _PRO, _STARTER, _STARTER, _PRO, _STARTER, _BUSINESS, _STARTER, _PRO, _STARTER)
_CODES = {5: "CHENU20", 11: "Q1DEAL", 17: "LAUNCH50"}
_CODE_EVERY = 23


class Ending(StrEnum):
    """How a subscription ends, if it does."""

    STAYS = "STAYS"
    LEAVES = "LEAVES"
    RETURNS = "RETURNS"
    LAPSES = "LAPSES"
    FAILS = "FAILS"
    RECOVERS = "RECOVERS"


_REFUSED = (Ending.FAILS, Ending.RECOVERS)


class Subscriber(msgspec.Struct, frozen=True):
    """`arrives`: the day of signing up. `months` pass until the plan is left or changed."""

    person: DemoPerson
    card: str
    arrives: float
    tier: TierCode
    interval: BillingInterval
    trial: bool
    code: str | None
    ending: Ending
    months: int
    becomes: TierCode | None
    api_plan: ApiPlanCode | None

    @property
    def role(self) -> str:
        return self.person.role

    @property
    def first_card(self) -> str:
        """The one that is given where the plan begins."""
        return NO_CARD if self.ending is Ending.LAPSES else self.card

    @property
    def second_card_is_refused(self) -> bool:
        """Not the first: a trial would be refused, since they share it and each card has one."""
        return self.ending in _REFUSED


def list_subscribers() -> list[Subscriber]:
    """The same every time; more of them in each month than in the one before."""
    return [_subscriber(number) for number in range(COUNT)]


def _subscriber(number: int) -> Subscriber:
    ending = _ending(number)
    trial = ending is Ending.LAPSES or (number % 5 in (1, 3) and ending not in _REFUSED)
    yearly = number % 6 == 4 and ending is Ending.STAYS
    return Subscriber(
        person=_person(number),
        card=own_card(_FIRST_CARD + number),
        arrives=_arrival(number),
        tier=_PLANS[number % len(_PLANS)],
        interval=BillingInterval.YEAR if yearly else BillingInterval.MONTH,
        trial=trial,
        code=None if yearly else _CODES.get(number % _CODE_EVERY),
        ending=ending,
        months=1 + number * 7 % 11,
        becomes=_other_tier(number) if ending is Ending.STAYS and not yearly else None,
        api_plan=ApiPlanCode.BASIC if number % 31 == 8 and ending is Ending.STAYS else None,
    )


def _ending(number: int) -> Ending:
    if number % 13 == 6:
        return Ending.LAPSES
    if number % 29 == 10:
        return Ending.FAILS
    if number % 29 == 20:
        return Ending.RECOVERS
    if number % 37 == 5:
        return Ending.RETURNS
    return Ending.LEAVES if number % 5 in (2, 3) else Ending.STAYS


def _other_tier(number: int) -> TierCode | None:
    """One of seven wants more, one of nineteen less."""
    tier = _PLANS[number % len(_PLANS)]
    if number % 7 == 0:
        return {_STARTER: _PRO, _PRO: _BUSINESS}.get(tier)
    if number % 19 == 0:
        return {_PRO: _STARTER, _BUSINESS: _PRO}.get(tier)
    return None


def _arrival(number: int) -> float:
    """In days, always between 8 and 20 o'clock."""
    # Evenly growing density: the square of the day is proportional to the number.
    day = isqrt((number + 1) * _LAST_ARRIVAL * _LAST_ARRIVAL // COUNT)
    return day + (33 + number * 17 % 50) / 100 + number % 3 / 1000


def _person(number: int) -> DemoPerson:
    first = _FIRST_NAMES[number % len(_FIRST_NAMES)]
    last = _LAST_NAMES[number // len(_FIRST_NAMES) % len(_LAST_NAMES)]
    role = f"{first}.{last}".lower().translate(_ASCII)
    return DemoPerson(role, f"{first} {last}", locale="en" if number % 4 == 0 else "fr")
