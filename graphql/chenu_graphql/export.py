"""`python -m chenu_graphql.export PATH`: write the served schema, for graphql/schema.graphql.

The operations in the folder beside it become stored ones (stored.py).
"""

import sys
from pathlib import Path

from chenu_graphql.schema import print_sdl
from chenu_graphql.stored import list_operations, store_operations


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m chenu_graphql.export PATH\n")
        return 2
    path = Path(arguments[0])
    path.write_text(print_sdl())
    folder = path.with_name("operations")
    store_operations(list_operations(each.read_text() for each in sorted(folder.glob("*.graphql"))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
