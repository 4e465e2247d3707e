"""Pages of API v1: newest first, cursors by object id, filters by creation time."""

from collections.abc import Callable, Sequence

from chenu.sandbox.engine.errors import ApiError, missing
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Condition, Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import refuse_unsupported

_PAGING = ("created", "ending_before", "limit", "starting_after")
_RANGE = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def _equal(parameters: Json, *names: str) -> list[Filter]:
    """Conditions for those parameters that were given; their names are paths into the object."""
    return [Filter(name, "=", _plain(parameters[name])) for name in names if name in parameters]


def _plain(value: object) -> object:
    return int(value) if isinstance(value, bool) else value  # what json_extract gives


def range_filters(parameters: Json, name: str, *, is_column: bool = False) -> list[Filter]:
    """`name=123` or `name[gte]=123`."""
    given = parameters.get(name)
    if given is None:
        return []
    bounds = given if isinstance(given, dict) else {"": given}
    return [
        Filter(name, _RANGE.get(word, "="), moment, is_column) for word, moment in bounds.items()
    ]


def page(
    unit: UnitOfWork,
    kind: str,
    url: str,
    parameters: Json,
    filters: Sequence[Filter | Condition] = (),
    *,
    by: tuple[str, ...] = (),
    handled: tuple[str, ...] = (),
    noun: str | None = None,
    show: Callable[[UnitOfWork, Record], Json] | None = None,
) -> Json:
    """One page of the acting account's objects of a kind.

    `by`: parameters that name a path into the object and the value it has to have.
    `handled`: parameters that `filters` already cover. Any other parameter is refused.
    """
    refuse_unsupported(parameters, (*_PAGING, *by, *handled), f"GET {url}")
    limit = _limit(parameters)
    conditions: list[Filter | Condition] = [
        *filters,
        *_equal(parameters, *by),
        *range_filters(parameters, "created", is_column=True),
    ]
    cursor, backwards = _cursor(unit, kind, parameters, noun or kind.replace("_", " "))
    if cursor is not None:
        conditions.append(Filter("seq", ">" if backwards else "<", cursor, is_column=True))
    records = unit.store.select(
        kind, unit.account, conditions, limit=limit + 1, oldest_first=backwards
    )
    more = len(records) > limit
    records = records[:limit]
    if backwards:
        records.reverse()
    data = [show(unit, record) if show else record.body for record in records]
    return {"object": "list", "data": data, "has_more": more, "url": url}


def embedded_page(data: list[Json], url: str, parameters: Json, noun: str = "item") -> Json:
    """A page of a list that is stored inside another object, in its own order."""
    limit = _limit(parameters)
    _check_cursors(parameters)
    ids = [one["id"] for one in data]
    cursor = parameters.get("starting_after") or parameters.get("ending_before")
    if cursor is not None and cursor not in ids:
        name = "starting_after" if "starting_after" in parameters else "ending_before"
        raise missing(noun, cursor, name)
    more = False
    if "ending_before" in parameters:
        before = data[: ids.index(cursor)]
        shown, more = before[-limit:], len(before) > limit
    else:
        rest = data[ids.index(cursor) + 1 :] if cursor else data
        shown, more = rest[:limit], len(rest) > limit
    return {"object": "list", "data": shown, "has_more": more, "url": url}


def _limit(parameters: Json) -> int:
    limit = int(parameters.get("limit", 10))
    if not 1 <= limit <= 100:
        raise ApiError(
            "This value must be between 1 and 100.",
            code="parameter_invalid_integer",
            param="limit",
        )
    return limit


def _check_cursors(parameters: Json) -> None:
    if "starting_after" in parameters and "ending_before" in parameters:
        raise ApiError(
            "You may only specify one of these parameters: starting_after, ending_before.",
            param="ending_before",
        )


def _cursor(unit: UnitOfWork, kind: str, parameters: Json, noun: str) -> tuple[int | None, bool]:
    _check_cursors(parameters)
    for name, backwards in (("starting_after", False), ("ending_before", True)):
        if name in parameters:
            record = unit.find(kind, parameters[name])
            if record is None:
                raise missing(noun, parameters[name], name)
            return record.seq, backwards
    return None, False
