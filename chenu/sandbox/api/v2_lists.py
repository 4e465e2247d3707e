"""Pages of API v2: URLs of the next and the previous page instead of cursors."""

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from chenu.sandbox.engine.errors import Refused
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Condition, Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork


def v2_limit(parameters: Json, default: int = 20) -> int:
    limit = int(parameters.get("limit", default))
    if not 1 <= limit <= 100:
        raise Refused("limit is between 1 and 100", param="limit")
    return limit


def v2_page(
    unit: UnitOfWork,
    kind: str,
    url: str,
    parameters: Json,
    filters: Sequence[Filter | Condition] = (),
    *,
    show: Callable[[Record], Json],
) -> Json:
    """Newest first. A page token is `n` or `p` and the number of the object at the edge."""
    limit = v2_limit(parameters)
    backwards, cursor = _token(parameters.get("page"))
    conditions: list[Filter | Condition] = list(filters)
    if cursor is not None:
        conditions.append(Filter("seq", ">" if backwards else "<", cursor, is_column=True))
    records = unit.store.select(
        kind, unit.account, conditions, limit=limit + 1, oldest_first=backwards
    )
    more, records = len(records) > limit, records[:limit]
    if backwards:
        records.reverse()
    has_next = bool(records) and (more or backwards)
    has_previous = bool(records) and (more if backwards else cursor is not None)
    return {
        "data": [show(record) for record in records],
        "next_page_url": _url(url, parameters, f"n{records[-1].seq}") if has_next else None,
        "previous_page_url": _url(url, parameters, f"p{records[0].seq}") if has_previous else None,
    }


def _token(page: str | None) -> tuple[bool, int | None]:
    if page is None:
        return False, None
    if page[:1] not in ("n", "p") or not page[1:].isdecimal():
        raise Refused("Not a page token", param="page")
    return page[0] == "p", int(page[1:])


def _url(url: str, parameters: Json, page: str) -> str:
    pairs = [(k, v) for k, v in query_pairs(parameters) if k != "page"]
    return f"{url}?{urlencode([*pairs, ('page', page)])}"


def query_pairs(parameters: Json) -> list[tuple[str, str]]:
    """Parameters as a query string has them."""
    pairs: list[tuple[str, str]] = []
    for key, value in parameters.items():
        if isinstance(value, dict):
            pairs += [(f"{key}[{inner}]", str(one)) for inner, one in value.items()]
        elif isinstance(value, list):
            pairs += [(f"{key}[{place}]", str(one)) for place, one in enumerate(value)]
        else:
            pairs.append((key, str(value).lower() if isinstance(value, bool) else str(value)))
    return pairs
