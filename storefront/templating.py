"""Jinja, one environment a language: our templates, our catalogue, and how values are shown."""

from collections.abc import Callable, MutableMapping
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jinja2
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent
from jinja2 import nodes
from jinja2.compiler import CodeGenerator
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from chenu.agents.pricing import CREATOR_RATE, PLATFORM_RATE
from chenu.agents.search import COUNT_UP_TO
from chenu.core.i18n import LOCALES, Locale, catalogue
from chenu.core.money import WHOLE, Cents, format_cents
from storefront import words
from storefront.assets import asset_url
from storefront.fragments import FragmentCache
from storefront.icons import draw_icon, draw_sphere
from storefront.user_agent import browser_name
from storefront.vocabulary import (
    capability_label,
    known_capabilities,
    known_permissions,
    permission_label,
)

_FRAGMENT_FILTERS = ("fragment", "fragments")
TEMPLATES = Path(__file__).parent / "templates"


class _Translation(NodeTransformer):
    """Puts texts that hold no values into the compiled template: nothing is left to look up."""

    def __init__(self, gettext: Callable[[str], str]) -> None:
        self._gettext = gettext

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - named by the node
        match node:
            case nodes.Call(
                node=nodes.Name(name="_"), args=[nodes.Const(value=str(message))], kwargs=[]
            ):
                text = Markup(self._gettext(message))  # noqa: S704 - our own catalogue's
                return nodes.Const(text % {}, lineno=node.lineno)
        return self.generic_visit(node)


class _Compiler(CodeGenerator):
    """Pieces are yielded as they are, not escaped and copied: `draw` puts them together."""

    def _output_child_pre(self, node: nodes.Expr, frame: Any, finalize: Any) -> None:
        if not _is_fragment(node):
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Any, finalize: Any) -> None:
        if not _is_fragment(node):
            super()._output_child_post(node, frame, finalize)


def _is_fragment(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.Filter) and node.name in _FRAGMENT_FILTERS


class _Environment(jinja2.Environment):
    """Autoescaped and strict: an unknown name in a template is an error, never an empty spot."""

    code_generator_class = _Compiler

    def __init__(self, locale: Locale) -> None:
        super().__init__(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n"],
        )
        self._translation = _Translation(catalogue(locale).gettext)
        self._found: dict[str, jinja2.Template] = {}

    def get_template(
        self,
        name: str | jinja2.Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - named by Jinja
    ) -> jinja2.Template:
        """Ours are few and never change: Jinja's own cache locks and counts for each."""
        if not isinstance(name, str) or globals is not None:
            return super().get_template(name, parent, globals)
        if name not in self._found:
            self._found[name] = super().get_template(name)
        return self._found[name]

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """One dict: Jinja's chain of two is walked through again for each page."""
        return {**self.globals, **(d or {})}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """A template is compiled for each language, because its environment is."""
        parsed: nodes.Template = self._translation.visit(super()._parse(source, name, filename))
        return parsed


@cache
def environment(locale: Locale) -> jinja2.Environment:
    found = _Environment(locale)
    messages = catalogue(locale)
    found.install_gettext_callables(  # type: ignore[attr-defined]
        messages.gettext, messages.ngettext, newstyle=True
    )
    fragments = FragmentCache(found)
    found.filters.update(_filters(locale), fragment=fragments.draw, fragments=fragments.draw_each)
    found.globals.update(
        locale=locale,
        locales=LOCALES,
        words=words,
        known_capabilities=known_capabilities(locale),
        known_permissions=known_permissions(locale),
        draw_icon=draw_icon,
        draw_sphere=draw_sphere,
        creator_rate=CREATOR_RATE,
        platform_rate=PLATFORM_RATE,
        count_up_to=COUNT_UP_TO,
    )
    return found


def _filters(locale: Locale) -> dict[str, Any]:
    messages = catalogue(locale)
    return {
        "asset": asset_url,
        "browser": browser_name,
        "cents": lambda amount: format_cents(Cents(amount), locale),
        "plain": Markup.unescape,  # for pieces, which take no trusted HTML
        "percent": lambda rate: format_percent(Decimal(rate) / WHOLE, locale=locale),
        "number": lambda value: _show_number(locale, value),
        "date": lambda day: format_date(day, "long", locale=locale),
        "moment": lambda moment: format_datetime(moment, "d MMM y, HH:mm 'UTC'", locale=locale),
        "say": messages.gettext,
        "capability": lambda tag: capability_label(tag, locale),
        "permission": lambda name: permission_label(name, locale),
        "sphere": lambda code: words.sphere_name(code, locale),
        "price": lambda agent: words.price_label(agent, locale),
        "trusted_html": Markup,  # of chenu.agents.markdown alone, which sanitises
    }


@lru_cache(maxsize=4096)
def _show_number(locale: Locale, value: int | float) -> str:
    return format_decimal(value, locale=locale)
