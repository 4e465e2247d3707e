"""What is in many tables, by two statements: which of them have rows, and these rows.

An aggregate costs PostgreSQL half a millisecond for each table, even where there is nothing in it.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

_IF_FILLED = "SELECT '{0}' AS name WHERE EXISTS (TABLE \"{0}\")"

Fetch = Callable[[str], Awaitable[Sequence[Any]]]


async def read_contents(fetch: Fetch, queries: Mapping[str, str]) -> dict[str, list[str]]:
    """By table its rows as texts, sorted; the query of each says how to write one."""
    asked = " UNION ALL ".join(_IF_FILLED.format(table) for table in queries)
    filled = [queries[table] for (table,) in await fetch(asked)]
    contents: dict[str, list[str]] = {table: [] for table in queries}
    if filled:
        for table, row in await fetch(" UNION ALL ".join(filled)):
            contents[table].append(row)
    return {table: sorted(rows) for table, rows in contents.items()}


def digest(rows: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(rows).encode()).hexdigest() if rows else ""
