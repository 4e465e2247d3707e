"""Variables of a compiled query and arguments of its fields, without graphql-core where they are
what was sent.
"""

from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    FieldNode,
    GraphQLError,
    GraphQLField,
    ListValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
)
from graphql.execution.values import VariableValues, get_argument_values

_CLASSES: Final = {"Int": int, "String": str, "Boolean": bool, "ID": str}
"""Variables of these types are what was sent, if it is of exactly this class."""


class PlainVariables:
    """The variables of an operation whose values may need no coercion."""

    def __init__(self, operation: OperationDefinitionNode) -> None:
        self._classes: dict[str, type] | None = {}
        for node in operation.variable_definitions or ():
            kind = node.type.type if isinstance(node.type, NonNullTypeNode) else node.type
            known = _CLASSES.get(kind.name.value) if isinstance(kind, NamedTypeNode) else None
            if known is None:
                self._classes = None
                return
            self._classes[node.variable.name.value] = known

    def read(self, sent: Mapping[str, Any]) -> dict[str, Any] | None:
        """None if graphql-core has to read them: one is left out, null, or of another class."""
        if self._classes is None:
            return None
        values = {}
        for name, known in self._classes.items():
            values[name] = value = sent.get(name)
            if type(value) is not known or (known is int and not _is_int_32(value)):
                return None
        return values


def _is_int_32(value: Any) -> bool:
    return bool(GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT)


class _FromVariable:
    """Stands for the value of a variable while a document is compiled."""

    def __init__(self, name: str) -> None:
        self.name = name


class Arguments:
    """Of one field. What is written in the document is read once for all executions."""

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition = definition
        self._node = node
        read = self._read_document()
        self._is_known = read is not None
        values = read or {}
        self._variables = {
            name: value.name for name, value in values.items() if isinstance(value, _FromVariable)
        }
        self._constants = {name: values[name] for name in values.keys() - self._variables.keys()}

    def _read_document(self) -> Mapping[str, Any] | None:
        """None where a variable is a part of an argument, or where there is an error to word."""
        sent = [each.value for each in self._node.arguments or ()]
        names = [value.name.value for value in sent if isinstance(value, VariableNode)]
        if any(_has_variable(value) for value in sent if not isinstance(value, VariableNode)):
            return None
        stands = VariableValues({}, {name: _FromVariable(name) for name in names})
        try:
            return get_argument_values(self._definition, self._node, stands)
        except GraphQLError:
            return None

    @property
    def meaning(self) -> str:
        """For people who read the compiled query."""
        if not self._is_known:
            return "read by graphql-core"
        variables = [f"{name} from ${variable}" for name, variable in self._variables.items()]
        constants = [f"{name} is {value!r}" for name, value in sorted(self._constants.items())]
        return ", ".join([*variables, *constants]) or "none"

    def read_plain(self, variables: Mapping[str, Any]) -> dict[str, Any] | None:
        """With every variable of the operation; None if graphql-core has to read them."""
        if not self._is_known:
            return None
        read = {name: variables[variable] for name, variable in self._variables.items()}
        return self._constants | read

    def read(self, variables: VariableValues) -> dict[str, Any]:
        """By graphql-core. Raises GraphQLError."""
        return get_argument_values(self._definition, self._node, variables)


def _has_variable(value: ValueNode) -> bool:
    if isinstance(value, ListValueNode):
        return any(map(_has_variable, value.values))
    if isinstance(value, ObjectValueNode):
        return any(_has_variable(each.value) for each in value.fields)
    return isinstance(value, VariableNode)
