"""How pages show what an account may: names of features and sources, and amounts."""

from decimal import Decimal

from babel.numbers import format_decimal

from chenu.core.i18n import Locale, mark, translate
from chenu.tiers.catalogue import GIGABYTE, EntitlementSource, Feature

FEATURE_NAMES = {
    Feature.SPHERES: mark("Spheres of life and work"),
    Feature.THREADS: mark("Threads"),
    Feature.AGENTS: mark("Agents of CHE·NU"),
    Feature.STORAGE_BYTES: mark("Storage"),
    Feature.TOKENS: mark("Tokens"),
    Feature.MOBILE_PWA: mark("App on the phone"),
    Feature.QUICK_CAPTURE: mark("Quick capture"),
    Feature.API_ACCESS: mark("API keys"),
    Feature.MARKETPLACE: mark("Buy and sell agents"),
    Feature.CUSTOM_AGENTS: mark("Private agents of your own"),
    Feature.SSO: mark("Single sign-on"),
    Feature.WHITE_LABEL: mark("Your own brand"),
    Feature.SLA: mark("99.9 % availability, guaranteed"),
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
