"""What a buyer of a pack agrees to, by version: tokens at once, and what a withdrawal returns.

Directive 2011/83/EU art. 7(3), 8(8) and 14(3); docs/decisions/0036. A changed text is a new
version; old ones stay for old receipts.
"""

from chenu.core.i18n import Locale

CURRENT_TERMS = "2026-11-28"

_TEXTS: dict[tuple[str, Locale], tuple[str, str]] = {
    ("2026-11-28", "fr"): (
        "En achetant, je demande que les jetons soient utilisables immédiatement, avant la fin du "
        "délai de rétractation de 14 jours.",
        "Pendant ces 14 jours, je peux me rétracter : le prix des jetons de base qui ne sont pas "
        "dépensés m’est rendu, et je paie ceux que j’ai dépensés.",
    ),
    ("2026-11-28", "en"): (
        "By buying I ask for the tokens to be usable at once, before the 14-day withdrawal period "
        "ends.",
        "Within these 14 days I may withdraw: the price of the base tokens that are not spent "
        "comes back to me, and I pay for those that I spent.",
    ),
}


def pack_terms(locale: Locale, version: str = CURRENT_TERMS) -> tuple[str, str]:
    """The sentences beside the button, which the receipt repeats."""
    return _TEXTS[version, locale]
