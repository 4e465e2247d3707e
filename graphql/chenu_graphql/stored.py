"""Stored operations: those of graphql/operations, which a request may name by a hash of their text.

They are the persisted documents of the GraphQL-over-HTTP draft. operations.json is written by
`make schema` and belongs to the package: an installation has no other copy of them.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    OperationDefinitionNode,
    parse,
    print_ast,
    separate_operations,
)
from graphql import FragmentDefinitionNode as _Fragment
from litestar import MediaType, Response, get

STORED_PATH = "/graphql/operations.json"

_FILE = Path(__file__).with_name("operations.json")
_PREFIX = "sha256:"


def find_stored(document_id: str) -> str | None:
    """The text of a stored operation.

    `document_id` is `sha256:` and 64 hexadecimal digits, or those digits alone, as
    graphql-code-generator writes them; to the draft that is an identifier of our own.
    """
    return read_stored().get(_PREFIX + document_id.removeprefix(_PREFIX))


def is_stored(text: str) -> bool:
    return text in _texts()


@cache
def _texts() -> frozenset[str]:
    return frozenset(read_stored().values())


@cache
def read_stored() -> Mapping[str, str]:
    """Text by id."""
    return msgspec.json.decode(_FILE.read_bytes(), type=dict[str, str])


def id_of(text: str) -> str:
    return _PREFIX + hashlib.sha256(text.encode()).hexdigest()


def list_operations(documents: Iterable[str]) -> list[str]:
    """Each operation of these documents, then the fragments that it spreads, as graphql prints
    them: so do generated clients.
    """
    parsed = (parse(text) for text in documents)
    return [_spell(one) for each in parsed for one in separate_operations(each).values()]


def _spell(document: DocumentNode) -> str:
    definitions = sorted(document.definitions, key=lambda node: isinstance(node, _Fragment))
    return print_ast(DocumentNode(definitions=tuple(definitions)))


def store_operations(operations: Iterable[str]) -> None:
    """What is stored already stays: clients have its ids."""
    texts = {*operations, *(read_stored().values() if _FILE.exists() else ())}
    entries = {id_of(text): text for text in sorted(texts, key=lambda text: (name_of(text), text))}
    _FILE.write_bytes(msgspec.json.format(msgspec.json.encode(entries), indent=1) + b"\n")


def name_of(operation: str) -> str:
    nodes = parse(operation).definitions
    names = (node.name for node in nodes if isinstance(node, OperationDefinitionNode))
    return next(name.value for name in names if name is not None)


@get(STORED_PATH, include_in_schema=False, media_type=MediaType.JSON)
async def show_stored() -> Response[Any]:
    """The ids that may be sent, with their texts: the same for everybody."""
    headers = {"cache-control": "public, max-age=300"}
    return Response(_contents(), media_type=MediaType.JSON, headers=headers)


@cache
def _contents() -> bytes:
    return _FILE.read_bytes()
