"""`python -m chenu_graphql.export PATH`: write the served schema, for graphql/schema.graphql.

The operations in the folder beside it become stored ones (stored.py), and so do those of the tools
for AI agents, who get them as a file of their own: they import nothing of ours.
"""

import json
import sys
from pathlib import Path

from chenu_graphql.schema import print_sdl
from chenu_graphql.stored import list_operations, name_of, store_operations

OF_TOOLS = Path("chenu", "mcp_server", "operations.graphql")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m chenu_graphql.export PATH\n")
        return 2
    path = Path(arguments[0])
    path.write_text(print_sdl())
    files = sorted(path.with_name("operations").glob("*.graphql"))
    tools = path.absolute().parents[1] / OF_TOOLS
    store_operations(list_operations(each.read_text() for each in (*files, tools)))
    _write_by_name(list_operations([tools.read_text()]), tools.with_suffix(".json"))
    return 0


def _write_by_name(operations: list[str], path: Path) -> None:
    texts = {name_of(text): text for text in operations}
    path.write_text(json.dumps(texts, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
