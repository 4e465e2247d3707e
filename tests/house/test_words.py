"""No identifier is made of a private word: docs/glossary.md has the field's words."""

import io
import re
import tokenize
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("chenu", "graphql", "storefront", "tests", "bench", "scripts", "migrations")
_SKIPPED = ("node_modules", "peers", "__pycache__")
_PRIVATE = re.compile(
    r"(?:^|_)(?:wish|wishes|wished|kept|piece|pieces|told|hurry|intend|mend|mended)(?:_|$)"
    r"|(?:^|_)(?:note|give_back)_|^_?(?:address|addresses)$|[Ww]ish(?=[A-Z]|$)|Kept|Piece"
)
_OF_LIBRARIES = {("chenu/http/server.py", "address")}
"""Arguments that a library names."""


def _identifiers() -> set[tuple[str, str]]:
    found = set()
    for path in (each for folder in FOLDERS for each in (ROOT / folder).rglob("*.py")):
        if set(path.parts) & set(_SKIPPED):
            continue
        tokens = tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
        name = path.relative_to(ROOT).as_posix()
        found |= {(name, token.string) for token in tokens if token.type == tokenize.NAME}
    return found


def test_no_identifier_is_made_of_a_private_word() -> None:
    private = {each for each in _identifiers() if _PRIVATE.search(each[1])}

    assert sorted(private - _OF_LIBRARIES) == []
