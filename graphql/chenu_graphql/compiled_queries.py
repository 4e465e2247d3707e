"""Which queries are compiled: those that come a second time, and the most recently used of them."""

from collections import OrderedDict
from dataclasses import dataclass, field

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, OperationType

from chenu_graphql.compiling import compile_query
from chenu_graphql.fallbacks import FallbackReason, NotCompiled, count_evicted
from chenu_graphql.query_runs import CompiledQuery

MOST_QUERIES = 256
"""20 to 100 kB each."""

_KINDS = {
    OperationType.MUTATION: FallbackReason.MUTATION,
    OperationType.SUBSCRIPTION: FallbackReason.SUBSCRIPTION,
}


@dataclass(frozen=True, slots=True)
class Compilations:
    """What is known of one document's operations, by their names."""

    found: dict[str | None, CompiledQuery | FallbackReason] = field(default_factory=dict)


class CompiledQueries:
    """Each takes milliseconds to compile, which a query that comes once would not earn back."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._used: OrderedDict[tuple[int, str | None], Compilations] = OrderedDict()

    def find(
        self, known: Compilations, document: DocumentNode, operation: OperationDefinitionNode
    ) -> CompiledQuery | FallbackReason:
        """A valid document's compiled query, or why graphql-core has to run the operation."""
        name = operation.name.value if operation.name else None
        found = known.found.get(name)
        if isinstance(found, CompiledQuery):
            self._used.move_to_end((id(known), name))
        elif found is None:
            found = known.found[name] = _KINDS.get(operation.operation, FallbackReason.FIRST_USE)
        elif found is FallbackReason.FIRST_USE:
            found = known.found[name] = self._compile(document, operation)
            if isinstance(found, CompiledQuery):
                self._keep(known, name)
        return found

    def _compile(
        self, document: DocumentNode, operation: OperationDefinitionNode
    ) -> CompiledQuery | FallbackReason:
        try:
            return compile_query(self._schema, document, operation)
        except NotCompiled as refused:
            return refused.reason

    def _keep(self, known: Compilations, name: str | None) -> None:
        """One that was dropped is compiled again at its second use from then on."""
        self._used[id(known), name] = known
        if len(self._used) > MOST_QUERIES:
            (_, dropped), of_document = self._used.popitem(last=False)
            del of_document.found[dropped]
            count_evicted()

    def forget(self, known: Compilations) -> None:
        """Its document is not remembered any more."""
        for name in known.found:
            self._used.pop((id(known), name), None)
        known.found.clear()
