"""Documents parsed, limited and validated once, cached by their text."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    validate,
)

from chenu.core.i18n import mark
from chenu.core.paging import MAX_PAGE
from chenu_graphql.compiled_queries import Compilations, CompiledQueries, is_compiled
from chenu_graphql.errors import ValidationFailed, to_graphql
from chenu_graphql.fallbacks import FallbackReason
from chenu_graphql.limits import (
    MAX_BYTES,
    MAX_TOKENS,
    Meter,
    Size,
    check_fragments,
    check_size,
)
from chenu_graphql.literals import check_numbers
from chenu_graphql.query_runs import CompiledQuery
from chenu_graphql.stored import is_stored

REMEMBERED_BYTES = 128_000
"""Bytes of text; the parsed documents take up to 270 times as much memory."""
_LEAST_BYTES = 500
"""A shorter text counts as this many: its error takes 4 kB, however short it is."""

_MAX_ERRORS = 20
_MOST_SIZES = 100
_NOT_SENT = object()


class Sizes(msgspec.Struct, frozen=True):
    """The sizes of one operation, by the values of the variables that determine page sizes."""

    variables: tuple[str, ...]
    known: dict[tuple[Any, ...], Size] = msgspec.field(default_factory=dict)

    def read_key(self, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """None for anything but page sizes, because 1, 1.0 and true are equal as keys but not as
        sizes.
        """
        key = tuple(values.get(name, _NOT_SENT) for name in self.variables)
        return key if all(_is_page_size(part) for part in key) else None

    def remember(self, key: tuple[Any, ...] | None, size: Size) -> None:
        if key is not None and len(self.known) < _MOST_SIZES:
            self.known[key] = size


def _is_page_size(value: Any) -> bool:
    return value is _NOT_SENT or (type(value) is int and 0 <= value <= MAX_PAGE)


class Prepared(msgspec.Struct, frozen=True):
    """A document, or its errors.

    `sizes` caches the size of each operation for certain page sizes.
    """

    document: DocumentNode | None = None
    errors: tuple[GraphQLError, ...] = ()
    sizes: dict[str | None, "Sizes"] = msgspec.field(default_factory=dict)
    compilations: Compilations = msgspec.field(default_factory=Compilations)

    operations: tuple[OperationDefinitionNode, ...] = ()


class Documents:
    """The least recently used documents are dropped when the total length of texts exceeds the
    limit; stored operations stay, of which there are as many as operations.json has.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: OrderedDict[str, Prepared] = OrderedDict()
        self._bytes = 0
        self._stored: dict[str, Prepared] = {}
        self._compiled = CompiledQueries(schema)

    def read(self, text: str) -> Prepared:
        if text in self._stored:
            return self._stored[text]
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
            return known
        size = len(text.encode(errors="replace"))
        if size > MAX_BYTES:
            message = mark("A document has at most {count} bytes")
            return _refuse(to_graphql(ValidationFailed(message, count=MAX_BYTES)))
        prepared = self._prepare(text)
        self._remember(text, size, prepared)
        return prepared

    def find_compiled(
        self,
        prepared: Prepared,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> CompiledQuery | FallbackReason:
        """An operation's compiled query, or why graphql-core has to run it.

        Raises ValueError for a document with errors.
        """
        if prepared.document is None:
            raise ValueError("the document has errors")
        known = prepared.compilations
        return self._compiled.find(known, prepared.document, operation, variables)

    def is_compiled(self, text: str, name: str | None, variables: Mapping[str, Any]) -> bool:
        """Whether its query is compiled already, for such variables."""
        known = self._stored.get(text) or self._known.get(text)
        return known is not None and is_compiled(known.compilations, name, variables)

    def _remember(self, text: str, size: int, prepared: Prepared) -> None:
        if is_stored(text):
            self._stored[text] = prepared
            return
        self._known[text] = prepared
        self._bytes += max(size, _LEAST_BYTES)
        while self._bytes > REMEMBERED_BYTES:
            forgotten, dropped = self._known.popitem(last=False)
            self._compiled.forget(dropped.compilations)
            self._bytes -= max(len(forgotten.encode(errors="replace")), _LEAST_BYTES)

    def _prepare(self, text: str) -> Prepared:
        """Limits come before validation, which takes more than linear time."""
        try:
            document = parse(text, max_tokens=MAX_TOKENS)
            errors = (
                check_numbers(text, document)
                or check_fragments(document)
                or self._check_limits(document)
                or self._validate(document)
            )
        except GraphQLError as error:
            return _refuse(_with_code(error, "BAD_INPUT"))
        except RecursionError:
            return _refuse(to_graphql(ValidationFailed("The document is nested too deeply")))
        return _refuse(*errors) if errors else Prepared(document, operations=_list(document))

    def _validate(self, document: DocumentNode) -> list[GraphQLError]:
        found = validate(self._schema, document, max_errors=_MAX_ERRORS)
        return [_with_code(error, ValidationFailed.code) for error in found]

    def _check_limits(self, document: DocumentNode) -> list[GraphQLError]:
        meter = Meter(self._schema, document, {})
        sizes = [meter.measure(operation) for operation in _list(document)]
        meter.measure_fragments()
        return check_size(meter.written, sizes)


def _list(document: DocumentNode) -> tuple[OperationDefinitionNode, ...]:
    nodes = document.definitions
    return tuple(node for node in nodes if isinstance(node, OperationDefinitionNode))


def _refuse(*errors: GraphQLError) -> Prepared:
    return Prepared(errors=errors)


def _with_code(error: GraphQLError, code: str) -> GraphQLError:
    """Keeps only the positions: a reference to nodes would keep the document in memory."""
    return GraphQLError(
        error.message, source=error.source, positions=error.positions, extensions={"code": code}
    )
