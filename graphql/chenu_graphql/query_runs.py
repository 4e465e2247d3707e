"""One run of a compiled query: its arguments, and the values that it waits for."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from graphql import GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues, get_variable_values

from chenu.core.errors import Unavailable
from chenu_graphql.arguments import Arguments, PlainVariables
from chenu_graphql.batching import Loader
from chenu_graphql.context import Context
from chenu_graphql.fallbacks import FallbackReason, NotCompiled
from chenu_graphql.relations import GuardedRelation, Relation

Complete = Callable[[Any, "QueryRun"], Any]
"""Converts a resolved value to what the answer contains."""


class CompiledQuery(msgspec.Struct, frozen=True):
    """`complete` makes the answer's data from the root value; `text` is its source, and `legend`
    says of names in it what they stand for.
    """

    operation: OperationDefinitionNode
    variables: PlainVariables
    complete: Complete
    text: str
    legend: tuple[tuple[str, str], ...]


class _Pending(NamedTuple):
    """A value that must be awaited, and its place in the answer."""

    value: Awaitable[Any]
    answer: dict[str, Any]
    key: str
    complete: Complete


class _Place(NamedTuple):
    """Where the row that a relation looks up by `row_key` belongs in the answer."""

    row_key: Any
    relation: Relation
    answer: dict[str, Any]
    key: str
    complete: Complete


class ListInfo(NamedTuple):
    """What a resolver of a list gets in place of the run: `shown` are the columns it may read."""

    context: Context
    shown: Any


class _Variables:
    """As they were sent with one operation; read by graphql-core only where that is needed."""

    __slots__ = ("_compiled", "_read", "_schema", "_sent")

    def __init__(
        self, compiled: CompiledQuery, schema: GraphQLSchema, sent: Mapping[str, Any]
    ) -> None:
        self._compiled = compiled
        self._schema = schema
        self._sent = sent
        self._read: VariableValues | None = None

    def read_plain(self) -> dict[str, Any] | None:
        """None where graphql-core has to read them. Raises NotCompiled if it finds an error."""
        plain = self._compiled.variables.read(self._sent)
        if plain is None:
            self.read()
        return plain

    def read(self) -> VariableValues:
        """Raises NotCompiled."""
        if self._read is None:
            definitions = self._compiled.operation.variable_definitions or ()
            values = get_variable_values(self._schema, definitions, dict(self._sent))
            if isinstance(values, list):
                raise NotCompiled(FallbackReason.INVALID_VARIABLES)
            self._read = values
        return self._read


class QueryRun:
    """Resolvers get it as their `info`: they read its context and nothing else."""

    __slots__ = ("_arguments", "_pending", "_plain", "_related", "_variables", "context")

    def __init__(self, context: Context, variables: _Variables) -> None:
        """Raises NotCompiled for variables that are not what the operation asks for."""
        self.context = context
        self._variables = variables
        self._plain = variables.read_plain()
        self._pending: list[_Pending] = []
        self._related: dict[Loader[Any, Any], list[_Place]] = {}
        self._arguments: dict[int, dict[str, Any]] = {}

    def read_arguments(self, arguments: Arguments) -> dict[str, Any]:
        """Each node's arguments are read once, however many rows the field is resolved for."""
        known = self._arguments.get(id(arguments))
        if known is None:
            known = None if self._plain is None else arguments.read_plain(self._plain)
            if known is None:
                known = arguments.read(self._variables.read())
            self._arguments[id(arguments)] = known
        return known

    def showing(self, shown: Any) -> ListInfo:
        return ListInfo(self.context, shown)

    def finish(self, value: Any, answer: dict[str, Any], key: str, complete: Complete) -> Any:
        """The completed value; None for one that must be awaited, whose place is kept."""
        if not hasattr(value, "__await__"):  # of its class, a miss would cost ten times this
            return complete(value, self)
        self._pending.append(_Pending(value, answer, key, complete))
        return None

    def relate(
        self,
        guarded: GuardedRelation,
        source: Any,
        answer: dict[str, Any],
        key: str,
        complete: Complete,
    ) -> Any:
        """The completed null of an object without a key; None for a row that is looked up with
        those of the other objects, whose place is kept.
        """
        row_key = guarded.find_key(self.context, source)
        if row_key is None:
            return complete(None, self)
        relation = guarded.relation
        places = self._related.setdefault(relation.find_loader(self.context), [])
        places.append(_Place(row_key, relation, answer, key, complete))
        return None

    async def settle(self) -> None:
        """Await all pending values, then those that completing them added.

        The values of one wave are awaited together, so that loaders see all of their keys at once.
        """
        while self._pending or self._related:
            wave, self._pending = self._pending, []
            related, self._related = self._related, {}
            awaited = [pending.value for pending in wave]
            asked = [
                loader.load_all([place.row_key for place in places])
                for loader, places in related.items()
            ]
            values = await _await_all([*awaited, *asked])
            for (_, answer, key, complete), value in zip(wave, values, strict=False):
                answer[key] = complete(value, self)
            for places, rows in zip(related.values(), values[len(wave) :], strict=True):
                self._place(places, rows)

    def _place(self, places: Sequence[_Place], rows: Sequence[Any]) -> None:
        for (_, relation, answer, key, complete), row in zip(places, rows, strict=True):
            answer[key] = complete(relation.complete(row), self)

    def abandon(self) -> None:
        """Close coroutines that were never awaited, which Python would warn of."""
        for pending in self._pending:
            value: Any = pending.value
            close: Callable[[], object] = getattr(value, "close", None) or value.cancel
            close()


async def _await_all(values: list[Awaitable[Any]]) -> list[Any]:
    """Raises the first error when all are done, but a lost database before any other."""
    if len(values) == 1:
        return [await values[0]]
    results = await asyncio.gather(*values, return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    for error in errors:
        if isinstance(error, Unavailable):
            raise error
    if errors:
        raise errors[0]
    return results


async def run_query(
    compiled: CompiledQuery, schema: GraphQLSchema, variables: Mapping[str, Any], ctx: Context
) -> dict[str, Any]:
    """The answer's data. After any error that it raises, graphql-core has to run the query."""
    run = QueryRun(ctx, _Variables(compiled, schema, variables))
    try:
        data: dict[str, Any] = compiled.complete(None, run)
        await run.settle()
    except BaseException:
        run.abandon()
        raise
    return data
