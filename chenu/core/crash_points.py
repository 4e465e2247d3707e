"""Named places where a test may have this process killed, to prove that no money is lost.

CHENU_CRASH_FILE names a file. When it contains the name of a crash point, passing that point
deletes the file and kills the process, so that the restarted process survives. Only read with
CHENU_MODE=test.
"""

import os
import signal
from pathlib import Path


def crash_point(name: str) -> None:
    """Kill this process with SIGKILL if the test asked for it."""
    file = os.environ.get("CHENU_CRASH_FILE")
    if file is None or os.environ.get("CHENU_MODE") != "test":
        return
    armed = Path(file)
    if armed.exists() and armed.read_text() == name:
        armed.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
