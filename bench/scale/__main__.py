"""`make scale`: starts it, loads it, breaks it, and prints a table. docs/scaling.md."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench.scale.machines import enter, make_network, open_interpreter
from bench.scale.stack import Stack
from chenu.demo.processes import StartError


def main() -> int:
    try:
        enter("bench.scale", sys.argv[1:])
        make_network()
        open_interpreter()
        folder = Path(tempfile.mkdtemp(prefix="chenu-scale-"))
        begun = time.monotonic()
        stack = Stack(folder)
        stack.start_engines()
        print(
            "engines after",
            round(time.monotonic() - begun, 1),
            "s",
            stack.primary(),
            stack.replicas(),
            stack.synchronous(),
        )
        shutil.rmtree(folder)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
