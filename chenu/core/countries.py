"""Countries by their ISO 3166 codes, named by Babel's copy of Unicode's data."""

from functools import cache

from babel import Locale as BabelLocale

from chenu.core.i18n import Locale

_NO_COUNTRIES = frozenset(
    {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"}
)
"""Groups of countries, tests and reserved codes."""


@cache
def list_countries(locale: Locale) -> list[tuple[str, str]]:
    """Code and name, by name."""
    named = BabelLocale(locale).territories
    codes = [code for code in map(str, named) if len(code) == 2 and code not in _NO_COUNTRIES]
    return sorted(((code, str(named[code])) for code in codes), key=lambda each: _folded(each[1]))


@cache
def country_codes() -> frozenset[str]:
    return frozenset(code for code, _ in list_countries("en"))


def _folded(name: str) -> str:
    """Accents do not move a name to the end."""
    return name.translate(str.maketrans("ÅÉÎåéî", "AEIaei")).casefold()
