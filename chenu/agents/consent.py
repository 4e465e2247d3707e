"""The sentences that a buyer accepts, by version: immediate supply and the right of withdrawal.

Directive 2011/83/EU art. 16(m). A changed text is a new version; old ones stay for old receipts.
"""

import msgspec

from chenu.core.i18n import Locale

CURRENT_VERSION = "2026-11-01"


class ConsentText(msgspec.Struct, frozen=True):
    """Both sentences in one language."""

    immediate_supply: str
    withdrawal: str


_TEXTS: dict[tuple[str, Locale], ConsentText] = {
    ("2026-11-01", "fr"): ConsentText(
        "Je demande que l’agent soit mis à ma disposition immédiatement, avant la fin du délai de "
        "rétractation de 14 jours.",
        "Je reconnais que je perds mon droit de rétractation dès la première utilisation de "
        "l’agent, c’est-à-dire dès que son manifeste est ouvert ou qu’une exécution est autorisée.",
    ),
    ("2026-11-01", "en"): ConsentText(
        "I ask for the agent to be supplied at once, before the 14-day withdrawal period ends.",
        "I acknowledge that I lose my right of withdrawal with the first use of the agent, that "
        "is when its manifest is opened or an execution is authorised.",
    ),
}


def consent_text(locale: Locale, version: str = CURRENT_VERSION) -> ConsentText:
    return _TEXTS[version, locale]
