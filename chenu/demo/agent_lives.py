"""What becomes of agents in the demo's history: monthly ones, and those that are given back."""

from collections.abc import Mapping

from chenu.core.money import Cents
from chenu.demo.acts import Buy
from chenu.demo.agent_acts import CancelAgent, GiveAgentBack, LoseCard, RefundSale
from chenu.demo.entries import Entry

_WATCH = "veille-scientifique"
_MODERATOR = "gardien-de-communaute"
_SORTER = "trieur-de-factures"
_LATE = "The answer to a question took a week."


def agent_entries(cards: Mapping[str, str]) -> list[Entry]:
    """One is renewed, one cancelled and still usable, one overdue, one over; of two that were
    bought once, one goes back whole, and a part of the other.
    """
    return [
        Entry(14.4, Buy("business", _WATCH, cards["business"])),
        Entry(24.4, Buy("left", _WATCH, cards["left"])),
        Entry(36.5, CancelAgent("left", _WATCH)),
        Entry(58.4, Buy("affiliate", _MODERATOR, cards["affiliate"])),
        Entry(61.4, LoseCard("affiliate", _MODERATOR)),
        Entry(70.4, Buy("leaving", _MODERATOR, cards["leaving"])),
        Entry(87.6, CancelAgent("leaving", _MODERATOR)),
        Entry(80.5, RefundSale("creator", _SORTER, "gaelle", Cents(300), _LATE)),
        Entry(82.6, Buy("chiara", _SORTER, cards["chiara"])),
        Entry(86.5, GiveAgentBack("chiara", _SORTER)),
    ]
