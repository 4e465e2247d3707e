"""Newer migrations run while older code serves: they only add, or say which code must be gone.

docs/operations.md, "Deploying". Code older than `SINCE` does not serve a newer schema at all, so
that nothing of it was live while these were applied.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chenu.core.migrations import id_of

FOLDER = Path(__file__).parents[2] / "migrations"
SINCE = "2026-11-30"

_REMOVES = {"drop_table", "drop_column", "rename_table", "rename_column", "change_table_schema"}
_TAKES_AWAY = re.compile(
    r"\bDROP\s+(?:TABLE|COLUMN|VIEW|FUNCTION|TYPE|SCHEMA)\b|\bRENAME\b|\bTRUNCATE\b"
    r"|\bALTER\s+COLUMN\s+\w+\s+(?:SET\s+DATA\s+)?TYPE\b|\bSET\s+NOT\s+NULL\b|\bREVOKE\b",
    re.IGNORECASE,
)
_CREATED = re.compile(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", re.IGNORECASE)
_ALTERED = re.compile(
    r"\bALTER\s+TABLE\s+(?:ONLY\s+)?(\w+)|\bREVOKE\b[^;]*?\bON\s+([\w\s,]+?)\s+FROM\b",
    re.IGNORECASE,
)
_INDEX = re.compile(
    r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(\w+)\s+"
    r"ON\s+(?:ONLY\s+)?(\w+)",
    re.IGNORECASE,
)
_CONSTRAINT = re.compile(r"\bADD\s+CONSTRAINT\b", re.IGNORECASE)
_MOMENTARY = re.compile(r"\bNOT\s+VALID\b|\bUSING\s+INDEX\b", re.IGNORECASE)
_RENAMED = re.compile(r"\bALTER\s+TABLE\s+(\w+)\s+RENAME\s+TO\b", re.IGNORECASE)
_VIEW = re.compile(r"\bCREATE\s+VIEW\s+(\w+)", re.IGNORECASE)
_OUTSIDE = re.compile(
    r"(?:CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY|DROP\s+INDEX\s+CONCURRENTLY\s+IF\s+EXISTS"
    r"|ALTER\s+TABLE\s+\w+\s+VALIDATE\s+CONSTRAINT|UPDATE|DELETE|INSERT"
    r"|SELECT\s+coalesce\(max)\b",
    re.IGNORECASE,
)


@dataclass
class Written:
    """What a migration says. `new_tables` are made by it, or by one since SINCE before it."""

    id: str
    calls: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    oldest_code: str | None = None
    is_whole: bool = True
    new_tables: frozenset[str] = frozenset()

    @property
    def created(self) -> set[str]:
        of_piccolo = {str(more["tablename"]) for name, more in self.calls if name == "add_table"}
        return of_piccolo | {name for sql in self.statements for name in _CREATED.findall(sql)}

    @property
    def views(self) -> set[str]:
        """Older code finds a table that was renamed by the view of the same name."""
        return {name for sql in self.statements for name in _VIEW.findall(sql)}


def read(name: str, text: str, sql_folder: Path) -> Written:
    written = Written(id_of(name))
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Attribute(attr=called), keywords=given):
                written.calls.append(
                    (called, {each.arg or "": _value(each.value) for each in given})
                )
            case ast.Call(func=ast.Name(id="MigrationManager"), keywords=given):
                outside = [each for each in given if each.arg == "wrap_in_transaction"]
                written.is_whole = not outside
            case ast.Assign(targets=[ast.Name(id="OLDEST_CODE")], value=ast.Constant(value=oldest)):
                written.oldest_code = str(oldest)
            case ast.Assign(targets=[ast.Name(id="FILES")], value=files):
                for file in ast.literal_eval(files):
                    written.statements += _split((sql_folder / f"{file}.sql").read_text())
            case ast.Constant(value=str(sql)) if re.match(r"\s*[A-Z]{4,}\s", sql):
                written.statements += _split(sql)
    return written


def _value(node: ast.expr) -> object:
    """A parameter that is no constant is of no interest here, but those of a column are."""
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {key.value: _value(value) for key, value in pairs if isinstance(key, ast.Constant)}
    return node.value if isinstance(node, ast.Constant) else ...


def _split(sql: str) -> list[str]:
    """Bodies of functions are no statements of the migration."""
    bare = re.sub(r"--[^\n]*", "", sql)
    bare = re.sub(r"(\$\w*\$).*?\1", "''", bare, flags=re.DOTALL)
    return [each.strip() for each in bare.split(";") if each.strip()]


def complaints(written: Written) -> list[str]:
    if written.oldest_code is not None:
        is_older = written.oldest_code < written.id
        return [] if is_older else ["OLDEST_CODE: the migration of a release before"]
    if not written.is_whole:
        return [f"outside a transaction: {sql[:60]}" for sql in written.statements if _waits(sql)]
    found = [
        f"{name} takes away"
        for name, more in written.calls
        if name in _REMOVES and more.get("old_tablename") not in written.views
    ]
    found += [each for name, more in written.calls for each in _of_column(written, name, more)]
    return found + [each for sql in written.statements for each in _of_statement(written, sql)]


def _waits(sql: str) -> bool:
    return not _OUTSIDE.match(sql)


def _of_column(written: Written, name: str, more: dict[str, object]) -> Iterable[str]:
    table, params = more.get("tablename"), more.get("params")
    if table in written.new_tables or not isinstance(params, dict):
        return
    if name == "alter_column" and set(params) - {"default", "choices"}:
        yield f"{table}: a column changes; add another one"
    if name != "add_column":
        return
    if not params.get("null") and params.get("default") is None:
        yield f"{table}: a new column is nullable or has a default"
    if params.get("index") or params.get("unique"):
        yield f"{table}: an index of a table that is there is made CONCURRENTLY"


def _of_statement(written: Written, sql: str) -> Iterable[str]:
    altered = {
        name.strip() for pair in _ALTERED.findall(sql) for each in pair for name in each.split(",")
    }
    altered.discard("")
    is_of_new = bool(altered) and altered <= written.new_tables
    is_view_now = written.views.issuperset(_RENAMED.findall(sql) or [""])
    if _TAKES_AWAY.search(sql) and not is_of_new and not is_view_now:
        yield f"takes away: {sql[:60]}"
    if _CONSTRAINT.search(sql) and not _MOMENTARY.search(sql) and not is_of_new:
        yield f"NOT VALID first, VALIDATE in a migration of its own: {sql[:60]}"
    for concurrently, name, table in _INDEX.findall(sql):
        if not concurrently and table not in written.new_tables:
            yield f"{name}: an index of a table that is there is made CONCURRENTLY"


def read_migrations(since: str) -> list[Written]:
    found, new_tables = [], frozenset[str]()
    for path in sorted(FOLDER.glob("chenu_*.py")):
        if id_of(path.stem) < since:
            continue
        written = read(path.stem, path.read_text(), FOLDER / "sql")
        new_tables |= written.created
        written.new_tables = new_tables
        found.append(written)
    return found


def test_newer_migrations_only_add_or_say_which_code_must_be_gone() -> None:
    found = read_migrations(SINCE)

    assert [f"{each.id}: {said}" for each in found for said in complaints(each)] == []


def test_the_rule_reads_the_migrations_that_there_are() -> None:
    [dropped] = [each for each in read_migrations("") if each.id == "2026-11-29T06:10:00:000000"]
    made = next(each for each in read_migrations("") if each.id == "2026-11-29T06:00:00:000000")

    assert complaints(dropped) == ["drop_column takes away"]
    assert {"affiliate", "commission", "referral"} <= made.created
    assert complaints(made) == []


def judge(text: str, new_tables: Iterable[str] = ()) -> list[str]:
    written = read("chenu_2027_01_02t00_00_00_000000", text, FOLDER / "sql")
    written.new_tables = frozenset(new_tables) | written.created
    return complaints(written)


def of_sql(sql: str) -> str:
    return f"SQL = {sql!r}"


def of_column(**params: object) -> str:
    return f"manager.add_column(tablename='purchase', params={params!r})"


OUTSIDE = "MigrationManager(migration_id=ID, wrap_in_transaction=False)\n"


@pytest.mark.parametrize(
    "text",
    [
        "manager.drop_column(tablename='purchase')",
        "manager.rename_column(tablename='purchase')",
        "manager.alter_column(tablename='purchase', params={'null': False})",
        of_column(null=False, default=None),
        of_column(null=True, default=None, index=True),
        of_sql("ALTER TABLE purchase DROP COLUMN gross"),
        of_sql("ALTER TABLE purchase ALTER COLUMN gross SET NOT NULL"),
        of_sql("ALTER TABLE purchase ALTER COLUMN gross TYPE text"),
        of_sql("ALTER TABLE purchase ADD CONSTRAINT a CHECK (gross > 0)"),
        of_sql("ALTER TABLE purchase RENAME TO sale"),
        of_sql("ALTER TABLE purchase RENAME TO sale; CREATE VIEW operation AS SELECT 1"),
        of_sql("CREATE INDEX a ON purchase (gross)"),
        of_sql("CREATE UNIQUE INDEX a ON purchase (gross)"),
        of_sql("REVOKE UPDATE ON purchase FROM chenu_app"),
        OUTSIDE + of_sql("ALTER TABLE purchase ADD COLUMN a text"),
        OUTSIDE + of_sql("DROP INDEX a"),
        "OLDEST_CODE = '2027-01-02T00:00:00:000000'",
    ],
)
def test_what_older_code_would_notice_is_found(text: str) -> None:
    assert len(judge(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        of_column(null=True, default=None),
        of_column(null=False, default=0),
        "manager.alter_column(tablename='purchase', params={'default': 0})",
        of_sql("ALTER TABLE purchase ADD COLUMN a text"),
        of_sql("ALTER TABLE purchase ADD CONSTRAINT a CHECK (gross > 0) NOT VALID"),
        of_sql("ALTER TABLE purchase ADD CONSTRAINT a PRIMARY KEY USING INDEX b"),
        of_sql("ALTER TABLE purchase RENAME TO sale; CREATE VIEW purchase AS SELECT 1"),
        of_sql(
            "CREATE TABLE new (id int); CREATE INDEX a ON new (id); REVOKE UPDATE ON new FROM b"
        ),
        OUTSIDE + of_sql("ALTER TABLE purchase VALIDATE CONSTRAINT a"),
        OUTSIDE
        + of_sql("DROP INDEX CONCURRENTLY IF EXISTS a; CREATE INDEX CONCURRENTLY a ON b (c)"),
        OUTSIDE + of_sql("UPDATE purchase SET a = 0 WHERE a IS NULL"),
        "OLDEST_CODE = '2027-01-01T00:00:00:000000'\n" + of_sql("DROP TABLE purchase"),
    ],
)
def test_what_adds_is_allowed(text: str) -> None:
    assert judge(text) == []
