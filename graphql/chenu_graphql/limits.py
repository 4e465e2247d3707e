"""One pass over a document for depth, aliases, fields and cost.

Linear in the document: each fragment is measured once, however often it is spread. Strawberry's own
limiters walk a fragment again at each spread, which takes seconds for 695 bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)

from chenu.core.errors import ChenuError
from chenu.core.i18n import mark
from chenu.core.paging import MAX_PAGE
from chenu_graphql.errors import CostExceeded, ValidationFailed, to_graphql
from chenu_graphql.fields import LIGHT, Policy, Weight
from chenu_graphql.policies import find_field_policy

MAX_BYTES = 20_000
MAX_TOKENS = 3_000
MAX_DEPTH = 15
MAX_ALIASES = 30
MAX_FIELDS = 300
"""As written (with directives), and with fragments expanded, because validation is quadratic."""
MAX_FRAGMENTS = 50
MAX_POINTS = 5_000
MAX_CHANGES = 5
MAX_SENSITIVE = 1

_INTROSPECTION = {"__schema": 1000, "__type": 100}
"""Points; their answers are long, whatever is selected."""


class Size(msgspec.Struct, frozen=True):
    """The measured size of a selection. `per_item` are points per entry of the enclosing page.

    `introspection` is the part of the points that no resolver counts.
    """

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    changes: int = 0
    sensitive: int = 0
    points: int = 0
    per_item: int = 0
    introspection: int = 0

    def beside(self, other: "Size") -> "Size":
        return Size(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.fields + other.fields,
            self.changes + other.changes,
            self.sensitive + other.sensitive,
            self.points + other.points,
            self.per_item + other.per_item,
            self.introspection + other.introspection,
        )


_NOTHING = Size()


class Meter:
    """Measures one document; page sizes are read from literals and from the given variables."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]
    ) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        self._variables = variables
        self._known: dict[str, Size] = {}
        self._defaults: dict[str, ValueNode | None] = {}
        self.written = 0
        self.sizing: set[str] = set()
        """Names of variables that the size depends on."""

    def measure(self, operation: OperationDefinitionNode) -> Size:
        self._defaults = {
            node.variable.name.value: node.default_value
            for node in operation.variable_definitions or ()
        }
        root = self._schema.get_root_type(operation.operation)
        return self._selection(operation.selection_set, root)

    def measure_fragments(self) -> None:
        """Also those that no operation uses, because they are validated too."""
        for name in self._fragments:
            self._fragment(name)

    def _selection(
        self, selection_set: SelectionSetNode | None, parent: GraphQLNamedType | None
    ) -> Size:
        total = _NOTHING
        for node in selection_set.selections if selection_set else ():
            total = total.beside(self._node(node, parent))
        return total

    def _node(self, node: Any, parent: GraphQLNamedType | None) -> Size:
        self.written += len(node.directives or ())
        if isinstance(node, FieldNode):
            return self._field(node, parent)
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        condition = node.type_condition
        narrowed = self._schema.get_type(condition.name.value) if condition else parent
        return self._selection(node.selection_set, narrowed)

    def _fragment(self, name: str) -> Size:
        """Zero for an unknown fragment and inside a cycle, which validation reports."""
        if name not in self._known and name in self._fragments:
            self._known[name] = _NOTHING
            node = self._fragments[name]
            condition = self._schema.get_type(node.type_condition.name.value)
            self._known[name] = self._selection(node.selection_set, condition)
        return self._known.get(name, _NOTHING)

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Size:
        self.written += 1
        name = node.name.value
        definition = _find_field(parent, name)
        named = get_named_type(definition.type) if definition else None
        below = self._selection(node.selection_set, named)
        policy = find_field_policy(definition) if definition else None
        points, per_item = self._price(node, definition, policy, below)
        introspection = 0 if definition else _INTROSPECTION.get(name, 0)
        is_change = parent is not None and parent is self._schema.mutation_type
        return Size(
            depth=below.depth + 1,
            aliases=below.aliases + (node.alias is not None),
            fields=below.fields + 1,
            changes=below.changes + is_change,
            sensitive=below.sensitive + bool(policy and policy.sensitive),
            points=points + introspection,
            per_item=per_item,
            introspection=below.introspection + introspection,
        )

    def _price(
        self,
        node: FieldNode,
        definition: GraphQLField | None,
        policy: Policy | None,
        below: Size,
    ) -> tuple[int, int]:
        """Points of a field with all below it, and what it adds per entry of the page."""
        if definition is None or policy is None:
            return below.points, 0
        own = own_points(definition, policy.weight)
        if policy.weight.per_item:
            return 0, own + below.points
        if "first" in definition.args:
            return own + below.points + self._page_size(node) * below.per_item, 0
        return self._entries(node, policy.weight) * (own + below.points), 0

    def _page_size(self, node: FieldNode) -> int:
        sizes = [self._number(node, name) for name in ("first", "last")]
        return max(0, min(MAX_PAGE, max(sizes)))

    def _number(self, node: FieldNode, name: str) -> int:
        """An argument that is not a number counts as the largest page."""
        value = self._value(node, name)
        if value is None:
            return 0
        return value if isinstance(value, int) else MAX_PAGE

    def _entries(self, node: FieldNode, weight: Weight) -> int:
        if weight.size_argument is None:
            return weight.size
        value = self._value(node, weight.size_argument)
        return len(value) if isinstance(value, Sequence) and not isinstance(value, str) else 1

    def _value(self, node: FieldNode, name: str) -> Any:
        value = next((each.value for each in node.arguments or () if each.name.value == name), None)
        if isinstance(value, VariableNode):
            variable = value.name.value
            self.sizing.add(variable)
            if variable in self._variables:
                return self._variables[variable]
            value = self._defaults.get(variable)
        return _literal(value)


