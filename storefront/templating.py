"""One Jinja environment per language: our templates, catalogue, and formats of values."""

from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jinja2
from babel.dates import format_date, format_datetime, format_skeleton, format_timedelta
from markupsafe import Markup, escape

from chenu.agents.pricing import CREATOR_RATE, PLATFORM_RATE
from chenu.agents.search import COUNT_UP_TO
from chenu.core.i18n import LOCALES, Locale, catalogue, translate
from chenu.core.ids import new_id
from chenu.core.money import WHOLE, Cents, format_cents
from chenu.core.numbers import format_number, format_percent, format_signed
from chenu.core.site import current_site, product_name, renamed
from chenu.flows.invoice_words import describe_line
from chenu.support.business_hours import PARIS
from chenu.tokens.pack_terms import pack_terms
from chenu.tokens.packs import WARNING_PACK
from storefront import (
    discount_words,
    entitlement_words,
    ledger_words,
    moderation_words,
    pictures,
    roi_words,
    token_words,
    words,
)
from storefront.assets import asset_url
from storefront.brand_style import brand_style_url
from storefront.constant_texts import FILTER, ConstantTexts
from storefront.fragments import FragmentCache
from storefront.icons import draw_icon, draw_sphere
from storefront.roi_words import show_whole_euros
from storefront.status_words import show_availability
from storefront.user_agent import browser_name
from storefront.vocabulary import (
    capability_label,
    known_capabilities,
    known_permissions,
    permission_label,
)

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment(locale: Locale) -> jinja2.Environment:
    """With autoescape and strict undefined: an unknown name in a template raises an error."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", ConstantTexts],
    )
    messages = catalogue(locale)
    found.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _renamed(messages.gettext(text)),
        lambda one, many, count: _renamed(messages.ngettext(one, many, count)),
        newstyle=True,
    )
    fragments = FragmentCache(found)
    found.filters.update(_filters(locale), fragment=fragments.draw, fragments=fragments.draw_each)
    found.globals.update(_globals(locale))
    return found


def _globals(locale: Locale) -> dict[str, Any]:
    return {
        "locale": locale,
        "locales": LOCALES,
        "words": words,
        "moderation_words": moderation_words,
        "entitlement_words": entitlement_words,
        "discount_words": discount_words,
        "ledger_words": ledger_words,
        "pictures": pictures,
        "token_words": token_words,
        "roi_words": roi_words,
        "known_capabilities": known_capabilities(locale),
        "known_permissions": known_permissions(locale),
        "draw_icon": draw_icon,
        "draw_sphere": draw_sphere,
        "creator_rate": CREATOR_RATE,
        "platform_rate": PLATFORM_RATE,
        "count_up_to": COUNT_UP_TO,
        "warning_pack": WARNING_PACK,
        "warning_terms": pack_terms(locale),
        "new_key": lambda: new_id().hex,
        "product": product_name,
        "site": current_site,
        "brand_style_url": brand_style_url,
    }


def _filters(locale: Locale) -> dict[str, Any]:
    messages = catalogue(locale)
    return {
        "asset": asset_url,
        "availability": lambda thousandths: show_availability(thousandths, locale),
        "browser": browser_name,
        "cents": lambda amount: format_cents(Cents(amount), locale),
        "whole_euros": lambda amount: show_whole_euros(amount, locale),
        "plain": Markup.unescape,  # for fragments, which accept no trusted HTML
        "duration": lambda delta: format_timedelta(delta, threshold=1.5, locale=locale),
        "percent": lambda rate: format_percent(Decimal(rate) / WHOLE, locale),
        "number": lambda value: _show_number(locale, value),
        "signed": lambda value: format_signed(value, locale),
        "month": lambda day: format_skeleton("yMMMM", day, locale=locale),
        "date": lambda day: _show_day(day.date() if isinstance(day, datetime) else day, locale),
        "moment": lambda moment: format_datetime(moment, "d MMM y, HH:mm 'UTC'", locale=locale),
        "paris": lambda moment: format_datetime(
            moment, "d MMM y, HH:mm '(Paris)'", tzinfo=PARIS, locale=locale
        ),
        "invoice_line": lambda line: describe_line(line, locale),
        "say": lambda text: translate(locale, text),
        "capability": lambda tag: capability_label(tag, locale),
        "permission": lambda name: permission_label(name, locale),
        "sphere": lambda code: words.sphere_name(code, locale),
        "price": lambda agent: words.price_label(agent, locale),
        FILTER: lambda text: Markup(messages.gettext(text)) % {},  # noqa: S704 - our catalogue's
        "trusted_html": Markup,  # only for output of chenu.agents.markdown, which sanitises it
    }


@lru_cache(maxsize=4096)
def _show_number(locale: Locale, value: int | float) -> str:
    return format_number(value, locale)


@lru_cache(maxsize=4096)
def _show_day(day: date, locale: Locale) -> str:
    """Every card of a list has one."""
    return str(format_date(day, "long", locale=locale))


def _renamed(text: str) -> str:
    """Texts of ours are trusted; the name of somebody's brand is not."""
    return renamed(text, escape(product_name()))
