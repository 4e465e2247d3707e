"""Which queries are compiled: those that come a second time, and the most recently used of them."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec
from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, OperationType

from chenu_graphql.compiling import compile_query
from chenu_graphql.conditions import Condition, list_conditions
from chenu_graphql.fallbacks import FallbackReason, NotCompiled, count_evicted
from chenu_graphql.query_runs import CompiledQuery

MOST_QUERIES = 256
"""20 to 100 kB each."""
MOST_OF_DOCUMENT = 32
"""Its operations, each with all values that the variables of its directives were sent with."""

_KINDS = {
    OperationType.MUTATION: FallbackReason.MUTATION,
    OperationType.SUBSCRIPTION: FallbackReason.SUBSCRIPTION,
}


Key = tuple[str | None, tuple[bool, ...]]
"""An operation's name and the values of the variables of its directives."""


class Compilations(msgspec.Struct, frozen=True):
    """What is known of one document's operations: their conditions, and what they became."""

    conditions: dict[str | None, tuple[Condition, ...]] = msgspec.field(default_factory=dict)
    found: dict[Key, CompiledQuery | FallbackReason] = msgspec.field(default_factory=dict)


class CompiledQueries:
    """Each takes milliseconds to compile, which a query that comes once would not earn back."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._used: OrderedDict[tuple[int, Key], Compilations] = OrderedDict()

    def find(
        self,
        known: Compilations,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> CompiledQuery | FallbackReason:
        """A valid document's compiled query, or why graphql-core has to run the operation."""
        if operation.operation in _KINDS:
            return _KINDS[operation.operation]
        name = operation.name.value if operation.name else None
        if name not in known.conditions:
            known.conditions[name] = list_conditions(document, operation)
        try:
            key = name, tuple(each.read(variables) for each in known.conditions[name])
        except NotCompiled as refused:
            return refused.reason
        found = known.found.get(key)
        if isinstance(found, CompiledQuery):
            self._used.move_to_end((id(known), key))
        elif found is None and len(known.found) >= MOST_OF_DOCUMENT:
            return FallbackReason.DIRECTIVE
        elif found is None:
            found = known.found[key] = FallbackReason.FIRST_USE
        elif found is FallbackReason.FIRST_USE:
            found = known.found[key] = self._compile(known, document, operation, key)
        return found

    def _compile(
        self,
        known: Compilations,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        key: Key,
    ) -> CompiledQuery | FallbackReason:
        """One that is dropped is compiled again at its second use from then on."""
        names = [each.name for each in known.conditions[key[0]]]
        flags = dict(zip(names, key[1], strict=True))
        try:
            compiled = compile_query(self._schema, document, operation, flags)
        except NotCompiled as refused:
            return refused.reason
        self._used[id(known), key] = known
        if len(self._used) > MOST_QUERIES:
            (_, dropped), of_document = self._used.popitem(last=False)
            del of_document.found[dropped]
            count_evicted()
        return compiled

    def forget(self, known: Compilations) -> None:
        """Its document is not remembered any more."""
        for key in known.found:
            self._used.pop((id(known), key), None)
        known.found.clear()


def is_compiled(known: Compilations, name: str | None, variables: Mapping[str, Any]) -> bool:
    """False also for a document with several operations, of which none is named."""
    if name is None and len(known.conditions) == 1:
        [name] = known.conditions
    try:
        values = tuple(each.read(variables) for each in known.conditions.get(name, ()))
    except NotCompiled:
        return False
    return isinstance(known.found.get((name, values)), CompiledQuery)
