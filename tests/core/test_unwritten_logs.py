"""Whoever logs goes on when the disk with the log is full."""

import subprocess
import sys

from chenu.core.logs import LossyStream, logger_factory
from tests.media.full_disk import open_full_disk

_LOGS = """
import logging, structlog
from chenu.core.logs import LossyStream, configure_logs
configure_logs("INFO")
structlog.get_logger().info("ours")
logging.getLogger("library").warning("of a library")
print(LossyStream.lost)
"""


def test_a_line_that_cannot_be_written_is_lost_and_counted() -> None:
    before = LossyStream.lost

    with open_full_disk() as full:
        logger_factory(full)().info("nobody reads this")

    assert LossyStream.lost == before + 1


def test_a_process_with_a_full_disk_for_its_log_goes_on() -> None:
    with open_full_disk() as full:
        done = subprocess.run(
            [sys.executable, "-c", _LOGS], stdout=subprocess.PIPE, stderr=full, text=True
        )

    assert (done.returncode, done.stdout) == (0, "2\n")
