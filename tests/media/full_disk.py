"""A disk without room: each write of more than some bytes fails, as far as this process goes."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

from structlog.testing import capture_logs


@contextmanager
def no_room(most: int = 0) -> Iterator[None]:
    """`most` is the size to which a file may grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with capture_logs():  # which pytest has in a file
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
