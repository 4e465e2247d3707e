"""Headers as bytes: what a client library would not send."""

from collections.abc import Mapping

RawHeaders = list[tuple[bytes, bytes]]


def raw(headers: Mapping[str, str | bytes]) -> RawHeaders:
    """Text as UTF-8, whatever a header may carry."""
    return [
        (name.encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in headers.items()
    ]
