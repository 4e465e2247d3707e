"""Queries turned into plain functions once, instead of being interpreted at each execution.

A compiled query knows how to succeed and nothing else: whatever is unusual, in the document or
while it runs, is left to graphql-core, which has the right words and places for errors. Queries
change nothing, so asking twice is safe; mutations and subscriptions are never compiled.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    is_abstract_type,
)

from chenu_graphql.query_runs import CompiledQuery, NotCompiled, QueryRun

Finish = Callable[[Any, QueryRun], Any]
"""What a resolver gave, as it goes into the answer."""
Ask = Callable[[Any, QueryRun], Any]
"""A field's value of a source, not finished yet; it may have to be awaited."""


_TEXT = (GraphQLString, GraphQLID)

Parent = OperationDefinitionNode | FieldNode


def compile_query(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> CompiledQuery | None:
    """For a valid document; None where it has something that compiled queries do not know."""
    root = schema.query_type
    if operation.operation is not OperationType.QUERY or operation.directives or root is None:
        return None
    try:
        return CompiledQuery(
            operation, _Compiler(schema, document).compile_fields(root, [operation])
        )
    except NotCompiled:
        return None


class _Compiler:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def compile_fields(self, kind: GraphQLObjectType, parents: Sequence[Parent]) -> Finish:
        """What is selected of an object by all its parents. Raises Unplanned."""
        merged: dict[str, list[FieldNode]] = {}
        for parent in parents:
            for node in self._fields(kind, parent.selection_set):
                key = node.alias.value if node.alias else node.name.value
                merged.setdefault(key, []).append(node)
        steps = [(key, *self._step(kind, nodes)) for key, nodes in merged.items()]

        def fill(source: Any, run: QueryRun) -> Any:
            answer: dict[str, Any] = {}
            for key, ask, complete in steps:
                value = ask(source, run)
                if hasattr(value.__class__, "__await__"):
                    answer[key] = None  # keeps the place: fields stand as they were asked
                    run.wait_for(value, answer, key, complete)
                else:
                    answer[key] = complete(value, run)
            return answer

        return fill

    def _fields(
        self, kind: GraphQLObjectType, selection_set: SelectionSetNode | None
    ) -> Iterator[FieldNode]:
        for node in selection_set.selections if selection_set else ():
            if node.directives:
                raise NotCompiled
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode):
                yield from self._fragment(kind, self._fragments[node.name.value])
            elif isinstance(node, InlineFragmentNode):
                yield from self._fragment(kind, node)

    def _fragment(
        self, kind: GraphQLObjectType, node: FragmentDefinitionNode | InlineFragmentNode
    ) -> Iterator[FieldNode]:
        if node.directives:
            raise NotCompiled
        condition = node.type_condition
        wanted = self._schema.get_type(condition.name.value) if condition else kind
        if wanted is kind or (is_abstract_type(wanted) and self._schema.is_sub_type(wanted, kind)):
            yield from self._fields(kind, node.selection_set)

    def _step(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> tuple[Ask, Finish]:
        name = nodes[0].name.value
        if name == "__typename":
            return (lambda _source, _run: kind.name), (lambda value, _run: value)
        definition = kind.fields.get(name)
        if definition is None:  # introspection
            raise NotCompiled
        return _ask(definition, nodes[0]), self._finish(definition.type, nodes)

    def _finish(self, kind: GraphQLOutputType, nodes: list[FieldNode]) -> Finish:
        if isinstance(kind, GraphQLNonNull):
            required = _never_null(self._finish(kind.of_type, nodes))
            return _text_at_once(required) if kind.of_type in _TEXT else required
        if isinstance(kind, GraphQLList):
            return _each(self._finish(kind.of_type, nodes))
        if isinstance(kind, GraphQLObjectType):
            return _unless_null(self.compile_fields(kind, nodes))
        if isinstance(kind, GraphQLScalarType | GraphQLEnumType):
            return _leaf(kind)
        raise NotCompiled  # interfaces and unions


def _ask(definition: GraphQLField, node: FieldNode) -> Ask:
    resolve: Any = definition.resolve
    if not definition.args:
        asked: Ask = resolve
        return asked
    return lambda source, run: resolve(source, run, **run.read_arguments(definition, node))


def _leaf(kind: GraphQLScalarType | GraphQLEnumType) -> Finish:
    write = kind.coerce_output_value

    def finish(value: Any, _run: QueryRun) -> Any:
        if value is None:
            return None
        written = write(value)
        if written is None:
            raise NotCompiled
        return written

    return _text_at_once(finish) if kind in _TEXT else finish


def _text_at_once(complete: Finish) -> Finish:
    """Most values are text already: no further call for them."""
    return lambda value, run: value if value.__class__ is str else complete(value, run)


def _unless_null(fill: Finish) -> Finish:
    return lambda value, run: None if value is None else fill(value, run)


def _never_null(complete: Finish) -> Finish:
    def finish(value: Any, run: QueryRun) -> Any:
        finished = complete(value, run)
        if finished is None:
            raise NotCompiled
        return finished

    return finish


def _each(complete: Finish) -> Finish:
    def finish(value: Any, run: QueryRun) -> Any:
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            raise NotCompiled
        return [complete(entry, run) for entry in value]

    return finish
