"""The state of a sandbox as text, with which another one begins.

A line of JSON for the file, then one for each row: its table and its columns. Addresses of the
sandbox's pages are left open, so that it can be reached elsewhere. Receivers of webhooks and what
is on its way to them stay behind, and so do the answers by idempotency key, and the events that
nobody can list any more.
"""

from collections.abc import Iterable, Iterator

from chenu.sandbox.engine import schema
from chenu.sandbox.engine.clock import DAY, Clock
from chenu.sandbox.engine.json_types import dumps, loads
from chenu.sandbox.engine.store import Store

EVENT_RETENTION = 30 * DAY
"""Seconds of the clock for which an event can be listed."""
ADDRESS = "http://sandbox.invalid"
"""Stands for the sandbox's own public URL."""

_TABLES = {
    "meta": ("key", "value"),
    "objects": ("seq", "kind", "id", "account", "created", "body", "internal"),
    "clocks": ("id", "time", "target"),
    "tasks": ("seq", "clock", "due", "name", "account", "subject"),
    "balances": ("account", "available", "pending"),
}
_STORED = f"""
    kind NOT IN ('webhook_endpoint', 'v2.core.event_destination')
    AND NOT (kind = 'event' AND created <= {{now}} - {EVENT_RETENTION}
        AND json_extract(internal, '$.test_clock') IS NULL)
"""


class BadArchive(Exception):
    """It was written by another version of the sandbox, or is no archive."""


def write(store: Store, clock: Clock, public_url: str) -> Iterator[str]:
    """Lines of JSON; the first has the time of the clock."""
    yield _line({"version": schema.VERSION, "clock": clock.now()})
    for table, columns in _TABLES.items():
        where = _STORED.format(now=clock.now()) if table == "objects" else "true"
        order = "seq" if "seq" in columns else columns[0]
        sql = f"SELECT {', '.join(columns)} FROM {table} WHERE {where} ORDER BY {order}"  # noqa: S608 - constants
        for row in store.execute(sql):
            yield _line([table, *row]).replace(public_url.rstrip("/"), ADDRESS)


def read(store: Store, lines: Iterable[str], public_url: str) -> None:
    """Fill an empty store, wholly or not at all. Raises BadArchive."""
    lines = iter(lines)
    head = loads(next(lines, "null"))
    if not isinstance(head, dict) or head.get("version") != schema.VERSION:
        raise BadArchive("the archive was written by another version of the sandbox")
    with store.transaction():
        for line in lines:
            table, *row = loads(line.replace(ADDRESS, public_url.rstrip("/")))
            names, marks = ", ".join(_TABLES[table]), ", ".join("?" * len(row))
            sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - constants
            store.execute(sql, row)
        clock = Clock()
        clock.move_to(head["clock"])
        store.set_meta("clock_offset", str(clock.offset))


def _line(value: object) -> str:
    return dumps(value).decode() + "\n"
