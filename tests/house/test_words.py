"""No identifier is made of a private word: docs/glossary.md has the field's words."""

import io
import re
import tokenize
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
FOLDERS = ("chenu", "graphql", "storefront", "tests", "bench", "scripts", "migrations")
_SKIPPED = ("node_modules", "peers", "__pycache__")
_PRIVATE = re.compile(
    r"(?:^|_)(?:wish|wishes|wished|kept|piece|pieces|told|hurry|intend|mend|mended)(?:_|$)"
    r"|(?:^|_)(?:note|give_back)_|^_?(?:address|addresses)$|[Ww]ish(?=[A-Z]|$)|Kept|Piece"
    r"|(?:^|_)(?:WISH|WISHES|KEPT|PIECE|PIECES|TOLD|HURRY)(?:_|$)"
)
_OF_LIBRARIES = {("chenu/http/server.py", "address")}
"""Arguments that a library names."""


_LUA_COMMENT_OR_TEXT = re.compile(r"--.*|'[^'\n]*'")
_LUA_NAME = re.compile(r"[A-Za-z_]\w*")


def _names_of_python(text: str) -> set[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.string for token in tokens if token.type == tokenize.NAME}


def _names_of_lua(text: str) -> set[str]:
    return set(_LUA_NAME.findall(_LUA_COMMENT_OR_TEXT.sub("", text)))


_LANGUAGES = {"*.py": _names_of_python, "*.lua": _names_of_lua}


def _identifiers() -> set[tuple[str, str]]:
    found = set()
    for pattern, names_of in _LANGUAGES.items():
        for path in (each for folder in FOLDERS for each in (ROOT / folder).rglob(pattern)):
            if not set(path.parts) & set(_SKIPPED):
                name = path.relative_to(ROOT).as_posix()
                found |= {(name, each) for each in names_of(path.read_text())}
    return found


def test_no_identifier_is_made_of_a_private_word() -> None:
    private = {each for each in _identifiers() if _PRIVATE.search(each[1])}

    assert sorted(private - _OF_LIBRARIES) == []


def test_names_in_lua_are_read_without_comments_and_texts() -> None:
    names = _names_of_lua("local KEPT_SECONDS = 5 -- told\nredis.call('HSET', wish)")

    assert names == {"local", "KEPT_SECONDS", "redis", "call", "wish"}
