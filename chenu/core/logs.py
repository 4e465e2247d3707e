"""Structured logs: one JSON object per line on stderr, with the request's id and without
secrets.
"""

import contextlib
import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, ClassVar, TextIO, cast

import orjson
import structlog

_ATOM = r"[\w.!#$%&'*+/=?^`{|}~-]"
_SECRET = re.compile(
    r"chenu_(?:live|service)_\w+|(?:sk|rk)_(?:test|live)_\w+|whsec_\w+|\b(?:\d[ -]?){13,19}\b"
    # anchored at a word boundary and without backtracking: otherwise a long path takes seconds
    rf"|(?<!{_ATOM}){_ATOM}++@[\w-]+\.[\w.-]+"
)


class LossyStream:
    """A line that cannot be written, as on a full disk, is lost and counted.

    Whoever logs goes on: no request fails for the sake of what is said about it.
    """

    lost: ClassVar[int] = 0
    """Lines of this process."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            LossyStream.lost += 1
            return 0

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


def logger_factory(stream: TextIO) -> structlog.WriteLoggerFactory:
    return structlog.WriteLoggerFactory(cast(TextIO, LossyStream(stream)))


def configure_logs(level: str) -> None:
    """One format for our log lines and those of libraries."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
    ]
    moment = structlog.processors.TimeStamper(fmt="iso", utc=True)
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            redact,
            moment,  # added after redaction, which is slow on long strings of digits
            structlog.processors.JSONRenderer(_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=logger_factory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, moment, structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(_as_json),
        ],
    )
    handler = logging.StreamHandler(LossyStream(sys.stderr))
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelName(level)))


def _as_json(event: Mapping[str, Any], **_: Any) -> str:
    """orjson, because the standard library takes three times as long and each request
    waits for it.
    """
    try:
        return orjson.dumps(event).decode()
    except TypeError:  # a lone surrogate, or an integer beyond 64 bits
        return json.dumps(event)


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Removes API keys, signing secrets, card numbers and email addresses."""
    for key, value in event.items():
        event[key] = _clean(value)
    return event


def _clean(value: Any) -> Any:
    """A value that is neither text nor a number is converted to text, as the renderer would do."""
    if isinstance(value, str):
        if value.isalnum() and not value.isdigit():
            return value  # fast path: every secret contains a special character or is a number
        return _SECRET.sub("[redacted]", value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {_clean(key): _clean(held) for key, held in value.items()}
    if isinstance(value, list | tuple | set):
        return [_clean(entry) for entry in value]
    return _clean(repr(value))
