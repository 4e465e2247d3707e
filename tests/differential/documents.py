"""Random valid queries over the whole schema, with their variables."""

import random
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)

from tests.differential.values import Pools, make_value, write_literal

MAX_LEVELS = 9
MOST_FIELDS = 40

Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


@dataclass
class RandomQuery:
    """`coordinates` are the selected fields, as Type.field."""

    text: str
    variables: dict[str, Any]
    coordinates: list[str]


@dataclass
class Generator:
    """Generates one document; graphql-core decides whether it is valid."""

    schema: GraphQLSchema
    dice: random.Random
    pools: Pools
    left: int = MOST_FIELDS
    names: int = 0
    declared: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    coordinates: list[str] = field(default_factory=list)
    fragments: list[tuple[str, str, str]] = field(default_factory=list)
    sent: dict[str, str] = field(default_factory=dict)

    def write(self) -> RandomQuery:
        root = self.schema.query_type
        assert root is not None
        selection = self.select(root, 0)
        head = f"query Random({', '.join(self.declared)})" if self.declared else "query"
        parts = [f"fragment {name} on {kind} {body}" for name, kind, body in self.fragments]
        text = " ".join([head, selection, *parts])
        return RandomQuery(text, self.variables, self.coordinates)

    def select(self, kind: Composite, level: int) -> str:
        count = self.dice.randint(1, 3) if level else self.dice.randint(1, 4)
        chosen = [self.choose(kind, level) for _ in range(count)]
        return f"{{ {' '.join(part for part in chosen if part) or '__typename'} }}"

    def choose(self, kind: Composite, level: int) -> str:
        self.left -= 1
        roll = self.dice.random()
        if roll < 0.05 or isinstance(kind, GraphQLUnionType):
            return "__typename"
        if roll < 0.25 or (isinstance(kind, GraphQLInterfaceType) and roll < 0.8):
            return self.spread(kind, level)
        names = [name for name, each in kind.fields.items() if self.fits(each, level)]
        return self.ask(kind, self.dice.choice(names), level) if names else "__typename"

    def fits(self, definition: GraphQLField, level: int) -> bool:
        is_leaf = not is_composite_type(get_named_type(definition.type))
        return is_leaf or (level < MAX_LEVELS and self.left > 0)

    def ask(self, kind: Composite, name: str, level: int) -> str:
        assert not isinstance(kind, GraphQLUnionType)
        definition = kind.fields[name]
        coordinate = f"{kind.name}.{name}"
        self.coordinates.append(coordinate)
        arguments = self.send(coordinate, definition)
        alias = ""
        if arguments or self.dice.random() < 0.1:
            alias = f"{self.name('a')}: "
        named: Any = get_named_type(definition.type)
        directive = self.condition()
        below = f" {self.select(named, level + 1)}" if is_composite_type(named) else ""
        return f"{alias}{name}{arguments}{directive}{below}"

    def spread(self, kind: Composite, level: int) -> str:
        """A fragment, inline or named, on the type itself or on one that it overlaps with."""
        target = self.dice.choice([kind, *self.find_overlapping(kind)])
        known = [name for name, on, _ in self.fragments if on == target.name]
        directive = self.condition()
        if known and self.dice.random() < 0.5:
            return f"...{self.dice.choice(known)}{directive}"
        body = self.select(target, level)
        if self.dice.random() < 0.5:
            self.fragments.append((self.name("F"), target.name, body))
            return f"...{self.fragments[-1][0]}{directive}"
        is_bare = target is kind and self.dice.random() < 0.5
        condition = "" if is_bare else f" on {target.name}"
        return f"...{condition}{directive} {body}"

    def condition(self) -> str:
        """A directive now and then, by a literal or a variable."""
        if self.dice.random() > 0.06:
            return ""
        if self.dice.random() < 0.5:
            value = self.declare("if", GraphQLNonNull(GraphQLBoolean))
        else:
            value = self.dice.choice(("true", "false"))
        return f" @{self.dice.choice(('skip', 'include'))}(if: {value})"

    def find_overlapping(self, kind: Composite) -> list[Any]:
        if isinstance(kind, GraphQLObjectType):
            return list(kind.interfaces)
        possible = list(self.schema.get_possible_types(kind))
        return self.dice.sample(possible, min(3, len(possible)))

    def send(self, coordinate: str, definition: GraphQLField) -> str:
        """Sometimes the arguments that this field had before, so that both selections can be
        merged.
        """
        if not definition.args:
            return ""
        if coordinate in self.sent and self.dice.random() < 0.3:
            return self.sent[coordinate]
        sent = [
            f"{name}: {self.write_argument(name, argument)}"
            for name, argument in definition.args.items()
            if self.is_sent(name, argument, definition)
        ]
        written = f"({', '.join(sent)})" if sent else ""
        self.sent[coordinate] = written
        return written

    def is_sent(self, name: str, argument: GraphQLArgument, definition: GraphQLField) -> bool:
        if is_required_argument(argument):
            return True
        if "first" in definition.args and name in ("first", "after", "last", "before"):
            return self.dice.random() < {"first": 0.93, "after": 0.1}.get(name, 0.04)
        return self.dice.random() < 0.5

    def write_argument(self, name: str, argument: GraphQLArgument) -> str:
        if self.dice.random() < 0.35:
            return self.declare(name, argument.type)
        return self.write_value(name, argument.type)

    def write_value(self, name: str, kind: Any) -> str:
        """A literal, in which lists and input objects may contain variables."""
        if is_non_null_type(kind):
            return self.write_required(name, kind.of_type)
        return "null" if self.dice.random() < 0.02 else self.write_required(name, kind)

    def write_required(self, name: str, kind: Any) -> str:
        if is_list_type(kind):
            count = self.dice.randint(0, 3)
            return f"[{', '.join(self.write_part(name, kind.of_type) for _ in range(count))}]"
        if isinstance(kind, GraphQLInputObjectType):
            names = self.dice.sample(list(kind.fields), self.dice.randint(0, 4))
            parts = [f"{part}: {self.write_part(part, kind.fields[part].type)}" for part in names]
            return f"{{{', '.join(parts)}}}"
        return write_literal(kind, make_value(self.dice, self.pools, name, kind))

    def write_part(self, name: str, kind: Any) -> str:
        if self.dice.random() < 0.2:
            return self.declare(name, kind)
        return self.write_value(name, kind)

    def declare(self, name: str, kind: Any) -> str:
        """A variable, which is sent, left to its default, or (if nullable) left out."""
        variable = self.name("v")
        default, written = "", str(kind)
        if self.dice.random() < 0.4:
            default = f" = {write_literal(kind, self.make(name, kind))}"
            written = written.rstrip("!") if self.dice.random() < 0.5 else written
        self.declared.append(f"${variable}: {written}{default}")
        may_be_left_out = bool(default) or not is_non_null_type(kind)
        if not may_be_left_out or self.dice.random() < 0.6:
            self.variables[variable] = self.make(name, kind)
        return f"${variable}"

    def make(self, name: str, kind: Any) -> Any:
        return make_value(self.dice, self.pools, name, kind)

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"
