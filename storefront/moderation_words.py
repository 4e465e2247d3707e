"""Decisions of staff and appeals against them, as texts to translate."""

from chenu.core.i18n import Locale, mark
from chenu.moderation.model import AppealState
from chenu.moderation.words import DECISIONS, GROUNDS
from storefront.forms import list_options

__all__ = ["APPEAL_STATES", "DECISIONS", "GROUNDS", "ground_choices"]

APPEAL_STATES = {
    AppealState.WAITING: mark("Somebody else reads your appeal"),
    AppealState.UPHELD: mark("The decision stands"),
    AppealState.OVERTURNED: mark("The decision is taken back"),
}


def ground_choices(locale: Locale) -> list[tuple[str, str]]:
    return list_options(GROUNDS, locale)
