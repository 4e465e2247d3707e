"""Where tests write: into memory, where the machine has it to spare, until the run ends.

Dozens of database servers are made and thrown away; on a disk their thousands of files take a fifth
of the suite's time. Whoever sets TMPDIR gets the files there instead, and finds them afterwards.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of each run is made in it
_PREFIX = "chenu-run-"
_FREE_BYTES = 8 << 30
"""A run writes 2 GB at most, and its processes take the rest."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Workers of xdist inherit the environment of the process that started them."""
    if "TMPDIR" in os.environ or not _has_room():
        return
    _remove_left_over()
    folder = _MEMORY / f"{_PREFIX}{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o1777)  # for PostgreSQL, which does not run as root
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def _has_room() -> bool:
    if not _MEMORY.is_mount() or os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:
        return False
    lines = Path("/proc/meminfo").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return min(int(kilobytes) * 1024, shutil.disk_usage(_MEMORY).free) >= _FREE_BYTES


def _remove_left_over() -> None:
    """Of runs that were killed."""
    for folder in _MEMORY.glob(f"{_PREFIX}*"):
        if not Path("/proc", folder.name.removeprefix(_PREFIX)).exists():
            shutil.rmtree(folder, ignore_errors=True)
