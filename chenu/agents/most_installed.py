"""SQL for the most installed agents that match, without reading every match.

A frequent word matches a large part of the store, a rare one few agents, perhaps the least
installed: walking the agents by installs is slow for the rare word, sorting all matches for the
frequent one. So each range of installs has its own index of words, options and ranges
(agent_found_*), and the next range is read only if the ones before it gave too few.
"""

from chenu.agents.rows import AGENT_SOURCE

_BANDS = (
    "a.installs >= 10000",
    "a.installs >= 1000 AND a.installs < 10000",
    "a.installs >= 100 AND a.installs < 1000",
    "a.installs >= 10 AND a.installs < 100",
    "a.installs >= 3 AND a.installs < 10",
    "a.installs < 3",
)
"""Exactly the conditions of the partial indexes."""


def most_installed(
    conditions: str, count: int, *, enough: int | None = None, least_first: bool = False
) -> str:
    """SQL: id and installs of at most `count` agents `a` that meet the conditions.

    Not all matches are found, only `enough`. `least_first` orders by ascending installs, for paging
    backwards.
    """
    bands = _BANDS[::-1] if least_first else _BANDS
    names = [f"band_{place}" for place in range(len(bands))]
    parts = [
        f"{name} AS MATERIALIZED ({_matches_of(band, conditions, 'a.id, a.installs')}"
        f" AND {_is_short(names[:place], enough or count)})"
        for place, (name, band) in enumerate(zip(names, bands, strict=True))
    ]
    everything = " UNION ALL ".join(f"SELECT id, installs FROM {name}" for name in names)  # noqa: S608 - own names
    direction = "ASC" if least_first else "DESC"
    return (
        f"WITH {', '.join(parts)} SELECT id, installs FROM ({everything}) AS match"  # noqa: S608 - own fragments
        f" ORDER BY installs {direction}, id {direction} LIMIT {count}"
    )


def some_matches(conditions: str, columns: str, count: int) -> str:
    """SQL: `columns` of `count` agents that meet the conditions, or of all if they are fewer.

    No more rows are read: of a range the index is read first, and rows only as they are asked for.
    """
    names = [f"band_{place}" for place in range(len(_BANDS))]
    rest = [f"(SELECT {count} - {_found(names[:place])})" for place in range(len(_BANDS))]
    parts = [
        f"all_{name} AS MATERIALIZED ({_matches_of(band, conditions, columns)} AND {_BY_ITSELF}),"  # noqa: S608 - own names
        f" {name} AS MATERIALIZED (SELECT * FROM all_{name} LIMIT {most})"
        for name, band, most in zip(names, _BANDS, rest, strict=True)
    ]
    everything = " UNION ALL ".join(f"SELECT * FROM {name}" for name in names)  # noqa: S608 - own names
    return f"WITH {', '.join(parts)} {everything}"


def every_match(conditions: str, columns: str) -> str:
    """SQL: `columns` of all agents that meet the conditions."""
    return " UNION ALL ".join(_matches_of(band, conditions, columns) for band in _BANDS)


def _matches_of(band: str, conditions: str, columns: str) -> str:
    return f"SELECT {columns} FROM {AGENT_SOURCE} WHERE {conditions} AND {band}"  # noqa: S608 - own fragments


_BY_ITSELF = "inet_client_port() IS DISTINCT FROM -1"
"""Always true, and a reason for PostgreSQL to start no workers: among a million agents it would,
before it knows whether a range is read at all, and that takes longer than all the rest.
"""


def _is_short(names: list[str], enough: int) -> str:
    """Evaluated once, before the range is read."""
    return f"{_BY_ITSELF} AND {_found(names)} < {enough}" if names else _BY_ITSELF


def _found(names: list[str]) -> str:
    counts = [f"(SELECT count(*) FROM {name})" for name in names]  # noqa: S608 - own names
    return f"({' + '.join(counts) or 0})"
