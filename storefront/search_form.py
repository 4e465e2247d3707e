"""The store's search in the URL: parsed strictly, shown in the form, and written into links."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace

from chenu.agents.model import AgentKind, PriceType
from chenu.agents.search_query import REVERSED_PRICES, AgentFilter, AgentQuery, AgentSort
from chenu.core.errors import ChenuError, Invalid
from chenu.core.i18n import LOCALES, mark
from chenu.tiers.catalogue import AgentLevel
from chenu.tiers.spheres import SPHERES
from storefront.forms import Fields
from storefront.money_input import parse_euros

Option = TypeVar("Option", bound=str)

LISTS = ("sphere", "price", "level", "kind", "capability", "language")
_SINGLES = ("q", "min", "max", "rising", "sort")
RISING = "1"
"""The only value of that box."""
_DEFAULT = ("sort", AgentSort.RELEVANCE)
"""The default, which is left out of URLs."""
_MAX_TEXT = 200
_MAX_OPTIONS = 20
_SPHERE_CODES = frozenset(sphere.code for sphere in SPHERES)
_KINDS = (AgentKind.PLATFORM, AgentKind.MARKETPLACE)


class Search(msgspec.Struct, frozen=True):
    """`fields` as typed; `query` is the valid part, `errors` are about the rest."""

    fields: Fields
    query: AgentQuery
    errors: tuple[ChenuError, ...]

    @property
    def is_filtered(self) -> bool:
        return self.filter_count > 0

    @property
    def filter_count(self) -> int:
        return sum(len(self.fields.all(name)) for name in (*LISTS, "min", "max", "rising"))

    def chosen(self, name: str) -> tuple[str, ...]:
        return self.fields.all(name)

    def url(self, path: str = "/agents", **changes: str | None) -> str:
        """The same search with some fields replaced (None: left out), in a fixed order."""
        pairs = [
            (name, value)
            for name in (*_SINGLES, *LISTS)
            for value in _changed(self.fields, name, changes)
        ]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def without(self, name: str, value: str) -> str:
        """The same search without one option."""
        pairs = [
            (field, value_)
            for field in (*_SINGLES, *LISTS)
            for value_ in self.fields.all(field)
            if (field, value_) not in ((name, value), _DEFAULT)
        ]
        return f"/agents?{urlencode(pairs)}" if pairs else "/agents"


def _changed(fields: Fields, name: str, changes: dict[str, str | None]) -> Iterable[str]:
    if name not in changes:
        return (value for value in fields.all(name) if (name, value) != _DEFAULT)
    value = changes[name]
    return () if value is None else (value,)


def read_search(fields: Fields) -> Search:
    """Never raises: invalid parts are left out and reported in `errors`."""
    reader = _Reader(fields)
    query = AgentQuery(search=reader.text("q"), filter=reader.filter(), sort=reader.sort())
    return Search(fields, query, tuple(reader.errors))


class _Reader:
    """Collects errors while it reads."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self.errors: list[ChenuError] = []

    def filter(self) -> AgentFilter:
        language = self.options("language", str, LOCALES)
        wanted = AgentFilter(
            kinds=self.options("kind", AgentKind, _KINDS),
            levels=self.options("level", AgentLevel, AgentLevel),
            spheres=self.options("sphere", str, _SPHERE_CODES),
            capabilities=self.capabilities(),
            price_types=self.options("price", PriceType, PriceType),
            min_price=self.euros("min"),
            max_price=self.euros("max"),
            language=language[0] if len(language) == 1 else None,
            is_rising=self.box("rising"),
        )
        if not wanted.has_reversed_prices:
            return wanted
        self.errors.append(Invalid(REVERSED_PRICES, path=("min",)))
        return replace(wanted, min_price=None, max_price=None)

    def text(self, name: str) -> str:
        text = self._fields.text(name)
        if len(text) > _MAX_TEXT:
            message = mark("Please enter at most {count} characters")
            self.errors.append(Invalid(message, path=(name,), count=_MAX_TEXT))
        return text[:_MAX_TEXT]

    def options(
        self, name: str, make: Callable[[str], Option], allowed: Iterable[str]
    ) -> tuple[Option, ...]:
        given = self._fields.all(name)
        if not given:
            return ()
        known = frozenset(allowed)
        if any(value not in known for value in given):
            message = mark("The address names an option that does not exist")
            self.errors.append(Invalid(message, path=(name,)))
        return tuple(make(value) for value in given if value in known)

    def capabilities(self) -> tuple[str, ...]:
        """Any word, because creators may use their own."""
        given = self._fields.all("capability")
        if len(given) > _MAX_OPTIONS or any(len(word) > _MAX_TEXT for word in given):
            message = mark("Please name at most {count} capabilities")
            self.errors.append(Invalid(message, path=("capability",), count=_MAX_OPTIONS))
        return given[:_MAX_OPTIONS]

    def euros(self, name: str) -> int | None:
        text = self._fields.text(name).strip()
        if not text:
            return None
        try:
            return parse_euros(text, name)
        except Invalid as error:
            self.errors.append(error)
            return None

    def box(self, name: str) -> bool | None:
        return bool(self.options(name, str, (RISING,))) or None

    def sort(self) -> AgentSort:
        return next(iter(self.options("sort", AgentSort, AgentSort)), AgentSort.RELEVANCE)
