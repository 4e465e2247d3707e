"""How pages show what an account may: names of features and sources, and amounts."""

from decimal import Decimal

from babel.numbers import format_decimal

from chenu.core.i18n import Locale, mark, translate
from chenu.tiers.catalogue import GIGABYTE, EntitlementSource, Feature
from storefront.words import FEATURES

FEATURE_NAMES = {
    Feature.SPHERES: mark("Spheres"),
    Feature.THREADS: mark("Threads"),
    Feature.AGENTS: mark("Agents of CHE·NU"),
    Feature.STORAGE_BYTES: mark("Storage"),
    Feature.TOKENS: mark("Tokens a month"),
    Feature.MOBILE_PWA: mark("Mobile app"),
    Feature.QUICK_CAPTURE: mark("Quick capture"),
    **FEATURES,
}
SOURCES = {
    EntitlementSource.TIER: mark("Plan"),
    EntitlementSource.OVERRIDE: mark("Agreed with us"),
    EntitlementSource.API_PLAN: mark("API plan"),
}


def feature_choices(locale: Locale) -> list[tuple[str, str]]:
    return [(feature, translate(locale, FEATURE_NAMES[feature])) for feature in Feature]


def show_amount(feature: Feature, amount: int, locale: Locale) -> str:
    """A number; of storage the gigabytes, down to a thousandth."""
    if feature is not Feature.STORAGE_BYTES:
        return format_decimal(amount, locale=locale)
    size = format_decimal(Decimal(amount) / GIGABYTE, format="#,##0.###", locale=locale)
    return translate(locale, mark("{size} GB"), size=size)
