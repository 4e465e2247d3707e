"""One run of a compiled query: what resolvers are handed, and what they make us wait for."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

from chenu_graphql.context import Context

_Waiting = tuple[Awaitable[Any], dict[str, Any], str, Callable[[Any, "QueryRun"], Any]]


class NotCompiled(Exception):
    """Something that only graphql-core can do, or say."""


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """`fill` makes the answer's data out of the root."""

    operation: OperationDefinitionNode
    fill: Callable[[Any, "QueryRun"], Any]


class QueryRun:
    """Resolvers get it as their `info`: they read its context and nothing else."""

    __slots__ = ("_arguments", "_variables", "_waiting", "context")

    def __init__(self, context: Context, variables: VariableValues) -> None:
        self.context = context
        self._variables = variables
        self._waiting: list[_Waiting] = []
        self._arguments: dict[tuple[int, int], dict[str, Any]] = {}

    def read_arguments(self, definition: GraphQLField, node: FieldNode) -> dict[str, Any]:
        """Of a node once, however many rows it is asked of."""
        place = (id(definition), id(node))
        known = self._arguments.get(place)
        if known is None:
            known = get_argument_values(definition, node, self._variables)
            self._arguments[place] = known
        return known

    def wait_for(
        self,
        value: Awaitable[Any],
        answer: dict[str, Any],
        key: str,
        complete: Callable[[Any, "QueryRun"], Any],
    ) -> None:
        self._waiting.append((value, answer, key, complete))

    async def settle(self) -> None:
        """Wait for all that is open, then for what that opened: each wave shares its loaders."""
        while self._waiting:
            wave, self._waiting = self._waiting, []
            for (_, answer, key, complete), value in zip(wave, await _all(wave), strict=True):
                answer[key] = complete(value, self)

    def abandon(self) -> None:
        """Nothing is left that Python would warn of."""
        for value, *_ in self._waiting:
            drop: Callable[[], object] = getattr(value, "close", None) or getattr(value, "cancel")  # noqa: B009 - a coroutine has one, a future the other
            drop()


async def _all(wave: list[_Waiting]) -> list[Any]:
    """Every value, or the first error when all are done."""
    if len(wave) == 1:
        return [await wave[0][0]]
    values = await asyncio.gather(*(value for value, *_ in wave), return_exceptions=True)
    for value in values:
        if isinstance(value, BaseException):
            raise value
    return values


async def run_query(
    compiled: CompiledQuery, schema: GraphQLSchema, variables: Mapping[str, Any], ctx: Context
) -> dict[str, Any]:
    """The data. Whatever it raises is to be found out again by graphql-core."""
    definitions = compiled.operation.variable_definitions or ()
    read = get_variable_values(schema, definitions, dict(variables))
    if isinstance(read, list):
        raise NotCompiled
    run = QueryRun(ctx, read)
    try:
        data: dict[str, Any] = compiled.fill(None, run)
        await run.settle()
    except BaseException:
        run.abandon()
        raise
    return data
