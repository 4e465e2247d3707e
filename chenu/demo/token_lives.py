"""What the demo's people do about tokens and ROI, day by day. lives.py has their plans."""

from collections.abc import Mapping, Sequence

from chenu.core.money import Cents
from chenu.demo.acts import Buy
from chenu.demo.entries import Entry
from chenu.demo.runs import Runs, WorkDay
from chenu.demo.token_acts import (
    BuyPack,
    GiveBackPack,
    LimitAgent,
    MakeKey,
    Program,
    ProgramSpends,
    RefundAtStripe,
    RefundPack,
    Spend,
    TryAgent,
    ValueHours,
)

_WEEK = 7
_WORK_DAYS = 5
_RUNS_OF_BOUGHT = 1000
"""Numbers of days from here on are those of agents that were bought."""
_LIMITED = "du-contact-a-la-signature"
"""One of those that `business` runs every day or two."""


def token_entries(cards: Mapping[str, str]) -> list[Entry]:
    return [
        *_buy_packs(cards),
        *_owe_tokens(cards),
        *_use_up_budgets(),
        *_change_plans_with_tokens_left(),
        *_try_agents(),
        *_limit_tokens(),
    ]


def _buy_packs(cards: Mapping[str, str]) -> list[Entry]:
    """One that is being used, one given back in part by its buyer, one by the support desk."""
    return [
        Entry(73.4, BuyPack("starter", "pack_1k", cards["starter"])),
        Entry(86.2, Spend("withdrew", 500, "Lettres de motivation")),
        Entry(86.4, BuyPack("withdrew", "pack_1k", cards["withdrew"])),
        Entry(87.3, Spend("withdrew", 400, "Relecture d'un mémoire", 2)),
        Entry(89.4, GiveBackPack("withdrew")),
        Entry(66.5, BuyPack("chiara", "pack_1k", cards["chiara"])),
        Entry(85.4, RefundPack("chiara", "Bought by mistake, and not used.")),
    ]


def _owe_tokens(cards: Mapping[str, str]) -> list[Entry]:
    """Packs returned at Stripe after they were used: a debt that is there, and one of before."""
    return [
        Entry(84.3, Spend("left", 500, "Bilan de l'année")),
        Entry(84.5, BuyPack("left", "pack_1k", cards["left"])),
        Entry(86.3, Spend("left", 900, "Traduction d'un catalogue", 2)),
        Entry(88.3, RefundAtStripe("left")),
        Entry(40.3, Spend("fabio", 500, "Programme of a festival")),
        Entry(40.5, BuyPack("fabio", "pack_100", cards["fabio"])),
        Entry(41.3, Spend("fabio", 100, "Programme of a festival", 2)),
        Entry(43.3, RefundAtStripe("fabio")),
    ]


def _use_up_budgets() -> list[Entry]:
    """Most of one, and all of another."""
    campaigns = [
        Entry(day + 0.3, Spend("leaving", 4_000 if day == 89 else 4_200, "Campaign", day))
        for day in (74, 77, 80, 83, 86, 89)
    ]
    return [*campaigns, Entry(90.45, Spend("starter", 1_400, "Traduction du site"))]


def _change_plans_with_tokens_left() -> list[Entry]:
    """Both change plans soon after: what is left goes on."""
    return [
        Entry(30.3, Spend("affiliate", 1_800, "Calendrier éditorial")),
        Entry(38.3, Spend("downgrade", 4_000, "Appel d'offres")),
    ]


def _try_agents() -> list[Entry]:
    """All three tries of one agent, and one of another."""
    return [
        Entry(85.6, TryAgent("trial", "devis-de-chantier")),
        Entry(85.7, TryAgent("trial", "devis-de-chantier", 2)),
        Entry(86.6, TryAgent("trial", "devis-de-chantier", 3)),
        Entry(89.6, TryAgent("trial", "rapport-d-intervention")),
    ]


def _limit_tokens() -> list[Entry]:
    """Of a key, whose soft limit is passed, and of an agent, which has reached its hard one.

    Both count by calendar month: on the last day comes enough for any month.
    """
    program = Program("business", "Comptabilité")
    spends = [
        Entry(day + 0.25, ProgramSpends(program, 150, "Rapprochement bancaire", day))
        for day in range(61, 91)
        if day % _WEEK < _WORK_DAYS
    ]
    return [
        Entry(30.6, ValueHours("business", Cents(8000), 25)),
        Entry(60.4, MakeKey(program, soft=300, hard=5_000)),
        *spends,
        Entry(91.25, ProgramSpends(program, 350, "Clôture du mois", 91)),
        Entry(72.4, LimitAgent("business", _LIMITED, soft=3_000, hard=4_000)),
        Entry(91.3, WorkDay(2 * _RUNS_OF_BOUGHT, [Runs("business", [_LIMITED] * 12)])),
    ]


def run_bought_agents(purchases: Sequence[tuple[float, Buy]]) -> list[Entry]:
    """Buyers run what they bought, one agent a day: its creator sees how it does."""
    entries: list[Entry] = []
    for day in range(5, 92):
        owned: dict[str, list[str]] = {}
        for bought, purchase in purchases:
            if bought < day:
                owned.setdefault(purchase.role, []).append(purchase.slug)
        people = [Runs(role, [slugs[day % len(slugs)]]) for role, slugs in owned.items()]
        if people and day % _WEEK < _WORK_DAYS:
            entries.append(Entry(day + 0.78, WorkDay(_RUNS_OF_BOUGHT + day, people)))
    return entries
