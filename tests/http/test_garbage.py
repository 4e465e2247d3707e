"""What the web process exempts from collections, and that full ones go on."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.long

_WORK = """
import gc
from chenu.http.server import spare_garbage_collection

existing = [[] for _ in range(200_000)]
spare_garbage_collection()
full = gc.get_stats()[2]["collections"]
for _ in range(80):
    passing = [[] for _ in range(120_000)]
print(gc.get_freeze_count() > 200_000, gc.get_stats()[2]["collections"] > full)
"""


def test_full_collections_go_on_however_much_was_there_at_start() -> None:
    done = subprocess.run([sys.executable, "-c", _WORK], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "True"]
