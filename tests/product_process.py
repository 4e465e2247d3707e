"""`chenu serve` and `chenu worker` as processes of their own that need not import anything first.

Imports are most of a process's start: two and a half seconds of a core. Here a process that has
imported the product, and done nothing else, is forked for each start. `tests/test_cli.py` and the
demo start the command as people do.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

_IMPORTS = "tests.imported_product"
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([_IMPORTS])


def start_chenu(arguments: Sequence[str], env: Mapping[str, str], log: Path) -> BaseProcess:
    """With this environment and no other; what it says is added to the log."""
    given = (tuple(arguments), dict(env), str(log))
    process = _FORKS.Process(target=_run_chenu, args=given, daemon=True)
    process.start()
    return process


def _run_chenu(arguments: tuple[str, ...], env: dict[str, str], log: str) -> None:
    os.environ.clear()
    os.environ.update(env)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    if _IMPORTS not in sys.modules:
        raise RuntimeError(f"{_IMPORTS} could not be imported")
    from chenu.cli import main

    main(arguments, prog_name="chenu")
