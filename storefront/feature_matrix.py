"""The table of what each plan holds: every feature and tier, from the catalogue."""

from dataclasses import dataclass
from functools import cache

from babel.numbers import format_decimal

from chenu.core.i18n import Locale, mark, translate
from chenu.tiers.catalogue import GIGABYTE, TIERS, Feature, FeatureGrant

FEATURES = {
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
_WITH_UNIT = {
    Feature.SPHERES: mark("{count} spheres"),
    Feature.THREADS: mark("{count} threads"),
    Feature.AGENTS: mark("{count} agents"),
    Feature.STORAGE_BYTES: mark("{count} GB"),
    Feature.TOKENS: mark("{count} a month"),
}
_UNITS = {Feature.STORAGE_BYTES: GIGABYTE}


@dataclass(frozen=True, slots=True)
class Cell:
    """`limit` is empty for a feature that has none."""

    is_included: bool
    limit: str = ""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One cell for each tier, in the catalogue's order."""

    feature: Feature
    label: str
    cells: tuple[Cell, ...]


@cache
def feature_rows(locale: Locale) -> tuple[MatrixRow, ...]:
    return tuple(
        MatrixRow(
            feature,
            translate(locale, FEATURES[feature]),
            tuple(_cell(tier.grant(feature), locale) for tier in TIERS),
        )
        for feature in Feature
    )


def _cell(grant: FeatureGrant, locale: Locale) -> Cell:
    return Cell(grant.enabled, _limit(grant, locale))


def _limit(grant: FeatureGrant, locale: Locale) -> str:
    if not grant.enabled or grant.feature not in _WITH_UNIT:
        return ""
    if grant.limit is None:
        return translate(locale, mark("Unlimited"))
    count = format_decimal(grant.limit // _UNITS.get(grant.feature, 1), locale=locale)
    return translate(locale, _WITH_UNIT[grant.feature], count=count)
