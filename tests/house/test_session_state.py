"""Nothing of ours rests on a session of the database, as a pooler gives each transaction another.

tests/core/test_pooler.py runs the product through a real one. docs/scaling.md.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
FOLDERS = ("chenu", "graphql/chenu_graphql", "storefront")
OWN_SESSIONS = {
    ("chenu/core/mail.py", "pg_try_advisory_lock"): "own_session",
    ("chenu/core/mail.py", "pg_advisory_unlock"): "own_session",
    ("chenu/core/migrations.py", "pg_try_advisory_lock"): "a connection past the pooler",
    ("chenu/core/db_settings.py", "SET {} ="): "what the pooler runs in its own sessions",
}
"""Where something of a session is used, and how it comes to a session of its own."""

_SESSION_STATE = re.compile(
    r"""
    \bpg_(?:try_)?advisory_(?:un)?lock(?:_shared)?\b  # the others end with the transaction
    | \b(?:UN)?LISTEN\s+["a-z]
    | ^\s*SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)(?:SESSION\s+)?[\w.{}]+\s*(?:=|\bTO\b)
    | ^\s*(?:RESET|DISCARD|PREPARE|DEALLOCATE|LOAD)\s+['"\w]+\s*(?:;|$|AS\b|\()
    | \bCREATE\s+(?:LOCAL\s+|GLOBAL\s+)?TEMP(?:ORARY)?\b
    | \bWITH\s+HOLD\b
    | \b(?:currval|lastval)\s*\(
    | \bset_config\s*\([^)]*\bfalse\s*\)
    """,
    re.VERBOSE,
)
_WORDS = re.compile(
    r"advisory|LISTEN|SET |RESET|DISCARD|PREPARE|DEALLOC|LOAD|TEMP|HOLD|val\(|set_config|_listener|"
    r"connection\.(?:prepare|cursor|set_)"
)
"""Files without any of these need no parsing."""
_DRIVER = {"add_listener", "prepare", "cursor", "set_type_codec", "set_builtin_type_codec"}
"""Methods of the driver's connection that need the same session afterwards."""


def _texts(tree: ast.AST) -> Iterator[str]:
    """Every text of the code but docstrings; what an f-string fills in is {}."""
    nodes = list(ast.walk(tree))
    joined = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    passed_over = {id(part) for node in joined for part in node.values}
    passed_over |= {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in joined:
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    for each in nodes:
        if isinstance(each, ast.Constant) and id(each) not in passed_over:
            yield str(each.value)


def _find_states(code: str) -> set[str]:
    if not _WORDS.search(code):
        return set()
    tree = ast.parse(code)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    methods = [call.func for call in calls if isinstance(call.func, ast.Attribute)]
    found = {
        method.attr
        for method in methods
        if method.attr in _DRIVER and ast.unparse(method.value).endswith("connection")
    }
    for text in _texts(tree):
        found |= {" ".join(state.group().split()) for state in _SESSION_STATE.finditer(text)}
    return found


def test_no_statement_leaves_anything_in_a_session_that_others_get() -> None:
    found = {
        (str(path.relative_to(ROOT)), state)
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        for state in _find_states(path.read_text())
    }

    assert found == OWN_SESSIONS.keys()


def test_what_would_stay_in_a_session_is_found() -> None:
    leaving = """
async def f(connection, name):
    await connection.execute("SET lock_timeout = '1s'")
    await connection.execute(f"SET SESSION {name} TO 'x'")
    await connection.execute("LISTEN something")
    await connection.execute("CREATE TEMP TABLE some (id int)")
    await connection.fetch("SELECT pg_advisory_lock_shared(1)")
    await connection.fetch("SELECT set_config('role', $1, false)")
    await connection.execute("DECLARE c CURSOR WITH HOLD FOR SELECT 1")
    connection.cursor("SELECT 1")
"""
    ended = """
async def f(connection):
    await connection.execute("SET LOCAL lock_timeout = '1s'")
    await connection.fetch("SELECT pg_advisory_xact_lock(1)")
    await connection.fetch("SELECT set_config('role', $1, true)")
    await connection.execute("UPDATE some SET id = 1")
"""

    assert len(_find_states(leaving)) == 8
    assert _find_states(ended) == set()


def test_whoever_acts_as_the_owner_of_the_tables_goes_past_the_pooler() -> None:
    """Whose sessions have the role of requests, and take no statement that no transaction may."""
    owners = [
        (path.name, ast.unparse(call.args[0]))
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) == "db.configure"
        and any(each.arg == "role" for each in call.keywords)
    ]

    assert len(owners) >= 3
    assert [each for each in owners if each[1].endswith("database_url")] == []