def _literal(node: ValueNode | None) -> Any:
    if isinstance(node, IntValueNode):
        return int(node.value[:20])
    if isinstance(node, ListValueNode):
        return node.values
    return None


def _find_field(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        found: GraphQLField | None = parent.fields.get(name)
        return found
    return None


def own_points(definition: GraphQLField, weight: Weight = LIGHT) -> int:
    """Of the field alone: 1 for an object, 0 for a scalar, unless declared otherwise."""
    if weight.points is not None:
        return weight.points
    return 1 if is_composite_type(get_named_type(definition.type)) else 0


_TOO_MANY_FIELDS = mark("The document has more than {count} fields and directives")
_CHECKS = (
    ("depth", MAX_DEPTH, mark("The document is more than {count} levels deep")),
    ("aliases", MAX_ALIASES, mark("The document has more than {count} aliases")),
    ("fields", MAX_FIELDS, _TOO_MANY_FIELDS),
    ("changes", MAX_CHANGES, mark("A document makes at most {count} changes")),
    ("sensitive", MAX_SENSITIVE, mark("Sign-in and payment come at most once in a document")),
)


def check_fragments(document: DocumentNode) -> list[GraphQLError]:
    """Limits chains of fragments, which are walked recursively, here and in validation."""
    found = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
    if len(found) <= MAX_FRAGMENTS:
        return []
    message = mark("The document has more than {count} fragments")
    return [to_graphql(ValidationFailed(message, count=MAX_FRAGMENTS))]


def check_size(written: int, sizes: Sequence[Size]) -> list[GraphQLError]:
    """The errors of a document's size, found before any slower check."""
    errors: list[ChenuError] = [
        ValidationFailed(message, count=most)
        for name, most, message in _CHECKS
        if any(getattr(size, name) > most for size in sizes)
    ]
    if written > MAX_FIELDS and not errors:
        errors.append(ValidationFailed(_TOO_MANY_FIELDS, count=MAX_FIELDS))
    return [to_graphql(error) for error in errors]


def check_cost(points: int) -> list[GraphQLError]:
    if points <= MAX_POINTS:
        return []
    message = mark("This costs {points} points, more than {count}: ask for fewer items at once")
    return [to_graphql(CostExceeded(message, points=points, count=MAX_POINTS))]


def count_calls(points: int) -> int:
    """The number of API plan calls that a request of this cost counts as."""
    return 1 + max(0, points - 1) // 1000
