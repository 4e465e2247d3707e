"""Headers as bytes, as a client library would not send them."""

from collections.abc import Mapping

RawHeaders = list[tuple[bytes, bytes]]


def raw(headers: Mapping[str, str | bytes]) -> RawHeaders:
    """Text as UTF-8, with any characters."""
    return [
        (name.encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in headers.items()
    ]
