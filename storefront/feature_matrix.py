"""The table of what each plan holds: every feature and tier, from the catalogue."""

from functools import lru_cache

import msgspec
from babel.numbers import format_decimal

from chenu.core.i18n import Locale, mark, translate
from chenu.core.site import product_name
from chenu.tiers.catalogue import GIGABYTE, TIERS, Feature, FeatureGrant
from storefront.entitlement_words import FEATURE_NAMES

_WITH_UNIT = {
    Feature.SPHERES: mark("{count} spheres"),
    Feature.THREADS: mark("{count} threads"),
    Feature.AGENTS: mark("{count} agents"),
    Feature.STORAGE_BYTES: mark("{count} GB"),
    Feature.TOKENS: mark("{count} a month"),
}
_UNITS = {Feature.STORAGE_BYTES: GIGABYTE}


class Cell(msgspec.Struct, frozen=True):
    """`limit` is empty for a feature that has none."""

    is_included: bool
    limit: str = ""


class MatrixRow(msgspec.Struct, frozen=True):
    """One cell for each tier, in the catalogue's order."""

    feature: Feature
    label: str
    cells: tuple[Cell, ...]


def feature_rows(locale: Locale) -> tuple[MatrixRow, ...]:
    return _rows(locale, product_name())


@lru_cache(maxsize=64)
def _rows(locale: Locale, _product: str) -> tuple[MatrixRow, ...]:
    """The words have the product's name."""
    return tuple(
        MatrixRow(
            feature,
            translate(locale, FEATURE_NAMES[feature]),
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
