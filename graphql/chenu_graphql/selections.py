"""What a document selects of a type: its fields merged by their key in the answer."""

from collections.abc import Iterator, Sequence

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    is_abstract_type,
)

from chenu_graphql.conditions import Flags, is_selected

Parent = OperationDefinitionNode | FieldNode
"""A node with a selection set."""


class Selections:
    """Of one document, with these values of the variables of its directives."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, flags: Flags) -> None:
        self._schema = schema
        self._flags = flags
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }

    def merge(
        self, kind: GraphQLObjectType, parents: Sequence[Parent]
    ) -> dict[str, list[FieldNode]]:
        """All that the parents select, by the key in the answer and in its order.

        Raises NotCompiled for directives that are neither @skip nor @include.
        """
        merged: dict[str, list[FieldNode]] = {}
        for parent in parents:
            for node in self._collect_fields(kind, parent.selection_set):
                key = node.alias.value if node.alias else node.name.value
                merged.setdefault(key, []).append(node)
        return merged

    def _collect_fields(
        self, kind: GraphQLObjectType, selection_set: SelectionSetNode | None
    ) -> Iterator[FieldNode]:
        for node in selection_set.selections if selection_set else ():
            if node.directives and not is_selected(node, self._flags):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode):
                yield from self._collect_fragment(kind, self._fragments[node.name.value])
            elif isinstance(node, InlineFragmentNode):
                yield from self._collect_fragment(kind, node)

    def _collect_fragment(
        self, kind: GraphQLObjectType, node: FragmentDefinitionNode | InlineFragmentNode
    ) -> Iterator[FieldNode]:
        name = node.type_condition.name.value if node.type_condition else kind.name
        condition = self._schema.get_type(name)
        is_kind = condition is kind
        if is_kind or (is_abstract_type(condition) and self._schema.is_sub_type(condition, kind)):
            yield from self._collect_fields(kind, node.selection_set)
