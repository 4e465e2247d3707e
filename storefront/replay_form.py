"""Lists of what may be replayed, by state, and the form that has it replayed."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from chenu.flows.replays import ReplayOrder
from storefront.forms import Fields
from storefront.pages import Pages
from storefront.paging import Pager

State = TypeVar("State", bound=StrEnum)

FORM = "replay"
TYPED = ("reason",)
_PAGE_SIZE = 50


def read_order(fields: Fields) -> ReplayOrder:
    return ReplayOrder(seen=fields.text("seen"), reason=fields.text("reason"))


def read_state(query: Fields, states: Mapping[State, str]) -> State | None:
    """None where none is named that there is: all of them."""
    asked = query.text("state")
    return next((state for state in states if state.value == asked), None)


def list_pager(pages: Pages, path: str, state: StrEnum | None) -> Pager:
    stem = path if state is None else f"{path}?state={state.value}"
    cursors = pages.cursors.of_list(path, "" if state is None else state.value)
    return Pager(cursors, stem, _PAGE_SIZE)
