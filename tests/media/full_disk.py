"""A disk without room: each write of more than some bytes fails, as far as this process goes."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

import structlog

from chenu.core.logs import logger_factory


@contextmanager
def _unwritten_logs() -> Iterator[None]:
    """The product's own stream, to a disk that is full as well."""
    before = structlog.get_config()["logger_factory"]
    with open_full_disk() as full:
        structlog.configure(logger_factory=logger_factory(full))
        try:
            yield
        finally:
            structlog.configure(logger_factory=before)


@contextmanager
def open_full_disk() -> Iterator[TextIO]:
    """A stream that takes lines as stderr does, and can keep none."""
    stream = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115 - closing it fails
    try:
        yield stream
    finally:
        with suppress(OSError):
            stream.close()


@contextmanager
def no_room(most: int = 0) -> Iterator[None]:
    """`most` is the size to which a file may grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with _unwritten_logs():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
