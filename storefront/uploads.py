"""Forms that carry a file: read in memory, a few parts of a few megabytes, and never from a disk.

A form of this kind is read where the handler declares `opt=... | UPLOAD` and its own limit of the
request's size; elsewhere it counts as no form at all.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from litestar import Request
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from chenu.core.errors import BadInput, Invalid

UPLOAD_TYPE = "multipart/form-data"
UPLOAD_KEY = "upload"
UPLOAD = {UPLOAD_KEY: True}
MOST_SENT = 8_000_000
"""Bytes of a request with a picture: above a picture's own limit, which its field can say."""
_MOST_PARTS = 20
_MOST_TEXT = 10_000
_STATE = "chenu_upload"

HttpRequest = Request[Any, Any, Any]


class Upload(msgspec.Struct, frozen=True):
    """The text fields of the form by name, and its files. What is sent twice counts once, last."""

    texts: Mapping[str, str]
    files: Mapping[str, bytes]


_NOTHING = Upload({}, {})


async def read_upload(request: HttpRequest) -> Upload:
    """Nothing in another kind of form. Raises BadInput; what asks again gets what was read."""
    state = request.scope["state"]
    if _STATE not in state:
        kind, options = request.content_type
        boundary = options.get("boundary", "")
        is_upload = kind == UPLOAD_TYPE
        state[_STATE] = _parse(await request.body(), boundary) if is_upload else _NOTHING
    upload: Upload = state[_STATE]
    return upload


async def read_file(request: HttpRequest, name: str) -> bytes:
    """Raises Invalid with the field's name where no file was chosen."""
    content = (await read_upload(request)).files.get(name)
    if not content:
        raise Invalid("Please choose a file", path=(name,))
    return content


def _parse(body: bytes, boundary: str) -> Upload:
    texts: dict[str, str] = {}
    files: dict[str, bytes] = {}
    try:
        for segment, content in _segments(body, boundary.encode("ascii")):
            if segment.filename is not None:
                files[segment.name] = content
            elif len(content) > _MOST_TEXT:
                raise BadInput("This form or address cannot be read")
            else:
                texts[segment.name] = content.decode()
    except (MultipartError, ValueError):
        raise BadInput("This form or address cannot be read") from None
    return Upload(texts, files)


def _segments(body: bytes, boundary: bytes) -> Iterator[tuple[MultipartSegment, bytes]]:
    """Each part with its content. Raises MultipartError."""
    with PushMultipartParser(boundary, max_segment_count=_MOST_PARTS) as parser:
        segment, content = None, bytearray()
        for event in parser.parse(body):
            if isinstance(event, MultipartSegment):
                segment, content = event, bytearray()
            elif event:
                content += event
            elif segment is not None:
                yield segment, bytes(content)
