"""Queries turned into plain functions once, instead of being interpreted at each execution.

A compiled query can only succeed: whatever is unusual, in the document or while it runs, is left to
graphql-core, so that errors have one source of words and places. Queries change nothing, so
running one twice is safe; mutations and subscriptions are never compiled.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    is_abstract_type,
)

from chenu_graphql.fallbacks import FallbackReason, NotCompiled
from chenu_graphql.query_runs import CompiledQuery, Complete, QueryRun

Resolve = Callable[[Any, QueryRun], Any]
"""A field's value for a source, not completed yet; it may have to be awaited."""

Parent = OperationDefinitionNode | FieldNode
"""A node whose selection set is compiled."""

Null = Callable[[], None]
"""What a null becomes: a null of the answer, or NotCompiled where there must be none."""

_AS_THEY_ARE: Mapping[Any, type] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""Values of exactly these classes need no coercion, which saves a call for most of them."""


def _be_null() -> None:
    """A null of the answer."""


def _refuse_null() -> None:
    raise NotCompiled(FallbackReason.NULL_IN_NON_NULL)


def compile_query(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> CompiledQuery:
    """For a query of a valid document. Raises NotCompiled for what only graphql-core can do."""
    if operation.directives:
        raise NotCompiled(FallbackReason.DIRECTIVE)
    root = schema.query_type
    if root is None:
        raise TypeError("the schema has no queries")
    return CompiledQuery(operation, _Compiler(schema, document).compile_fields(root, [operation]))


class _Compiler:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def compile_fields(self, kind: GraphQLObjectType, parents: Sequence[Parent]) -> Complete:
        """All that the parents select of an object, merged by response key."""
        merged: dict[str, list[FieldNode]] = {}
        for parent in parents:
            for node in self._collect_fields(kind, parent.selection_set):
                key = node.alias.value if node.alias else node.name.value
                merged.setdefault(key, []).append(node)
        fields = [(key, *self._compile_field(kind, nodes)) for key, nodes in merged.items()]

        def complete_object(source: Any, run: QueryRun) -> Any:
            answer: dict[str, Any] = {}
            for key, resolve, complete, class_as_it_is in fields:
                value = resolve(source, run)
                if value.__class__ is class_as_it_is:
                    answer[key] = value
                elif hasattr(value, "__await__"):  # of its class, a miss would cost ten times this
                    answer[key] = None  # keeps the order of keys as they were selected
                    run.wait_for(value, answer, key, complete)
                else:
                    answer[key] = complete(value, run)
            return answer

        return complete_object

    def _collect_fields(
        self, kind: GraphQLObjectType, selection_set: SelectionSetNode | None
    ) -> Iterator[FieldNode]:
        for node in selection_set.selections if selection_set else ():
            if node.directives:
                raise NotCompiled(FallbackReason.DIRECTIVE)
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode):
                yield from self._collect_fragment(kind, self._fragments[node.name.value])
            elif isinstance(node, InlineFragmentNode):
                yield from self._collect_fragment(kind, node)

    def _collect_fragment(
        self, kind: GraphQLObjectType, node: FragmentDefinitionNode | InlineFragmentNode
    ) -> Iterator[FieldNode]:
        if node.directives:
            raise NotCompiled(FallbackReason.DIRECTIVE)
        name = node.type_condition.name.value if node.type_condition else kind.name
        condition = self._schema.get_type(name)
        is_kind = condition is kind
        if is_kind or (is_abstract_type(condition) and self._schema.is_sub_type(condition, kind)):
            yield from self._collect_fields(kind, node.selection_set)

    def _compile_field(
        self, kind: GraphQLObjectType, nodes: list[FieldNode]
    ) -> tuple[Resolve, Complete, type | None]:
        name = nodes[0].name.value
        if name == "__typename":
            return (lambda _source, _run: kind.name), (lambda value, _run: value), str
        definition = kind.fields.get(name)
        if definition is None:
            raise NotCompiled(FallbackReason.INTROSPECTION)
        resolve = _compile_resolver(definition, nodes[0])
        return resolve, self._compile_type(definition.type, nodes), _class_as_it_is(definition.type)

    def _compile_type(
        self, kind: GraphQLOutputType, nodes: list[FieldNode], null: Null = _be_null
    ) -> Complete:
        if isinstance(kind, GraphQLNonNull):
            return self._compile_type(kind.of_type, nodes, _refuse_null)
        if isinstance(kind, GraphQLList):
            complete = self._compile_type(kind.of_type, nodes)
            return _complete_list(complete, _class_as_it_is(kind.of_type), null)
        if isinstance(kind, GraphQLObjectType):
            return _complete_object(self.compile_fields(kind, nodes), null)
        if isinstance(kind, GraphQLScalarType | GraphQLEnumType):
            return _complete_leaf(kind, null)
        return _complete_object(self._compile_abstract(kind, nodes), null)

    def _compile_abstract(
        self, kind: GraphQLInterfaceType | GraphQLUnionType, nodes: list[FieldNode]
    ) -> Complete:
        possible = self._schema.get_possible_types(kind)
        by_name = {each.name: self.compile_fields(each, nodes) for each in possible}
        resolve_type: Any = kind.resolve_type
        return lambda value, run: by_name[resolve_type(value, run, kind)](value, run)


def _compile_resolver(definition: GraphQLField, node: FieldNode) -> Resolve:
    resolve: Any = definition.resolve
    if not definition.args:
        without_arguments: Resolve = resolve
        return without_arguments
    return lambda source, run: resolve(source, run, **run.read_arguments(definition, node))


def _class_as_it_is(kind: GraphQLOutputType) -> type | None:
    """None for types whose values all have to be completed."""
    return _AS_THEY_ARE.get(kind.of_type if isinstance(kind, GraphQLNonNull) else kind)


def _complete_leaf(kind: GraphQLScalarType | GraphQLEnumType, null: Null) -> Complete:
    coerce = _find_coercion(kind)

    def complete(value: Any, _run: QueryRun) -> Any:
        if value is None:
            return null()
        if isinstance(value, Exception):  # graphql-core raises errors that resolvers return
            raise value
        coerced = coerce(value)
        if coerced is None:
            raise NotCompiled(FallbackReason.INVALID_VALUE)
        return coerced

    return complete


def _find_coercion(kind: GraphQLScalarType | GraphQLEnumType) -> Callable[[Any], Any]:
    """The type's own, with a shorter way for the usual values of integers and enums."""
    coerce = kind.coerce_output_value
    if isinstance(kind, GraphQLEnumType):
        names = {value.value: name for name, value in kind.values.items()}
        return lambda value: (isinstance(value, str) and names.get(value)) or coerce(value)
    if kind is GraphQLInt:
        return lambda value: value if _is_plain_int(value) else coerce(value)
    return coerce


def _is_plain_int(value: Any) -> bool:
    return value.__class__ is int and GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT


def _complete_object(complete: Complete, null: Null) -> Complete:
    def complete_source(value: Any, run: QueryRun) -> Any:
        if value is None:
            return null()
        if isinstance(value, Exception):
            raise value
        return complete(value, run)

    return complete_source


def _complete_list(complete: Complete, class_as_it_is: type | None, null: Null) -> Complete:
    def complete_entries(value: Any, run: QueryRun) -> Any:
        if value is None:
            return null()
        if not isinstance(value, list | tuple):
            raise NotCompiled(FallbackReason.INVALID_VALUE)
        return [
            entry if entry.__class__ is class_as_it_is else complete(entry, run) for entry in value
        ]

    return complete_entries
