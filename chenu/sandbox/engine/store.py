"""State in one SQLite file: JSON objects, due tasks, balances, and transactions around them."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chenu.sandbox.engine import schema
from chenu.sandbox.engine.json_types import Json, dumps, loads

PLATFORM = ""
"""The account that the API keys belong to; connected accounts are named by their id."""


@dataclass(slots=True)
class Record:
    """One stored object: `body` is what the API shows, `internal` is what it never shows."""

    seq: int
    kind: str
    id: str
    account: str
    created: int
    body: Json
    internal: Json


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on a path into `body` or on a column: operator `=`, `<`, `IN` and so on."""

    field: str
    operator: str
    value: Any
    is_column: bool = False

    def sql(self) -> tuple[str, list[Any]]:
        left = self.field if self.is_column else f"json_extract(body, '$.{self.field}')"
        if self.operator == "IN":
            return f"{left} IN ({','.join('?' * len(self.value))})", list(self.value)
        return f"{left} {self.operator} ?", [self.value]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in SQL of its own; the text comes from code, never from a request."""

    text: str
    values: tuple[Any, ...] = ()

    def sql(self) -> tuple[str, list[Any]]:
        return self.text, list(self.values)


class OtherVersion(Exception):
    """The file was written by another version of the sandbox."""


_COLUMNS = "seq, kind, id, account, created, body, internal"


class Store:
    """One connection, used by one thread, so that units of work never run at the same time."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # WAL with NORMAL survives the end of the process; only a power cut can lose commits.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA cache_size = -32000")
        self._create()

    def _create(self) -> None:
        """Raises OtherVersion."""
        is_new = not self.value("SELECT COUNT(*) FROM sqlite_master")
        if not is_new and self.value("PRAGMA user_version") != schema.VERSION:
            raise OtherVersion(
                "the sandbox's data file was written by another version of the sandbox: delete it,"
                " or start the demo with --fresh"
            )
        self._connection.execute(f"PRAGMA user_version = {schema.VERSION}")
        self._connection.executescript(schema.TABLES + schema.indexes())

    def close(self) -> None:
        self._connection.close()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self._connection.execute(sql, parameters)

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row; None without one."""
        row = self._connection.execute(sql, parameters).fetchone()
        return row[0] if row else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the end, or roll back on an exception."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo to here on an error, unless the error says that it `keeps_changes`."""
        self._connection.execute("SAVEPOINT step")
        try:
            yield
        except BaseException as error:
            if not getattr(error, "keeps_changes", False):
                self._connection.execute("ROLLBACK TO step")
            self._connection.execute("RELEASE step")
            raise
        self._connection.execute("RELEASE step")

    def insert(self, kind: str, account: str, created: int, body: Json, internal: Json) -> Record:
        object_id = str(body["id"])
        cursor = self._connection.execute(
            "INSERT INTO objects (kind, id, account, created, body, internal)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (kind, object_id, account, created, _text(body), _text(internal)),
        )
        return Record(cursor.lastrowid or 0, kind, object_id, account, created, body, internal)

    def save(self, record: Record) -> None:
        self._connection.execute(
            "UPDATE objects SET body = ?, internal = ? WHERE seq = ?",
            (_text(record.body), _text(record.internal), record.seq),
        )

    def rename(self, record: Record, kind: str) -> None:
        """Change the kind of an object: a deleted one stays as, for example, `deleted_customer`."""
        self._connection.execute("UPDATE objects SET kind = ? WHERE seq = ?", (kind, record.seq))

    def delete(self, record: Record) -> None:
        self._connection.execute("DELETE FROM objects WHERE seq = ?", (record.seq,))

    def find(self, kind: str, object_id: str, account: str | None) -> Record | None:
        """Find an object by id; `account=None` searches all accounts."""
        sql = f"SELECT {_COLUMNS} FROM objects WHERE id = ? AND kind = ?"  # noqa: S608 - constants
        parameters = [object_id, kind]
        if account is not None:
            sql += " AND account = ?"
            parameters.append(account)
        row = self._connection.execute(sql, parameters).fetchone()
        return _record(row) if row else None

    def select(
        self,
        kind: str,
        account: str | None,
        filters: Sequence[Filter | Condition] = (),
        *,
        limit: int = -1,
        oldest_first: bool = False,
    ) -> list[Record]:
        """Objects of a kind, newest first; limit -1 means all."""
        # The kind stands in the SQL as a literal, else SQLite cannot use its partial indexes.
        where, parameters = [f"kind = '{kind}'"], []
        if account is not None:
            where.append("account = ?")
            parameters.append(account)
        for condition in filters:
            sql, values = condition.sql()
            where.append(sql)
            parameters += values
        order = "ASC" if oldest_first else "DESC"
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM objects WHERE {' AND '.join(where)}"  # noqa: S608 - no input
            f" ORDER BY seq {order} LIMIT ?",
            [*parameters, limit],
        )
        return [_record(row) for row in rows]

    def get_meta(self, key: str, default: str) -> str:
        found = self.value("SELECT value FROM meta WHERE key = ?", (key,))
        return default if found is None else str(found)

    def set_meta(self, key: str, value: str) -> None:
        self.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

    def clear(self) -> None:
        """Empty every table."""
        with self.transaction():
            for (table,) in self.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            ).fetchall():
                self.execute(f"DELETE FROM {table}")  # noqa: S608 - a name out of the schema

    def copy(self) -> sqlite3.Connection:
        """A copy of the whole database, in memory."""
        target = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.backup(target)
        return target

    def replace_by(self, source: sqlite3.Connection) -> None:
        """Replace the whole database by a copy of it."""
        source.backup(self._connection)


def _text(value: Json) -> str:
    return dumps(value).decode()


def _record(row: tuple[Any, ...]) -> Record:
    seq, kind, object_id, account, created, body, internal = row
    return Record(seq, kind, object_id, account, created, loads(body), loads(internal))
