"""The library's search in the address: read strictly, and written into its links."""

from urllib.parse import urlencode

import msgspec

from chenu.agents.library import LibraryQuery, LibrarySort
from chenu.core.errors import ChenuError, Invalid
from chenu.core.i18n import Locale, mark
from storefront.forms import Fields, FormView, field_errors, keep

_MAX_TEXT = 100
_AWAY = "away"
_NAMES = ("q", "creator", "sort", "shelf")


class LibrarySearch(msgspec.Struct, frozen=True):
    """`form` as typed, with what is wrong in it; `query` is the valid part."""

    form: FormView
    query: LibraryQuery

    @property
    def is_away(self) -> bool:
        return bool(self.query.put_away)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query.search or self.query.creator)

    def url(self, **changes: str) -> str:
        """The same list with some fields replaced; '' leaves one out."""
        values = {
            "q": self.query.search,
            "creator": self.query.creator,
            "sort": self.query.sort.value if self.query.sort is not LibrarySort.BOUGHT else "",
            "shelf": _AWAY if self.is_away else "",
            **changes,
        }
        given = [(name, values[name]) for name in _NAMES if values[name]]
        return f"/library?{urlencode(given)}" if given else "/library"


def read_library_search(fields: Fields, locale: Locale) -> LibrarySearch:
    """Never raises: what cannot be read is left out, and named in the form's errors."""
    errors: list[ChenuError] = []
    search = fields.text("q").strip()
    if len(search) > _MAX_TEXT:
        message = mark("Please enter at most {count} characters")
        errors.append(Invalid(message, path=("q",), count=_MAX_TEXT))
    query = LibraryQuery(
        search[:_MAX_TEXT],
        fields.text("creator")[:_MAX_TEXT],
        _read_sort(fields.text("sort"), errors),
        _read_shelf(fields.text("shelf"), errors),
    )
    shown = [each for error in errors for each in field_errors(error, locale)]
    return LibrarySearch(FormView("library", keep(fields, _NAMES), shown), query)


def _read_sort(text: str, errors: list[ChenuError]) -> LibrarySort:
    if text in LibrarySort.__members__:
        return LibrarySort(text)
    if text:
        errors.append(_unknown_option("sort"))
    return LibrarySort.BOUGHT


def _read_shelf(text: str, errors: list[ChenuError]) -> bool:
    if text not in ("", _AWAY):
        errors.append(_unknown_option("shelf"))
    return text == _AWAY


def _unknown_option(name: str) -> Invalid:
    return Invalid(mark("The address names an option that does not exist"), path=(name,))
