"""Relay connections over keyset pages: signed cursors, first or last required, at most 100."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
import strawberry

from chenu.core.errors import BadInput
from chenu.core.paging import MAX_PAGE, Key, ListCursors, Page, PageRequest, cut
from chenu_graphql.agent_columns import Shown
from chenu_graphql.fields import Weight, argument, field
from chenu_graphql.permissions import PARENT

Item = TypeVar("Item")
Row = TypeVar("Row")

First = Annotated[int | None, argument("How many from the front: 1 to 100.")]
After = Annotated[str | None, argument("Begin after this cursor; with first.")]
Last = Annotated[int | None, argument("How many from the end: 1 to 100.")]
Before = Annotated[str | None, argument("End before this cursor; with last.")]


class PageArguments(msgspec.Struct, frozen=True):
    """The arguments of a connection field, unchecked."""

    first: int | None
    after: str | None
    last: int | None
    before: str | None


def read_page(cursors: ListCursors, sent: PageArguments) -> PageRequest:
    """Raises BadInput that names the argument."""
    if (sent.first is None) == (sent.last is None):
        raise BadInput("Please ask for either first or last", path=("first",))
    if sent.last is not None:
        _refuse(sent.after, "after", "This cursor goes with first")
        return _request(cursors, ("last", sent.last), ("before", sent.before), backwards=True)
    _refuse(sent.before, "before", "This cursor goes with last")
    return _request(cursors, ("first", sent.first or 0), ("after", sent.after), backwards=False)


def _refuse(cursor: str | None, name: str, message: str) -> None:
    if cursor is not None:
        raise BadInput(message, path=(name,))


def _request(
    cursors: ListCursors,
    size: tuple[str, int],
    cursor: tuple[str, str | None],
    *,
    backwards: bool,
) -> PageRequest:
    name, count = size
    if not 1 <= count <= MAX_PAGE:
        raise BadInput("A page has 1 to {count} items", path=(name,), count=MAX_PAGE)
    argument_name, text = cursor
    key = None if text is None else cursors.decode(text, argument_name)
    return PageRequest(count, key, backwards)


class EdgeSource(msgspec.Struct, Generic[Row], frozen=True):
    """A struct because pages are made of it; few ask for its cursor, so that it is made then."""

    node: Row
    connection: "ConnectionSource[Row]"

    @property
    def cursor(self) -> str:
        return self.connection.cursors.encode(self.connection.key(self.node))


class ConnectionSource(msgspec.Struct, Generic[Row], frozen=True):
    """A page, with what is needed to make its cursors and to count the whole list.

    `shown`: its rows are records with these columns and the sort value; None for whole rows.
    """

    cursors: ListCursors
    page: Page[Row]
    key: Callable[[Row], Key]
    count: Callable[[], Awaitable[int]]
    facets: Callable[[], Awaitable[Any]] | None = None
    shown: Shown | None = None

    @property
    def edges(self) -> list[EdgeSource[Row]]:
        return [EdgeSource(row, self) for row in self.page.rows]


def by_row_id(row: Any) -> Key:
    """The key of lists that are ordered by id alone."""
    return (str(row.id), str(row.id))


def cut_loaded(rows: Sequence[Row], request: PageRequest) -> Page[Row]:
    """A page of a list that a loader has fetched whole, ordered by descending id."""
    rest = list(rows)
    if request.key is not None:
        last_id = request.key[1]
        rest = [row for row in rest if (by_row_id(row)[1] < last_id) is not request.backwards]
        rest = [row for row in rest if by_row_id(row)[1] != last_id]
    if request.backwards:
        rest = rest[::-1]
    return cut(rest[: request.size + 1], request)


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = field("Whether anything follows.", PARENT)
    has_previous_page: bool = field("Whether anything comes before.", PARENT)
    start_cursor: str | None = field("The cursor of the first item.", PARENT)
    end_cursor: str | None = field("The cursor of the last item.", PARENT)


class _PageInfoSource(msgspec.Struct, frozen=True):
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


def _describe_page(root: strawberry.Parent[ConnectionSource[Any]]) -> _PageInfoSource:
    edges = root.edges
    ends = [edge.cursor for edge in (*edges[:1], *edges[-1:])]
    start, end = ends or (None, None)
    return _PageInfoSource(root.page.has_next, root.page.has_previous, start, end)


async def _count(root: strawberry.Parent[ConnectionSource[Any]]) -> int:
    return await root.count()


@strawberry.type(description="An item with its place in the list.")
class Edge(Generic[Item]):
    cursor: str = field("For after and before.", PARENT)
    node: Item = field("The item.", PARENT)


@strawberry.type(description="A page of a list; first or last is required, at most 100.")
class Connection(Generic[Item]):
    edges: list[Edge[Item]] = field(
        "The items of this page.", PARENT, weight=Weight(points=0, per_item=True)
    )
    page_info: PageInfo = field("Where this page lies.", PARENT, _describe_page)
    total_count: int | None = field(
        "Exact up to 1,000; 1,001 means more.", PARENT, _count, weight=Weight(points=5)
    )
