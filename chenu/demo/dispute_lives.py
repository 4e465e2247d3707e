"""Sales of the demo's history that banks question, and those that are given back."""

from collections.abc import Mapping

from chenu.core.money import Cents
from chenu.demo.acts import Buy
from chenu.demo.agent_acts import GiveAgentBack, RefundSale
from chenu.demo.dispute_acts import (
    FRAUDULENT,
    INQUIRY,
    NOT_RECEIVED,
    WARNED,
    AnswerBank,
    BankDecides,
    DecideWarning,
)
from chenu.demo.entries import Entry

_LEASES, _SUBTITLES, _DECISIONS = "relecteur-de-baux", "sous-titres-justes", "decision-log"
_QUOTES, _SITES, _PRIVACY = "devis-de-chantier", "planning-de-chantier", "registre-rgpd"
_USED = (
    "L’acheteur a ouvert l’agent le jour de l’achat et s’en est servi depuis ; les conditions "
    "acceptées avant le paiement sont jointes."
)
_DELIVERED = (
    "L’agent était dans la bibliothèque de l’acheteur dès le paiement, et son reçu lui a été "
    "envoyé à la même minute. Il ne nous a jamais écrit."
)
_EXPLAINED = (
    "The name on the statement is the marketplace’s, not ours. The buyer has confirmed by mail "
    "that the purchase is theirs."
)


def dispute_entries(cards: Mapping[str, str]) -> list[Entry]:
    """One lost, one won, an inquiry closed, and one that its creator has yet to answer."""
    return [
        Entry(22.4, Buy("romain", _LEASES, FRAUDULENT)),
        Entry(24.5, AnswerBank("contact.lex", "romain", _LEASES, _USED)),
        Entry(33.4, BankDecides("romain", _LEASES, "lost")),
        Entry(41.4, Buy("gwen", _SUBTITLES, NOT_RECEIVED)),
        Entry(43.6, AnswerBank("b.castellani", "gwen", _SUBTITLES, _DELIVERED)),
        Entry(52.4, BankDecides("gwen", _SUBTITLES, "won")),
        Entry(58.4, Buy("sanne", _DECISIONS, INQUIRY)),
        Entry(59.6, AnswerBank("sofia.l", "sanne", _DECISIONS, _EXPLAINED)),
        Entry(66.4, BankDecides("sanne", _DECISIONS, "warning_closed")),
        Entry(88.4, Buy("quentin", _SITES, NOT_RECEIVED)),
        *_warnings(),
        *_refunds(cards),
    ]


def _warnings() -> list[Entry]:
    """Of early fraud: one that staff decided about, and one that waits for them."""
    calm = "The buyer answered our call and has used the agent: nothing to return."
    return [
        Entry(70.4, Buy("dorian", _QUOTES, WARNED)),
        Entry(71.5, DecideWarning(calm)),
        Entry(89.4, Buy("oscar", _PRIVACY, WARNED)),
    ]


def _refunds(cards: Mapping[str, str]) -> list[Entry]:
    """By a buyer, by creators in part and whole, and by the support desk."""
    late = "The answer to a question took ten days."
    other = "It does not read scanned leases, and the page did not say so."
    twice = "Bought for a colleague who had it already."
    return [
        Entry(28.4, Buy("ismael", "muse", cards["ismael"])),
        Entry(30.5, GiveAgentBack("ismael", "muse")),
        Entry(47.4, Buy("hanna", "incoterms-desk", cards["hanna"])),
        Entry(51.5, RefundSale("office.kb", "incoterms-desk", "hanna", Cents(600), late)),
        Entry(62.4, Buy("kaat", _LEASES, cards["kaat"])),
        Entry(65.5, RefundSale("contact.lex", _LEASES, "kaat", None, other)),
        Entry(77.4, Buy("maeve", "supplier-scorecard", cards["maeve"])),
        Entry(79.5, RefundSale("staff", "supplier-scorecard", "maeve", None, twice)),
    ]
