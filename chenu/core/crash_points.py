"""Named places where a test may have this process killed, to prove that money survives it.

CHENU_CRASH_FILE names a file; while it holds a point's name, passing that point removes the file
and kills. So a test arms a running process, and its successor lives. Only CHENU_MODE=test looks.
"""

import os
import signal
from pathlib import Path


def crash_point(name: str) -> None:
    """Die here, as kill -9 would, when the test asked for it."""
    file = os.environ.get("CHENU_CRASH_FILE")
    if file is None or os.environ.get("CHENU_MODE") != "test":
        return
    armed = Path(file)
    if armed.exists() and armed.read_text() == name:
        armed.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
