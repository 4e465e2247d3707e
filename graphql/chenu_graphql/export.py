"""`python -m chenu_graphql.export PATH`: write the served schema, for graphql/schema.graphql."""

import sys
from pathlib import Path

from chenu_graphql.schema import print_sdl


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m chenu_graphql.export PATH\n")
        return 2
    Path(arguments[0]).write_text(print_sdl())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
