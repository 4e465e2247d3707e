"""Variables of @skip and @include, whose values decide what a query selects.

A query is compiled for the values that it is sent with: the code has no conditions.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from chenu_graphql.fallbacks import FallbackReason, NotCompiled

Flags = Mapping[str, bool]
"""The values of these variables by their names."""

_WANTED = {"skip": False, "include": True}


class Condition(msgspec.Struct, frozen=True):
    """A variable that a directive names; `default` is None without one."""

    name: str
    default: bool | None

    def read(self, variables: Mapping[str, Any]) -> bool:
        """Raises NotCompiled for a value that graphql-core has to refuse."""
        value = variables.get(self.name, self.default)
        if value is True or value is False:
            return value
        raise NotCompiled(FallbackReason.INVALID_VARIABLES)


def list_conditions(
    document: DocumentNode, operation: OperationDefinitionNode
) -> tuple[Condition, ...]:
    """Those that the operation declares, sorted by name."""
    used = {
        name
        for node in document.definitions
        if node is operation or isinstance(node, FragmentDefinitionNode)
        for name in _list_names(node.selection_set)
    }
    return tuple(
        Condition(name, _read_default(node.default_value))
        for node in operation.variable_definitions or ()
        if (name := node.variable.name.value) in used
    )


def _list_names(selection_set: SelectionSetNode | None) -> Iterator[str]:
    for node in selection_set.selections if selection_set else ():
        for directive in node.directives or ():
            values = (argument.value for argument in directive.arguments or ())
            yield from (each.name.value for each in values if isinstance(each, VariableNode))
        if isinstance(node, FieldNode | InlineFragmentNode):
            yield from _list_names(node.selection_set)


def _read_default(node: ValueNode | None) -> bool | None:
    return node.value if isinstance(node, BooleanValueNode) else None


def is_selected(node: SelectionNode, flags: Flags) -> bool:
    """Raises NotCompiled for directives that are neither @skip nor @include."""
    return all(_holds(directive, flags) for directive in node.directives or ())


def _holds(directive: DirectiveNode, flags: Flags) -> bool:
    wanted = _WANTED.get(directive.name.value)
    values = [argument.value for argument in directive.arguments or ()]
    if wanted is None or len(values) != 1:
        raise NotCompiled(FallbackReason.DIRECTIVE)
    [value] = values
    if isinstance(value, VariableNode):
        return flags[value.name.value] is wanted
    return isinstance(value, BooleanValueNode) and value.value is wanted
