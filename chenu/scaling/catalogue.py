"""The tables and keys that the database has, out of PostgreSQL's own catalogue."""

import msgspec

from chenu.core import db


class UniqueKey(msgspec.Struct, frozen=True):
    """Columns in their order; an expression stands as it is."""

    table: str
    columns: tuple[str, ...]


class ForeignKey(msgspec.Struct, frozen=True):
    table: str
    column: str
    target: str


class TableColumns(msgspec.Struct, frozen=True):
    """In their order. `optional` are those that may be NULL."""

    table: str
    columns: tuple[str, ...]
    optional: tuple[str, ...]


class Catalogue(msgspec.Struct, frozen=True):
    """Partitions are their table's."""

    tables: tuple[TableColumns, ...]
    unique_keys: tuple[UniqueKey, ...]
    foreign_keys: tuple[ForeignKey, ...]


_OWN = "n.nspname = 'public' AND t.relkind IN ('r', 'p') AND NOT t.relispartition"
_TABLES = f"""
    SELECT t.relname::text AS table, array_agg(a.attname::text ORDER BY a.attnum) AS columns,
        coalesce(array_agg(a.attname::text) FILTER (WHERE NOT a.attnotnull), '{{}}') AS optional
    FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE {_OWN} GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - texts of ours
_UNIQUE_KEYS = f"""
    SELECT t.relname::text AS table, array_agg(
        pg_get_indexdef(x.indexrelid, place, true) ORDER BY place) AS columns
    FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    CROSS JOIN generate_series(1, x.indnkeyatts) AS place
    WHERE {_OWN} AND x.indisunique GROUP BY x.indexrelid, t.relname ORDER BY 1, 2
"""  # noqa: S608 - texts of ours
_FOREIGN_KEYS = f"""
    SELECT t.relname::text AS table, a.attname::text AS column,
        f.confrelid::regclass::text AS target
    FROM pg_constraint f JOIN pg_class t ON t.oid = f.conrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = f.conkey[1]
    WHERE {_OWN} AND f.contype = 'f' AND f.conparentid = 0 ORDER BY 1, 2
"""  # noqa: S608 - texts of ours


async def read_catalogue() -> Catalogue:
    tables = await db.fetch_records(_TABLES)
    unique_keys = await db.fetch_records(_UNIQUE_KEYS)
    return Catalogue(
        tuple(
            TableColumns(row["table"], tuple(row["columns"]), tuple(row["optional"]))
            for row in tables
        ),
        tuple(UniqueKey(row["table"], tuple(row["columns"])) for row in unique_keys),
        tuple(await db.fetch_all(ForeignKey, _FOREIGN_KEYS)),
    )
