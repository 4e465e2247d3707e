"""The served schema as a file, for people who read it and programs that generate clients."""

import hashlib
from functools import cache
from typing import Any

from litestar import MediaType, Response, get

from chenu_graphql.schema import print_sdl

SCHEMA_PATH = "/developers/schema.graphql"
_HEADERS = {"cache-control": "public, max-age=3600"}


@get(SCHEMA_PATH, include_in_schema=False)
async def send_schema() -> Response[Any]:
    """Shown by browsers as plain text; revalidated by its ETag after an hour."""
    body = _write_schema()
    headers = {**_HEADERS, "etag": f'"{hashlib.sha256(body).hexdigest()[:16]}"'}
    return Response(body, media_type=MediaType.TEXT, headers=headers)


@cache
def _write_schema() -> bytes:
    return print_sdl().encode()
