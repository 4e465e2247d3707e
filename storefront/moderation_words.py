"""Decisions of staff and appeals against them, as texts to translate."""

from chenu.core.i18n import Locale, mark, translate
from chenu.moderation.model import AppealState
from chenu.moderation.words import DECISIONS, GROUNDS

__all__ = ["APPEAL_STATES", "DECISIONS", "GROUNDS", "ground_choices"]

APPEAL_STATES = {
    AppealState.WAITING: mark("Somebody else reads your appeal"),
    AppealState.UPHELD: mark("The decision stands"),
    AppealState.OVERTURNED: mark("The decision is taken back"),
}


def ground_choices(locale: Locale) -> list[tuple[str, str]]:
    """None is chosen beforehand."""
    grounds = [(ground.value, translate(locale, words)) for ground, words in GROUNDS.items()]
    return [("", "–"), *grounds]
