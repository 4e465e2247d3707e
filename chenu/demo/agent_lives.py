"""Who subscribes to monthly agents in the demo's history, and what becomes of it."""

from collections.abc import Mapping

from chenu.demo.acts import Buy
from chenu.demo.agent_acts import CancelAgent, LoseCard
from chenu.demo.entries import Entry

_WATCH = "veille-scientifique"
_MODERATOR = "gardien-de-communaute"


def agent_entries(cards: Mapping[str, str]) -> list[Entry]:
    """One is renewed, one cancelled and still usable, one overdue, and one over."""
    return [
        Entry(14.4, Buy("business", _WATCH, cards["business"])),
        Entry(24.4, Buy("left", _WATCH, cards["left"])),
        Entry(36.5, CancelAgent("left", _WATCH)),
        Entry(58.4, Buy("affiliate", _MODERATOR, cards["affiliate"])),
        Entry(61.4, LoseCard("affiliate", _MODERATOR)),
        Entry(70.4, Buy("leaving", _MODERATOR, cards["leaving"])),
        Entry(87.6, CancelAgent("leaving", _MODERATOR)),
    ]
